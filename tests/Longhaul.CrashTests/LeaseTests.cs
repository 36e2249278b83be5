using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>The lease, with real processes: long work, frozen workers, starved pools, and a store that another program locks.</summary>
public sealed class LeaseTests : ProcessTest
{
    private static WorkerSettings Hasty(WorkerSettings settings) => settings with { LeaseSeconds = 2, HeartbeatSeconds = 0.2 };

    [Fact]
    public async Task A_job_of_ten_leases_is_never_started_twice()
    {
        await Stage.StartReadyWorkerAsync(Hasty);
        await Stage.StartReadyWorkerAsync(Hasty);
        var job = await Stage.EnqueueAsync(static order => new LongJob(order, Items: 100, ItemMillis: 200));

        var done = await Stage.UntilEndedAsync(job, TimeSpan.FromMinutes(3));

        done.State.ShouldBe(JobState.Completed);
        done.RunNumber.ShouldBe(1);
        Stage.Events().Count(static e => e.Op == Ops.Begin).ShouldBe(1);
        await Stage.StopAllAsync(Patience);
        await CheckAsync();
    }

    [Fact]
    public async Task A_worker_frozen_for_three_leases_writes_nothing_more_and_is_told()
    {
        var frozen = await Stage.StartReadyWorkerAsync(Hasty);
        var job = await Stage.EnqueueAsync(static order => new StubbornJob(order, Millis: 15_000, StubbornMillis: 1_000));
        await Stage.UntilBegunAsync(job);
        await Stage.UntilAsync(static e => e.Exists(static w => w is { Op: Ops.Flush, Type: EventType.Ok }), Patience, "a first flush");
        await Stage.StartReadyWorkerAsync(Hasty);

        await FreezeOutsideOfATransactionAsync(frozen);
        await Stage.UntilBegunAsync(job, times: 2);
        frozen.Thaw();
        await Stage.UntilAsync(e => e.Exists(t => t.Op == Ops.End && t.Proc == frozen.Name), Patience, "the old handler to end");

        (await Stage.UntilEndedAsync(job, TimeSpan.FromMinutes(2))).State.ShouldBe(JobState.Completed);
        await Stage.StopAllAsync(Patience);
        var checks = await CheckAsync();
        Tried(checks, "I5").ShouldBeGreaterThan(0, "the old run tried to write");
        Tried(checks, "I6").ShouldBe(1);
    }

    [Fact]
    public async Task A_starved_thread_pool_fakes_no_death()
    {
        // Longer than a busy machine keeps a thread waiting, and far shorter than the pool is starved.
        const double Lease = 6;
        static WorkerSettings Patient(WorkerSettings settings, int concurrency) => settings with { LeaseSeconds = Lease, HeartbeatSeconds = 0.2, Concurrency = concurrency };
        var busy = await Stage.StartReadyWorkerAsync(static settings => Patient(settings, 200));
        for (var i = 0; i < 200; i++)
            await Stage.EnqueueAsync(static order => new BlockJob(order, Millis: Math.Max(2_000, 125 * Environment.ProcessorCount))); // the pool begins with a thread a processor
        await Stage.UntilAsync(e => e.Count(b => b.Op == Ops.Begin) >= 2, Patience, "handlers to block");
        await Stage.StartReadyWorkerAsync(static settings => Patient(settings, 1));

        await Stage.DrainAsync(TimeSpan.FromMinutes(3));

        await Stage.StopAllAsync(Patience);
        var checks = await CheckAsync(Limits.Checks with { Drain = TimeSpan.FromMinutes(3) });
        var events = Stage.Events();
        var lease = MonotonicClock.Of(TimeSpan.FromSeconds(Lease));
        var begins = events.Where(e => e.Op == Ops.Begin && e.Proc == busy.Name).Select(static e => e.T).ToList();
        (begins.Max() - begins.Min()).ShouldBeGreaterThan(lease, "jobs that had a slot waited for the pool: it was starved for longer than a lease");
        var beats = events.Where(e => e is { Op: Ops.Beat, Type: EventType.Ok } && e.Proc == busy.Name).Select(static e => e.T).ToList();
        beats.Zip(beats.Skip(1), static (a, b) => b - a).Max().ShouldBeLessThan(lease, "the heart renews in time, whatever the pool does");
        events.Where(static e => e is { Op: Ops.Recover, Answer: "dead" }).SelectMany(static e => e.Ids!).ShouldBeEmpty("nobody was declared dead");
        Tried(checks, "I3").ShouldBe(200);
    }

    [Fact]
    public async Task A_store_locked_for_some_seconds_costs_nothing_but_time()
    {
        var job = await Stage.EnqueueAsync(static order => new LongJob(order, Items: 120, ItemMillis: 50));
        await Stage.StartReadyWorkerAsync();
        await Stage.StartReadyWorkerAsync();
        await Stage.UntilAsync(e => e.Count(static i => i.Op == Ops.Item) >= 10, Patience, "ten items");

        await LockStoreAsync(TimeSpan.FromSeconds(5));

        var done = await Stage.UntilEndedAsync(job, TimeSpan.FromMinutes(2));
        done.State.ShouldBe(JobState.Completed);
        done.RunNumber.ShouldBe(1);
        await Stage.StopAllAsync(Patience);
        await CheckAsync();
    }

    [Fact]
    public async Task A_store_locked_for_longer_than_the_lease_stops_the_handlers_and_work_goes_on_afterwards()
    {
        var job = await Stage.EnqueueAsync(static order => new LongJob(order, Items: 200, ItemMillis: 50));
        var worker = await Stage.StartReadyWorkerAsync(static settings => Hasty(settings) with { BusySeconds = 0.5 });
        await Stage.UntilAsync(e => e.Count(static i => i.Op == Ops.Item) >= 10, Patience, "ten items");

        await LockStoreAsync(TimeSpan.FromSeconds(6));
        await Stage.UntilAsync(e => e.Exists(t => t.Op == Ops.Told && t.What == nameof(StopReason.LeaseLost)), Patience, "the handler to be told that its lease ran out");

        var done = await Stage.UntilEndedAsync(job, TimeSpan.FromMinutes(2));
        done.State.ShouldBe(JobState.Completed);
        done.FailedAttempts.ShouldBe(0);
        worker.HasExited.ShouldBeFalse();
        await Stage.StopAllAsync(Patience);
        var checks = await CheckAsync(Limits.Checks with { Heartbeat = Limits.Seconds(0.5), Repeated = Limits.Seconds(4) });
        Tried(checks, "I7").ShouldBe(1);
    }

    /// <summary>Another program takes the write lock and keeps it.</summary>
    private async Task LockStoreAsync(TimeSpan time)
    {
        await using var other = await Stage.OpenConnectionAsync();
        await Until.TrueAsync(
            async () =>
            {
                try
                {
                    await Stage.ExecuteAsync(other, "BEGIN IMMEDIATE");
                    return true;
                }
                catch (Microsoft.Data.Sqlite.SqliteException)
                {
                    return false;
                }
            },
            Patience,
            "the write lock");
        await Task.Delay(time, TimeProvider.System, TestContext.Current.CancellationToken); // the fault itself, not a wait for something
        await Stage.ExecuteAsync(other, "ROLLBACK");
    }

    /// <summary>A worker that is stopped while it holds the write lock stops everybody: not what is tested here.</summary>
    private async Task FreezeOutsideOfATransactionAsync(ChildProcess worker)
    {
        worker.Freeze();
        while (!await Stage.CanWriteAsync())
        {
            worker.Thaw();
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
            worker.Freeze();
        }
    }
}
