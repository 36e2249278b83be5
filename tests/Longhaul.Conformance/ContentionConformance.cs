using System.Collections.Concurrent;
using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>
/// Many real threads on one store: producers, workers that finish, fail, give back and die, zombies that write on, a person who releases.
/// The history is judged by <see cref="RunLedger"/>, and each check says how often it was exercised.
/// </summary>
public abstract class ContentionConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    private const int Producers = 2;
    private const int Workers = 4;

    private readonly RunLedger _ledger = new();
    private readonly ConcurrentDictionary<JobId, RunLedger.Run> _current = new();
    private readonly ConcurrentBag<JobId> _enqueued = [];
    private int _completed;

    /// <summary>Jobs in all. A store whose commits are slow may take fewer.</summary>
    protected virtual int Jobs => 1_500;

    [Fact]
    public Task No_job_is_lost_or_held_twice_by_threads_of_one_process()
        => ContendAsync(Enumerable.Repeat(Store, Workers).ToArray());

    [Fact]
    public async Task No_job_is_lost_or_held_twice_by_processes()
    {
        Needs(StoreCapabilities.ManyProcesses);
        var stores = new IJobStore[Workers];
        stores[0] = Store;
        for (var i = 1; i < Workers; i++)
            stores[i] = await Fixture.OpenStoreAsync(Cancel);

        await ContendAsync(stores);
    }

    private async Task ContendAsync(IJobStore[] stores)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var clock = Task.Run(() => MoveClockAsync(stop.Token), Cancel);
        var people = Task.Run(() => ReleaseNowAndThenAsync(stop.Token), Cancel);
        var producers = Enumerable.Range(0, Producers).Select(i => Task.Run(() => OrStopAllAsync(stop, ProduceAsync(stores[i % stores.Length], i)), Cancel));
        var workers = stores.Select((store, i) => Task.Run(() => OrStopAllAsync(stop, WorkAsync(store, new Random(i), stop.Token)), Cancel));

        await Await.WithinAsync(Task.WhenAll([.. producers, .. workers]), $"{Jobs} jobs through {Workers} workers");
        await stop.CancelAsync();
        await Task.WhenAll(clock, people);

        _ledger.Check(_enqueued).ShouldBeEmpty();
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
        var counts = await Store.ListQueuesAsync(Cancel);
        counts.Sum(static queue => queue.Completed).ShouldBe(Jobs);
        counts.Sum(static queue => queue.Due + queue.Scheduled + queue.Waiting + queue.Running + queue.Failed + queue.Cancelled + queue.PausedJobs).ShouldBe(0);
        _ledger.StaleTried.ShouldBeGreaterThan(Jobs / 4, "too few stale writes to say anything");
        _ledger.TakenOver.ShouldBeGreaterThan(Jobs / 100, "too few takeovers to say anything");
        _ledger.Runs.ShouldBeGreaterThan(Jobs + (Jobs / 10), "too few second runs to say anything");
    }

    /// <summary>One failure ends the rest, so that it is seen at once and as it is.</summary>
    private static async Task OrStopAllAsync(CancellationTokenSource stop, Task task)
    {
        try
        {
            await task;
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task ProduceAsync(IJobStore store, int producer)
    {
        var left = (Jobs / Producers) + (producer == 0 ? Jobs % Producers : 0);
        while (left > 0)
        {
            var count = Math.Min(left, 20);
            var first = await store.TakeIdsAsync(count, null, Cancel);
            NewJob[] jobs =
            [
                .. Enumerable.Range(0, count).Select(i => Make.Job(new JobId(first.Value + i)) with
                {
                    Queue = i % 2 == 0 ? "a" : "b",
                    Priority = (byte)(i % 3),
                    Delay = TimeSpan.FromMilliseconds(i % 5 == 0 ? 50 : 0),
                    Policy = new JobPolicy { MaxLostRuns = int.MaxValue },
                }),
            ];
            (await store.EnqueueAsync(jobs, null, Cancel)).ShouldAllBe(static answer => answer.Status == EnqueueStatus.Created);
            foreach (var job in jobs)
                _enqueued.Add(job.Id);
            (await store.EnqueueAsync(jobs, null, Cancel)).ShouldAllBe(static answer => answer.Status == EnqueueStatus.Repeated);
            left -= count;
        }
    }

    private async Task WorkAsync(IJobStore store, Random random, CancellationToken stop)
    {
        var worker = await OpenAsync(store);
        while (Volatile.Read(ref _completed) < Jobs && !stop.IsCancellationRequested)
        {
            var (seen, asked) = (store.WakeStamp, _ledger.Moment());
            var claim = await worker.AskAsync(4, request => request with { Prefetch = 2, OldestFirst = random.Next(4) == 0 });
            if (claim.Runs.Count == 0)
            {
                // Others may complete the last job while this one waits, so that no wake comes: the clock that moves ends the wait.
                await store.WaitForWorkAsync(null, seen, TimeSpan.FromMilliseconds(100), Cancel);
                continue;
            }

            var held = claim.Runs.Select(run => (Claimed: run, Noted: Note(run, asked))).ToList();
            if (random.Next(12) == 0)
                worker = await DieAsync(store, worker, held);
            else
                await SettleAsync(store, held, random);
        }

        await worker.CloseAsync();
        worker.Dispose();
    }

    /// <summary>With a lease that does not run out however fast the test's clock moves.</summary>
    private static Task<TestWorker> OpenAsync(IJobStore store) => TestWorker.OpenAsync(store, static record => record with { Lease = TimeSpan.FromDays(1) });

    private RunLedger.Run Note(ClaimedRun claimed, long asked) => _current[claimed.Key.Job] = _ledger.Held(claimed, asked);

    private async Task SettleAsync(IJobStore store, List<(ClaimedRun Claimed, RunLedger.Run Noted)> held, Random random)
    {
        var settlements = new List<Settlement>();
        foreach (var (claimed, noted) in held)
        {
            var outcome = random.Next(10) switch { 0 => Outcome.Retry, 1 => Outcome.HandedBack, 2 => Outcome.Yielded, _ => Outcome.Completed };
            settlements.Add(Make.Settlement(claimed, outcome) with { Delay = TimeSpan.FromMilliseconds(random.Next(20)) });
            _ledger.Ending(noted);
        }

        if (random.Next(3) == 0)
            await store.FlushAsync([.. held.Select(static each => new RunUpdate { Key = each.Claimed.Key, Checkpoint = Make.Checkpoint("1"), Logs = [Make.Line("x")] })], Cancel);
        var answers = await store.SettleAsync(settlements, Cancel);
        for (var i = 0; i < held.Count; i++)
        {
            if (answers[i].Status == SettleStatus.LeaseLost)
            {
                // The release was asked for before the answer came, maybe after the settlement was asked for.
                held[i].Noted.Until = _ledger.Moment();
                _ledger.MayBeReleased(held[i].Noted).ShouldBeTrue($"run {held[i].Noted.Number} of job {held[i].Noted.Job} was refused though nobody took it");
                held[i].Noted.TakenOver = true;
                _ledger.Stale(refused: true);
                continue;
            }

            answers[i].Status.ShouldBe(SettleStatus.Settled);
            if (settlements[i].Outcome == Outcome.Completed)
            {
                held[i].Noted.Completed = true;
                Interlocked.Increment(ref _completed);
            }
        }

        await WriteStaleAsync(store, held);
    }

    /// <summary>The worker is declared dead; its code writes on, and a new session takes its place.</summary>
    private async Task<TestWorker> DieAsync(IJobStore store, TestWorker worker, List<(ClaimedRun Claimed, RunLedger.Run Noted)> held)
    {
        foreach (var (_, noted) in held)
        {
            _ledger.Ending(noted);
            noted.TakenOver = true;
        }

        (await store.RecoverAsync(null, [worker.Session], null, Cancel)).Dead.ShouldContain(worker.Session);
        foreach (var answer in await store.SettleAsync([.. held.Select(static each => Make.Settlement(each.Claimed, Outcome.Completed))], Cancel))
            _ledger.Stale(answer.Status == SettleStatus.LeaseLost);
        await WriteStaleAsync(store, held);
        worker.Dispose();
        return await OpenAsync(store);
    }

    private async Task WriteStaleAsync(IJobStore store, List<(ClaimedRun Claimed, RunLedger.Run Noted)> held)
    {
        foreach (var answer in await store.FlushAsync([.. held.Select(static each => new RunUpdate { Key = each.Claimed.Key, Progress = new ProgressRecord { Done = 1 } })], Cancel))
            _ledger.Stale(answer == WriteAnswer.LeaseLost);
    }

    private async Task ReleaseNowAndThenAsync(CancellationToken stop)
    {
        var random = new Random(99);
        while (!stop.IsCancellationRequested)
        {
            var held = _current.Values.Where(static run => run.Until == long.MaxValue).ToList();
            if (held.Count > 0)
            {
                var job = held[random.Next(held.Count)].Job;
                var release = _ledger.Releasing(job);
                await Store.ActAsync(JobAction.Release, [job], new ActionContext("ann"), Cancel);
                release.Done(_ledger.Moment());
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task MoveClockAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(5));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }
    }
}
