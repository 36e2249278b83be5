using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longhaul.Dashboard.Tests;

/// <summary>A loop over 1 to <paramref name="Count"/>, of which each item waits at a gate; those in <paramref name="Bad"/> fail until mended.</summary>
[Job("test.steps", Queue = "long")]
internal sealed record Steps(string Gate, int Count, int[]? Bad = null);

/// <summary>Fails until mended.</summary>
[Job("test.fails", Queue = "short", MaxAttempts = 1)]
internal sealed record Fails(string Message);

/// <summary>Ends at once.</summary>
[Job("test.quick", Queue = "short")]
internal sealed record Quick(string Text);

/// <summary>Writes a text wherever a handler can write one, and fails with it.</summary>
[Job("test.writes", Queue = "short", MaxAttempts = 1)]
internal sealed record Writes(string Text, bool Fail);

/// <summary>Waits at a gate, and says nothing.</summary>
[Job("test.waits", Queue = "long")]
internal sealed record Waits(string Gate);

/// <summary>A loop that nobody has to let go on: so many items, each of so long.</summary>
[Job("test.paced", Queue = "long")]
internal sealed record Paced(int Count, int Milliseconds);

/// <summary>What those jobs do.</summary>
internal static class TestJobs
{
    public static LonghaulBuilder AddTestJobs(this LonghaulBuilder longhaul) => longhaul
        .AddHandler<Steps>(static (job, context, services, _) => StepAsync(job, context, services.GetRequiredService<Stage>()))
        .AddHandler<Fails>(static (job, _, services, _) => services.GetRequiredService<Stage>().Mended ? Task.CompletedTask : throw new InvalidOperationException(job.Message))
        .AddHandler<Quick>(static (job, context, _) =>
        {
            context.SetResult(new { job.Text });
            return Task.CompletedTask;
        })
        .AddHandler<Waits>(static (job, _, services, token) => services.GetRequiredService<Stage>().PassAsync(job.Gate, token))
        .AddHandler<Paced>(static (job, context, _) => PaceAsync(job, context))
        .AddHandler<Writes>(static (job, context, _) => WriteAsync(job, context));

    private static Task StepAsync(Steps job, JobContext context, Stage stage)
    {
        context.CancellationToken.Register(static stage => ((Stage)stage!).Told.TrySetResult(), stage);
        context.PlanPhases(("count", 0.1), ("work", 0.9));
        return WorkAsync();

        async Task WorkAsync()
        {
            await context.PhaseAsync("count", 0.1, static _ => Task.CompletedTask);
            await context.PhaseAsync("work", 0.9, phase => phase.ForEachAsync(
                (int? after) => Enumerable.Range(1, job.Count).Where(number => number > (after ?? 0)),
                static number => number,
                async (number, token) =>
                {
                    await stage.PassAsync(job.Gate, token);
                    if (job.Bad?.Contains(number) == true && !stage.Mended)
                        throw new InvalidDataException($"item {number} is bad");
                    context.Log.LogInformation("step {Number} of {Count}", number, job.Count);
                    context.Trace("step", $"item-{number}", "by_hand", 1, success: true, duration: TimeSpan.FromMilliseconds(number));
                },
                new LoopOptions { Total = job.Count, ItemErrors = ItemErrors.Record(upToCount: job.Count) }));
        }
    }

    private static Task PaceAsync(Paced job, JobContext context)
        => context.ForEachAsync(
            (int? after) =>
            {
                context.Log.LogInformation("run {Run} begins after item {Item}", context.RunNumber, after ?? 0);
                return Enumerable.Range(1, job.Count).Where(number => number > (after ?? 0));
            },
            static number => number,
            async (_, token) => await Task.Delay(job.Milliseconds, token),
            new LoopOptions { Total = job.Count });

    private static async Task WriteAsync(Writes job, JobContext context)
    {
        var text = job.Text;
        context.Log.LogError("{Text}", text);
        context.Trace(text, text, text, 1, success: false, reason: text, info: new Dictionary<string, string>(StringComparer.Ordinal) { [text] = text });
        context.SetResult(new Dictionary<string, string>(StringComparer.Ordinal) { [text] = text });
        context.Checkpoint.Set(new { text });
        await context.PhaseAsync(text.Replace('/', '|'), 1, async phase =>
        {
            phase.Progress.Report(1, 2, text);
            await phase.ForEachAsync((string? _) => new[] { text }, static item => item, (_, _) => throw new InvalidDataException(text), new LoopOptions { ItemErrors = ItemErrors.Record(upToCount: 5) });
        });
        if (job.Fail)
            throw new InvalidOperationException(text);
    }
}
