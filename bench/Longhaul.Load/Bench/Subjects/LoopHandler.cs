using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Longhaul.Load.Bench.Subjects;

/// <summary>A job that loops over so many items and returns how many milliseconds that took.</summary>
[Job("bench.loop")]
internal sealed record Loop(int Items);

internal sealed class LoopHandler : IJobHandler<Loop>
{
    public async Task HandleAsync(Loop job, JobContext context, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        await context.ForEachAsync(
            source: (int? after) => SourceAsync(after + 1 ?? 0, job.Items),
            cursor: static item => item,
            body: BodyAsync,
            new() { Parallelism = 1 });
        context.SetResult(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    public static async IAsyncEnumerable<int> SourceAsync(int from, int to, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = from; i < to; i++)
            yield return i;
        await Task.CompletedTask;
    }

    public static Task BodyAsync(int item, CancellationToken cancellationToken) => Task.CompletedTask;
}
