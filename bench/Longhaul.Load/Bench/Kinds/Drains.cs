using System.Diagnostics;
using Longhaul.Load.Bench.Limits;
using Longhaul.Load.Bench.Postgres;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>What drains have in common: the wait until nothing due or running is left.</summary>
internal static class Drains
{
    /// <summary>A backend of PostgreSQL tells what it has counted when it has been idle for 10 s: then the start is none of what is measured.</summary>
    public static readonly TimeSpan StartIsTold = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>A worker for many short jobs: claims come in batches of about 200, as the limit's do.</summary>
    public static void ForShortJobs(WorkerOptions options)
    {
        options.Concurrency = 32;
        options.Prefetch = 8;
    }

    /// <summary>Fills an empty store, then lets a worker do what says how many jobs it did.</summary>
    public static Task<Spent> MeasureAsync(StoreUnderTest store, Action<WorkerOptions> worker, Func<IJobClient, Task> fill, Func<LonghaulHost, Task<long>> work)
        => MeasureAsync(store, worker, fill, (host, _) => work(host));

    /// <inheritdoc cref="MeasureAsync(StoreUnderTest, Action{WorkerOptions}, Func{IJobClient, Task}, Func{LonghaulHost, Task{long}})"/>
    public static async Task<Spent> MeasureAsync(
        StoreUnderTest store, Action<WorkerOptions> worker, Func<IJobClient, Task> fill, Func<LonghaulHost, PostgresDatabase?, Task<long>> work)
    {
        using var scratch = store.Scratch();
        if (scratch.Postgres is { } postgres)
            return await MeasureAsync(postgres, store, scratch, worker, fill, work);

        await using var host = LonghaulHost.Worker(store, scratch.Database, worker);
        await fill(host.Jobs);
        return await Spent.ByAsync(() => work(host, null));
    }

    /// <summary>Beside a server: what it counts is told when a connection ends, so that filling and working have connections of their own.</summary>
    private static async Task<Spent> MeasureAsync(
        PostgresDatabase postgres, StoreUnderTest store, Scratch scratch, Action<WorkerOptions> worker, Func<IJobClient, Task> fill, Func<LonghaulHost, PostgresDatabase?, Task<long>> work)
    {
        await using (var filler = LonghaulHost.Client(store, scratch.Database))
            await fill(filler.Jobs);
        postgres.Settle();
        var before = postgres.Count();
        Spent spent;
        await using (var host = LonghaulHost.Worker(store, scratch.Database, worker))
        {
            await host.StoreAsync();
            spent = await Spent.ByAsync(() => work(host, postgres));
        }

        return spent with { Server = postgres.CountEnded() - before };
    }

    /// <summary>Starts the worker, and waits until so many jobs are done and written as done.</summary>
    public static async Task<long> DrainAsync(LonghaulHost host, int count)
    {
        await RunAsync(host, count);
        await SettledAsync(host);
        return count;
    }

    /// <summary>Starts the worker, and waits until so many jobs were run. Others may be left.</summary>
    public static async Task<long> RunAsync(LonghaulHost host, int count)
    {
        var done = host.Tally.ExpectAsync(count);
        await host.StartAsync();
        await WithPatienceAsync(done, count);
        return count;
    }

    /// <summary>What the limit needs to drain so many, of which it inserted more before.</summary>
    public static Spent Limit(StoreUnderTest store, int count, int more = 0)
    {
        using var scratch = store.Scratch();
        using var limit = DrainLimit.Of(store, scratch);
        limit.Insert(count + more);
        scratch.Postgres?.Settle();
        var before = scratch.Postgres?.Count();
        return Spent.By(() => limit.Drain(count)) with { Server = scratch.Postgres?.CountEnded() - before };
    }

    /// <summary>Until handlers have begun so many.</summary>
    public static async Task WithPatienceAsync(Task done, long count)
    {
        try
        {
            await done.WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{count} jobs should have run within {Patience}.", e);
        }
    }

    /// <summary>Until the store says that nothing runs.</summary>
    public static async Task SettledAsync(LonghaulHost host)
    {
        var store = await host.StoreAsync();
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Patience; await Task.Delay(1))
        {
            if ((await store.ListQueuesAsync(CancellationToken.None)).Sum(static q => q.Running) == 0)
                return;
        }

        throw new TimeoutException($"All runs should have been settled within {Patience}.");
    }
}
