using System.Diagnostics;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>What drains have in common: the wait until nothing due or running is left.</summary>
internal static class Drains
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>A worker for many short jobs: claims come in batches of about 200, as the limit's do.</summary>
    public static void ForShortJobs(WorkerOptions options)
    {
        options.Concurrency = 32;
        options.Prefetch = 8;
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
