using System.Diagnostics;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>What it costs when nothing happens: a worker without jobs, and one with 10,000 runs that wait.</summary>
internal static class QuietKinds
{
    private const int Runs = 10_000;
    private const double Seconds = 20;
    private const double BytesPerMebibyte = 1 << 20;
    private static readonly TimeSpan SettlingDown = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Heartbeat = new WorkerOptions().Heartbeat;

    public static IEnumerable<Case> Of(StoreUnderTest store)
    {
        yield return new Case("running", null, [new Contender(Contender.Longhaul, effort => RunningAsync(store, effort))]) { WarmUp = false };
        yield return new Case("idle", null, [new Contender(Contender.Longhaul, effort => IdleAsync(store, effort))]) { WarmUp = false };
    }

    private static async Task<IReadOnlyList<Figure>> RunningAsync(StoreUnderTest store, Effort effort)
    {
        var count = effort.Few(Runs);
        using var scratch = new Scratch();
        await using var host = LonghaulHost.Worker(store, scratch.Database, worker => worker.Concurrency = count, countCalls: true);
        await host.Jobs.EnqueueManyAsync(Enumerable.Repeat(new Waiting(Payloads.Job.Text), count));
        var began = host.Tally.ExpectAsync(count);
        await host.StartAsync();
        await Drains.WithPatienceAsync(began, count);

        var quiet = await WatchAsync(host, effort);
        var memory = Environment.WorkingSet / BytesPerMebibyte;
        host.Tally.Release();
        await Drains.SettledAsync(host);
        return
        [
            new("running@cpu", quiet.CpuPercent, "% of a core"),
            new("running@heartbeats", quiet.HeartbeatsPerSecond * Heartbeat.TotalSeconds, "heartbeats/interval"),
            new("running@other-calls", (quiet.CallsPerSecond - quiet.HeartbeatsPerSecond) * Heartbeat.TotalSeconds, "calls/interval"),
            new("running@memory", memory, "MiB"),
        ];
    }

    private static async Task<IReadOnlyList<Figure>> IdleAsync(StoreUnderTest store, Effort effort)
    {
        using var scratch = new Scratch();
        await using var host = LonghaulHost.Worker(store, scratch.Database, countCalls: true);
        await host.StartAsync();
        var quiet = await WatchAsync(host, effort);
        return [new("idle@cpu", quiet.CpuPercent, "% of a core"), new("idle@statements", quiet.CallsPerSecond, "calls/s")];
    }

    private static async Task<(double CpuPercent, double CallsPerSecond, double HeartbeatsPerSecond)> WatchAsync(LonghaulHost host, Effort effort)
    {
        await Task.Delay(SettlingDown);
        var began = Stopwatch.GetTimestamp();
        var (cpu, calls, beats) = (Environment.CpuUsage.TotalTime, host.StoreCalls, host.Heartbeats);
        await Task.Delay(effort.Time(Seconds));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return ((Environment.CpuUsage.TotalTime - cpu).TotalSeconds / seconds * 100, (host.StoreCalls - calls) / seconds, (host.Heartbeats - beats) / seconds);
    }
}
