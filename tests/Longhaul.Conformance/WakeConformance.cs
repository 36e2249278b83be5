using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Waiting for work: whoever waits is woken by all that may have become claimable, and misses nothing.</summary>
public abstract class WakeConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(10);

    [Fact]
    public async Task A_wait_ends_when_a_job_comes()
    {
        var wait = Store.WaitForWorkAsync(null, Store.WakeStamp, Long, Cancel);
        await EnqueueAsync();

        await Await.WithinAsync(wait, "the wake-up by an enqueue");
    }

    [Fact]
    public async Task What_came_after_the_stamp_ends_the_wait_at_once()
    {
        var seen = Store.WakeStamp;
        await EnqueueAsync();

        await Await.WithinAsync(Store.WaitForWorkAsync(null, seen, Long, Cancel), "the wait with a stamp from before the enqueue");
        await Await.WithinAsync(Store.WaitForWorkAsync([JobDefaults.Queue], seen, Long, Cancel), "the same for a queue");
    }

    [Fact]
    public async Task A_wait_for_some_queues_ends_when_a_job_comes_to_one()
    {
        var wait = Store.WaitForWorkAsync(["a", "b"], Store.WakeStamp, Long, Cancel);
        await EnqueueAsync(static job => job with { Queue = "b" });

        await Await.WithinAsync(wait, "the wake-up by a job in one of two queues");
    }

    [Fact]
    public async Task All_who_wait_are_woken()
    {
        var waits = Enumerable.Range(0, 4).Select(_ => Store.WaitForWorkAsync(null, Store.WakeStamp, Long, Cancel)).ToList();
        await EnqueueAsync();

        await Await.WithinAsync(Task.WhenAll(waits), "the wake-up of four who wait");
    }

    [Fact]
    public async Task A_wait_ends_after_its_time()
    {
        var wait = Store.WaitForWorkAsync(null, Store.WakeStamp, TimeSpan.FromSeconds(5), Cancel);

        await Await.AdvanceUntilAsync(Clock, TimeSpan.FromSeconds(1), wait, "the end of a wait of 5 s");
    }

    [Fact]
    public async Task A_wait_of_no_time_ends_at_once()
        => await Await.WithinAsync(Store.WaitForWorkAsync(null, Store.WakeStamp, TimeSpan.Zero, Cancel), "a wait of no time");

    [Fact]
    public async Task A_wait_ends_when_a_scheduled_job_is_due()
    {
        await EnqueueAsync(static job => job with { Delay = TimeSpan.FromSeconds(30) });
        await EnqueueAsync(static job => job with { Delay = TimeSpan.FromSeconds(10) });
        var worker = await OpenWorkerAsync();
        var seen = Store.WakeStamp;
        var claim = await worker.AskAsync();
        claim.Runs.ShouldBeEmpty();

        var wait = Store.WaitForWorkAsync(null, seen, claim.NextDue.ShouldNotBeNull(), Cancel);
        await Await.AdvanceUntilAsync(Clock, TimeSpan.FromSeconds(1), wait, "a scheduled job's moment");

        while (Clock.Now < ManualClock.Start.AddSeconds(10))
            Clock.Advance(TimeSpan.FromSeconds(1));
        (await worker.ClaimAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_cancelled_wait_ends_by_an_exception()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var wait = Store.WaitForWorkAsync(null, Store.WakeStamp, Long, source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(Await.Patience, Cancel));
    }

    [Fact]
    public async Task All_that_makes_a_job_claimable_changes_the_stamp()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        async Task<ClaimedRun> ShouldWakeAsync(string what, Func<Task> act)
        {
            var seen = Store.WakeStamp;
            await act();
            await Await.WithinAsync(Store.WaitForWorkAsync([JobDefaults.Queue], seen, Long, Cancel), $"the wake-up by {what}");
            return await worker.ClaimOneAsync(id);
        }

        run = await ShouldWakeAsync("a hand-back", () => worker.EndAsync(run, Outcome.HandedBack));
        run = await ShouldWakeAsync("a retry without delay", () => worker.EndAsync(run, Outcome.Retry));
        run = await ShouldWakeAsync("a run that gave way", () => worker.EndAsync(run, Outcome.Yielded));
        run = await ShouldWakeAsync("a release", () => ActAsync(JobAction.Release, id));
        run = await ShouldWakeAsync("a restart", () => ActAsync(JobAction.Restart, id));
        await ActAsync(JobAction.Pause, id);
        await worker.EndAsync(run, Outcome.Paused);
        run = await ShouldWakeAsync("a resume", () => ActAsync(JobAction.Resume, id));
        await worker.EndAsync(run, Outcome.HandedBack, static settlement => settlement with { CodeStillRuns = true });
        run = await ShouldWakeAsync("the end of a hold", () => Store.EndHoldAsync([run.Key], Cancel));
        await worker.EndAsync(run, Outcome.HandedBack);
        await Store.SetQueuePausedAsync(JobDefaults.Queue, true, default, Cancel);
        run = await ShouldWakeAsync("a resumed queue", () => Store.SetQueuePausedAsync(JobDefaults.Queue, false, default, Cancel));
        run = await ShouldWakeAsync("a hook", () => worker.EndAsync(run, Outcome.Failed, static settlement => settlement with { FailedHook = true }));
        run = await ShouldWakeAsync("a retry by a person", () => ActAsync(JobAction.Retry, id));
        var old = worker;
        worker = await OpenWorkerAsync();
        run = await ShouldWakeAsync("a recovery", () => RecoverAsync(worker, old));
        old = worker;
        worker = await OpenWorkerAsync();
        await ShouldWakeAsync("a session that closed", old.CloseAsync);
    }

    [Fact]
    public async Task A_job_that_a_run_enqueued_wakes_with_the_flush()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync();
        var child = await NewJobAsync();
        var wait = Store.WaitForWorkAsync(null, Store.WakeStamp, Long, Cancel);

        await worker.WriteAsync(run, update => update with { Children = [child] });

        await Await.WithinAsync(wait, "the wake-up by a child");
    }

    [Fact]
    public async Task No_wake_is_ever_missed()
    {
        const int Jobs = 300;
        var worker = await OpenWorkerAsync();
        using var claimed = new SemaphoreSlim(0);
        var consumer = Task.Run(
            async () =>
            {
                for (var done = 0; done < Jobs;)
                {
                    var seen = Store.WakeStamp;
                    var runs = await worker.ClaimAsync(4);
                    if (runs.Count == 0)
                    {
                        await Store.WaitForWorkAsync([JobDefaults.Queue], seen, Long, Cancel);
                        continue;
                    }

                    done += runs.Count;
                    claimed.Release(runs.Count);
                }
            },
            Cancel);

        for (var i = 0; i < Jobs; i++)
        {
            await EnqueueAsync();
            if (i % 3 != 0)
                (await claimed.WaitAsync(Await.Patience, Cancel)).ShouldBeTrue($"job {i} should have woken the worker");
        }

        await Await.WithinAsync(consumer, "the last jobs");
    }

    [Fact]
    public async Task Another_process_is_woken_too()
    {
        Needs(StoreCapabilities.ManyProcesses);
        var other = await Fixture.OpenStoreAsync(Cancel);
        var worker = await OpenWorkerAsync(store: other);
        for (var i = 0; i < 20; i++)
        {
            var seen = other.WakeStamp;
            (await worker.ClaimAsync()).ShouldBeEmpty();
            var wait = other.WaitForWorkAsync(null, seen, Long, Cancel);
            var id = await EnqueueAsync();

            await Await.AdvanceUntilAsync(Clock, TimeSpan.FromMilliseconds(10), wait, $"the wake-up of another process, {i + 1} of 20");
            await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Completed);
        }
    }
}
