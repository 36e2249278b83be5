using Longhaul.Load.Bench.Limits;
using Longhaul.Load.Bench.Postgres.Limits;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>How long a job waits on an idle system: from the enqueue call's start to the handler's start, one job each 50 ms.</summary>
internal static class PickupKind
{
    private const int Jobs = 200;
    private const int AtLeastJobs = 20;

    /// <summary>The first of them: programs compile meanwhile, the producer's process too.</summary>
    private const int Uncounted = 20;

    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static IEnumerable<Case> Of(StoreUnderTest store)
    {
        List<Contender> inside = [new Contender(Contender.Longhaul, effort => InsideAsync(store, Count(effort)))];
        if (store.IsSqlite)
            inside.Add(new Contender(Contender.Limit, effort => LimitAsync(store, Count(effort))));
        yield return new Case("pickup", "inside", inside);
        if (store.IsShared)
            yield return new Case("pickup", "outside", [new Contender(Contender.Longhaul, effort => OutsideAsync(store, Count(effort))), .. Outside(store)]);
    }

    /// <summary>What the child process does: enqueues stamped jobs.</summary>
    public static async Task EnqueueAsync(IJobClient jobs, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await jobs.EnqueueAsync(Stamped.Now());
            await Task.Delay(Pause);
        }
    }

    /// <summary>With a server: from an insert that notifies to the claim on another connection.</summary>
    private static IEnumerable<Contender> Outside(StoreUnderTest store)
    {
        if (!store.IsPostgres)
            yield break;
        yield return new Contender(Contender.Limit, effort => Task.Run<IReadOnlyList<Figure>>(() =>
        {
            using var scratch = store.Scratch();
            using var limit = new PostgresLimit(scratch.Postgres!);
            return Figures("pickup@outside", limit.PickUps(Count(effort), Pause));
        }));
    }

    public static int Count(Effort effort) => Uncounted + Math.Max(AtLeastJobs, effort.Few(Jobs));

    private static async Task<IReadOnlyList<Figure>> InsideAsync(StoreUnderTest store, int count)
    {
        using var scratch = store.Scratch();
        await using var host = LonghaulHost.Worker(store, scratch.Database);
        await host.StartAsync();
        var done = host.Tally.ExpectAsync(count);
        await EnqueueAsync(host.Jobs, count);
        await Drains.WithPatienceAsync(done, count);
        return Figures("pickup@inside", [.. host.Tally.PickUps]);
    }

    private static async Task<IReadOnlyList<Figure>> OutsideAsync(StoreUnderTest store, int count)
    {
        using var scratch = store.Scratch();
        await using var host = LonghaulHost.Worker(store, scratch.Database);
        await host.StartAsync();
        using var producer = ChildProcess.Start(Children.Enqueue, store.Driver, store.Synchronous, scratch.Database, $"{count}");
        await producer.HearAsync(Children.Ready);
        var done = host.Tally.ExpectAsync(count);
        await producer.TellAsync(Children.Go);
        await Drains.WithPatienceAsync(done, count);
        await producer.EndAsync();
        return Figures("pickup@outside", [.. host.Tally.PickUps]);
    }

    private static async Task<IReadOnlyList<Figure>> LimitAsync(StoreUnderTest store, int count)
    {
        using var scratch = store.Scratch();
        using var limit = SqliteLimit.Open(scratch.Database, store.Synchronous);
        List<double> took = [];
        for (var i = 0; i < count; i++)
        {
            took.Add(limit.PickUpOne());
            await Task.Delay(Pause);
        }

        return Figures("pickup@inside", took);
    }

    /// <summary>Of the times in the order of the jobs.</summary>
    public static Figure[] Figures(string name, IReadOnlyList<double> milliseconds)
    {
        double[] counted = [.. milliseconds.Skip(Uncounted)];
        return
        [
            new($"{name}-p50", Statistics.Percentile(counted, 0.50), "ms"),
            new($"{name}-p95", Statistics.Percentile(counted, 0.95), "ms"),
            new($"{name}-p99", Statistics.Percentile(counted, 0.99), "ms"),
        ];
    }
}
