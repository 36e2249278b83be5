using System.Diagnostics;
using Longhaul.Load.Bench.Limits;
using Longhaul.Load.Bench.Postgres;
using Longhaul.Load.Bench.Postgres.Limits;
using Longhaul.Load.Bench.Subjects;
using Longhaul.Storage;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>Whether more worker processes on one store help: a drain by 1, 2 and 4 of them. The limit is as many connections, each on a thread.</summary>
internal static class WorkersKind
{
    public const int Jobs = 200_000;
    private const int WarmUp = 40_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    public static IEnumerable<Case> Of(StoreUnderTest store)
        => ((int[])[1, 2, 4]).Select(workers => new Case("workers", $"{workers}",
        [
            new Contender(Contender.Longhaul, effort => DrainAsync(store, workers, effort.Count(Jobs))),
            new Contender(Contender.Limit, effort => Task.Run(() => Limit(store, workers, effort.Count(Jobs)).Figures(Name(workers)))),
        ]));

    public static string Name(int workers) => $"workers@{workers}";

    /// <summary>
    /// What a job costs where all are at work: each process has done a share of other jobs before, for a program compiles, and a server plans, at its start.
    /// </summary>
    private static async Task<IReadOnlyList<Figure>> DrainAsync(StoreUnderTest store, int workers, int count)
    {
        using var scratch = store.Scratch();
        List<ChildProcess> children = [];
        try
        {
            for (var i = 0; i < workers; i++)
                children.Add(ChildProcess.Start(Children.Work, store.Driver, store.Synchronous, scratch.Database));
            foreach (var child in children)
                await child.HearAsync(Children.Ready);
            Counted? before;
            TimeSpan cpu;
            double rate;
            int looks;
            await using (var host = LonghaulHost.Client(store, scratch.Database)) // its own transactions are told when its connections end
            {
                var watched = await host.StoreAsync();
                await FillAsync(host, watched, scratch, WarmUp);
                await TellAsync(children, Children.Go);
                foreach (var child in children)
                    await child.HearAsync(Children.Started);
                await watched.SetQueuePausedAsync(JobDefaults.Queue, false, default, CancellationToken.None);
                await EmptyAsync(watched);

                await FillAsync(host, watched, scratch, count);
                if (scratch.Postgres is { } postgres)
                {
                    postgres.Settle();
                    await Task.Delay(Drains.StartIsTold);
                }

                before = scratch.Postgres?.Count();
                cpu = Cpu(children);
                var began = Stopwatch.GetTimestamp();
                await watched.SetQueuePausedAsync(JobDefaults.Queue, false, default, CancellationToken.None);
                looks = await EmptyAsync(watched);
                rate = count / Stopwatch.GetElapsedTime(began).TotalSeconds;
                cpu = Cpu(children) - cpu;
            }

            await TellAsync(children, Children.Stop);
            foreach (var child in children)
                await child.EndAsync();
            List<Figure> figures = [new(Name(workers), rate, "jobs/s"), new($"{Name(workers)}-cpu", cpu.TotalMicroseconds / count, "µs/job")];
            if (scratch.Postgres?.CountEnded() - before is { } counted)
                figures.AddRange((counted with { Transactions = counted.Transactions - looks }).Figures(Name(workers), count));
            return figures;
        }
        finally
        {
            foreach (var child in children)
                child.Dispose();
        }
    }

    /// <summary>
    /// Fills the queue while nobody may take of it. In one transaction, which wakes the workers once: to look in vain is none of what is measured, and a
    /// backend of PostgreSQL that only listens tells what that cost when its connection ends.
    /// </summary>
    private static async Task FillAsync(LonghaulHost host, IJobStore store, Scratch scratch, int count)
    {
        await store.SetQueuePausedAsync(JobDefaults.Queue, true, default, CancellationToken.None);
        if (scratch.Postgres is not { } postgres)
        {
            await host.Jobs.EnqueueManyAsync(Payloads.Many(count));
            return;
        }

        await using var connection = postgres.Connect();
        await using var transaction = await connection.BeginTransactionAsync();
        await host.Jobs.EnqueueManyAsync(Payloads.Many(count), transaction);
        await transaction.CommitAsync();
    }

    /// <summary>Waits until nothing is due or runs.</summary>
    /// <returns>How often it looked.</returns>
    private static async Task<int> EmptyAsync(IJobStore store)
    {
        var began = Stopwatch.GetTimestamp();
        var looks = 1;
        for (; (await store.ListQueuesAsync(CancellationToken.None)).Sum(static q => q.Due + q.Running) > 0; looks++)
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"The worker processes should have drained the queue within {Patience}.");
            await Task.Delay(Look);
        }

        return looks;
    }

    private static async Task TellAsync(List<ChildProcess> children, string line)
    {
        foreach (var child in children)
            await child.TellAsync(line);
    }

    private static TimeSpan Cpu(List<ChildProcess> children) => children.Select(static child => child.Cpu).Aggregate(static (a, b) => a + b);

    private static Spent Limit(StoreUnderTest store, int workers, int count)
    {
        using var scratch = store.Scratch();
        using (var filler = DrainLimit.Of(store, scratch))
            filler.Insert(count);
        scratch.Postgres?.Settle();
        var before = scratch.Postgres?.Count();
        var spent = Spent.By(() =>
        {
            if (scratch.Postgres is { } postgres)
            {
                using var limit = new PostgresLimit(postgres);
                return limit.Drain(count, workers);
            }

            OnThreads(workers, number =>
            {
                using var limit = SqliteLimit.Open(scratch.Database, store.Synchronous, number);
                limit.Drain();
            });
            return count;
        });
        return spent with { Server = scratch.Postgres?.CountEnded() - before };
    }

    private static void OnThreads(int workers, Action<int> work)
    {
        var threads = Enumerable.Range(1, workers).Select(number => new Thread(() => work(number))).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
    }
}
