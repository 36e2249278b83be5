using System.Globalization;
using Longhaul.Proof;
using Longhaul.Sqlite;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longhaul.Load.Campaigns;

/// <summary>A job of one of twenty kinds.</summary>
[Job("soak.00", Aliases = [
    "soak.01", "soak.02", "soak.03", "soak.04", "soak.05", "soak.06", "soak.07", "soak.08", "soak.09",
    "soak.10", "soak.11", "soak.12", "soak.13", "soak.14", "soak.15", "soak.16", "soak.17", "soak.18", "soak.19"])]
internal sealed record SoakJob(long Order, int Kind, string? Ballast = null)
{
    public const int Kinds = 20;

    public static string NameOf(int kind) => string.Create(CultureInfo.InvariantCulture, $"soak.{kind:00}");
}

/// <summary>Does what its kind says, and writes its order down when it is done.</summary>
internal sealed class SoakHandler(SoakLedger ledger) : IJobHandler<SoakJob>
{
    private const int OneErrorIn = 50;

    public async Task HandleAsync(SoakJob job, JobContext context, CancellationToken cancellationToken)
    {
        if (context.Attempt < JobDefaults.MaxAttempts && Random.Shared.Next(OneErrorIn) == 0)
            throw new InvalidOperationException("An error of any moment.");
        switch (job.Kind)
        {
            case < 8:
                await Task.Delay(TimeSpan.FromMilliseconds(job.Order % 15), TimeProvider.System, cancellationToken);
                break;
            case 8 or 9 or 10 when context.Attempt == 1:
                throw new InvalidOperationException("The first attempt was to fail.");
            case 11:
                throw new FailNowException("It was to fail for good.");
            case 12 or 13:
                await context.ForEachAsync(
                    static (long? after) => Enumerable.Range((int)(after ?? 0) + 1, 20 - (int)(after ?? 0)).Select(static i => (long?)i),
                    static item => item,
                    static (_, stop) => Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, stop));
                break;
            case 14:
                for (var i = 1; i <= 10; i++)
                {
                    context.Progress.Report(i, 10, $"step {i}");
                    if (context.Log.IsEnabled(LogLevel.Information))
                        context.Log.LogInformation("Step {Step} of job {Order}", i, job.Order);
                }

                break;
            case 15:
                context.SetResult(new { job.Order, Text = new string('r', 500) });
                break;
            case 16:
                await context.PhaseAsync("first", 0.5, static phase => Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, phase.CancellationToken));
                await context.PhaseAsync("second", 0.5, static phase => Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, phase.CancellationToken));
                break;
            case 17:
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
                break;
            default:
                break;
        }

        ledger.Done(job.Order);
    }

    public Task FailedAsync(SoakJob job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
    {
        ledger.Failed(job.Order);
        return Task.CompletedTask;
    }
}

/// <summary>Orders that are done, a line each, in a file of the worker's own.</summary>
internal sealed class SoakLedger(string path) : IDisposable
{
    public const string Pattern = "*.ledger";

    private readonly Lock _lock = new();
    private readonly FileStream _file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);

    public void Done(long order) => Write($"+{order}\n");

    public void Failed(long order) => Write($"-{order}\n");

    public void Dispose() => _file.Dispose();

    private void Write(string line)
    {
        lock (_lock)
            _file.Write(System.Text.Encoding.ASCII.GetBytes(line));
    }
}

/// <summary>A worker process of the soak campaign: an ordinary worker, with nothing around its store.</summary>
internal static class SoakWorker
{
    public const string Verb = "soak-worker";

    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        ProofProgram.DieWithParent();
        using var ledger = new SoakLedger(Path.Combine(settings.Folder, $"{settings.Name}.ledger"));
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton(ledger);
        builder.Services.AddLonghaul(longhaul => longhaul
            .UseStore(_ => new SqliteStore(new SqliteOptions { Path = settings.Store }))
            .AddHandler<SoakJob, SoakHandler>()
            .AddWorker(worker =>
            {
                worker.Name = settings.Name;
                worker.Concurrency = settings.Concurrency;
            }));
        using var host = builder.Build();
        await host.RunAsync();
        return Environment.ExitCode;
    }
}
