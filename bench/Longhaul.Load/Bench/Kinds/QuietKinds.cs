using System.Diagnostics;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>What it costs when nothing happens: a worker without jobs, one with 10,000 runs that wait, and one whose run tells its progress all the time.</summary>
internal static class QuietKinds
{
    private const int Runs = 10_000;
    private const int Reports = 10_000;
    private const double Seconds = 20;
    private const double BytesPerMebibyte = 1 << 20;
    private static readonly TimeSpan SettlingDown = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Heartbeat = new WorkerOptions().Heartbeat;

    public static IEnumerable<Case> Of(StoreUnderTest store)
    {
        yield return new Case("running", null, [new Contender(Contender.Longhaul, effort => RunningAsync(store, effort))]) { WarmUp = 0 };
        yield return new Case("idle", null, [new Contender(Contender.Longhaul, effort => IdleAsync(store, effort))]) { WarmUp = 0 };
        yield return new Case("reporting", null, [new Contender(Contender.Longhaul, effort => ReportingAsync(store, effort))]) { WarmUp = 0 };
    }

    /// <summary>One run that reports 10,000 times a second, beside one that only keeps the time.</summary>
    private static async Task<IReadOnlyList<Figure>> ReportingAsync(StoreUnderTest store, Effort effort)
    {
        var silent = await ReportAsync(store, effort, 0);
        var talking = await ReportAsync(store, effort, Reports);
        return
        [
            new("reporting@cpu", talking.CpuPercent - silent.CpuPercent, "% of a core"),
            new("reporting@writes", (talking.Others - silent.Others) * new WorkerOptions().FlushInterval.TotalSeconds, "writes/flush interval"),
        ];
    }

    private static async Task<(double CpuPercent, double Beats, double Others)> ReportAsync(StoreUnderTest store, Effort effort, int reports)
    {
        using var scratch = store.Scratch();
        await using var host = LonghaulHost.Worker(store, scratch.Database, countCalls: true);
        await host.Jobs.EnqueueAsync(new Reporting(reports));
        var began = host.Tally.ExpectAsync(1);
        await host.StartAsync();
        await Drains.WithPatienceAsync(began, 1);
        var quiet = await WatchAsync(host, effort);
        host.Tally.Release();
        await Drains.SettledAsync(host);
        return quiet;
    }

    private static async Task<IReadOnlyList<Figure>> RunningAsync(StoreUnderTest store, Effort effort)
    {
        var count = effort.Few(Runs);
        using var scratch = store.Scratch();
        await using var host = LonghaulHost.Worker(store, scratch.Database, worker => worker.Concurrency = count, countCalls: true);
        await host.Jobs.EnqueueManyAsync(Enumerable.Repeat(new Waiting(Payloads.Job.Text), count));
        var began = host.Tally.ExpectAsync(count);
        await host.StartAsync();
        await Drains.WithPatienceAsync(began, count);

        var quiet = await WatchAsync(host, effort);
        var memory = Environment.WorkingSet / BytesPerMebibyte;
        var connections = scratch.Postgres?.Connections();
        host.Tally.Release();
        await Drains.SettledAsync(host);
        return
        [
            new("running@cpu", quiet.CpuPercent, "% of a core"),
            new("running@statements", quiet.Beats * Heartbeat.TotalSeconds, "statements/heartbeat"),
            new("running@others", quiet.Others, "calls/s"),
            new("running@memory", memory, "MiB"),
            .. connections is { } count_ ? [new Figure("running@connections", count_, "")] : (Figure[])[],
        ];
    }

    private static async Task<IReadOnlyList<Figure>> IdleAsync(StoreUnderTest store, Effort effort)
    {
        using var scratch = store.Scratch();
        await using var host = LonghaulHost.Worker(store, scratch.Database, countCalls: true);
        await host.StartAsync();
        scratch.Postgres?.CleansItself(false); // its cleaning of a new schema is none of the worker's
        await Task.Delay(Drains.StartIsTold);
        var before = scratch.Postgres?.Count();
        var began = Stopwatch.GetTimestamp();
        var quiet = await WatchAsync(host, effort);
        List<Figure> figures = [new("idle@cpu", quiet.CpuPercent, "% of a core"), new("idle@statements", quiet.Beats + quiet.Others, "calls/s")];
        if (scratch.Postgres is { } postgres && postgres.Count() - before is { } spent)
        {
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            figures.AddRange([new("idle@transactions", spent.Transactions / seconds, "a second"), new("idle@server-cpu", spent.Cpu.TotalSeconds / seconds * 100, "% of a core")]);
            figures.Add(new("idle@connections", postgres.Connections(), ""));
            postgres.CleansItself(true);
        }

        return figures;
    }

    /// <summary>What a quiet worker costs: the share of a core, and its calls a second.</summary>
    private static async Task<(double CpuPercent, double Beats, double Others)> WatchAsync(LonghaulHost host, Effort effort)
    {
        await Task.Delay(SettlingDown);
        var began = Stopwatch.GetTimestamp();
        var (cpu, calls) = (Environment.CpuUsage.TotalTime, host.StoreCalls);
        await Task.Delay(effort.Time(Seconds));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var after = host.StoreCalls;
        return ((Environment.CpuUsage.TotalTime - cpu).TotalSeconds / seconds * 100, (after.Beats - calls.Beats) / seconds, (after.Others - calls.Others) / seconds);
    }
}
