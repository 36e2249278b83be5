using System.Diagnostics;
using Longhaul.Load.Bench.Limits;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>Whether more worker processes on one file help: a drain by 1, 2 and 4 of them. The limit is as many connections, each on a thread.</summary>
internal static class WorkersKind
{
    private const int Jobs = 200_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static IEnumerable<Case> Of(StoreUnderTest store)
        => ((int[])[1, 2, 4]).Select(workers => new Case("workers", $"{workers}",
        [
            new Contender(Contender.Longhaul, async effort => [Rate(workers, await DrainAsync(store, workers, effort.Count(Jobs)))]),
            new Contender(Contender.Limit, effort => Task.Run<IReadOnlyList<Figure>>(() => [Rate(workers, Limit(store, workers, effort.Count(Jobs)))])),
        ]));

    private static Figure Rate(int workers, double rate) => new($"workers@{workers}", rate, "jobs/s");

    private static async Task<double> DrainAsync(StoreUnderTest store, int workers, int count)
    {
        using var scratch = new Scratch();
        await using var host = LonghaulHost.Client(store, scratch.Database);
        await host.Jobs.EnqueueManyAsync(Payloads.Many(count));
        List<ChildProcess> children = [];
        try
        {
            for (var i = 0; i < workers; i++)
                children.Add(ChildProcess.Start(Children.Work, store.Synchronous, scratch.Database));
            foreach (var child in children)
                await child.HearAsync(Children.Ready);

            var began = Stopwatch.GetTimestamp();
            foreach (var child in children)
                await child.TellAsync(Children.Go);
            await DrainedAsync(host);
            var took = Stopwatch.GetElapsedTime(began);

            foreach (var child in children)
                await child.TellAsync(Children.Stop);
            foreach (var child in children)
                await child.EndAsync();
            return count / took.TotalSeconds;
        }
        finally
        {
            foreach (var child in children)
                child.Dispose();
        }
    }

    private static async Task DrainedAsync(LonghaulHost host)
    {
        var store = await host.StoreAsync();
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Patience; await Task.Delay(10))
        {
            if ((await store.ListQueuesAsync(CancellationToken.None)).Sum(static q => q.Due + q.Running) == 0)
                return;
        }

        throw new TimeoutException($"The worker processes should have drained the queue within {Patience}.");
    }

    private static double Limit(StoreUnderTest store, int workers, int count)
    {
        using var scratch = new Scratch();
        using (var filler = SqliteLimit.Open(scratch.Database, store.Synchronous))
            filler.Insert(count);

        var began = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(1, workers).Select(number => new Thread(() =>
        {
            using var limit = SqliteLimit.Open(scratch.Database, store.Synchronous, number);
            limit.Drain();
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
