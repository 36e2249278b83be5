using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Pausing and resuming jobs. Paused queues: see the claim order.</summary>
public abstract class PauseConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task A_pending_job_is_paused_at_once_and_keeps_its_due_time()
    {
        var id = await EnqueueAsync();
        Clock.Advance(TimeSpan.FromSeconds(5));

        (await ActAsync(JobAction.Pause, id, "ann", "disk full")).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Paused));

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Paused);
        job.Reason.ShouldBe("disk full (by ann)");
        job.FinishedAt.ShouldBeNull();
        (await DueIdsAsync()).ShouldBeEmpty();
        (await Store.ListHistoryAsync(id, Cancel)).ShouldHaveSingleItem().Kind.ShouldBe(HistoryKind.Paused);

        (await ActAsync(JobAction.Resume, id)).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Pending));
        (await GetAsync(id)).DueAt.ShouldBe(ManualClock.Start);
        (await GetAsync(id)).Reason.ShouldBeNull();
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_scheduled_job_that_was_paused_still_waits_for_its_time()
    {
        var id = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromMinutes(1) });
        await ActAsync(JobAction.Pause, id);
        await ActAsync(JobAction.Resume, id);

        (await DueIdsAsync()).ShouldBeEmpty();
        Clock.Advance(TimeSpan.FromMinutes(1));
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_running_job_is_ordered_to_pause()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        (await ActAsync(JobAction.Pause, id, "ann", "disk full")).ShouldBe(new ActionAnswer(id, ActionStatus.Ordered, JobState.Running));

        worker.OrdersFor(run).ShouldBe([new RunOrder(run.Key, RunOrderKind.Pause, "ann", "disk full")]);
        (await GetAsync(id)).Order.ShouldBe(RunOrderKind.Pause);
        (await worker.EndAsync(run, Outcome.Paused)).ShouldBe(JobState.Paused);
        await ActAsync(JobAction.Resume, id);
        var again = await worker.ClaimOneAsync(id);
        again.FailedAttempts.ShouldBe(0);
        worker.OrdersFor(again).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pause_that_is_not_carried_out_yet_can_be_withdrawn()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await ActAsync(JobAction.Pause, id);

        (await ActAsync(JobAction.Resume, id)).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Running));

        worker.OrdersFor(run).ShouldBeEmpty();
        (await GetAsync(id)).Order.ShouldBeNull();
        (await ActAsync(JobAction.Resume, id)).Status.ShouldBe(ActionStatus.WrongState);
        (await worker.EndAsync(run, Outcome.HandedBack)).ShouldBe(JobState.Pending);
    }

    [Fact]
    public async Task Only_what_fits_can_be_paused_or_resumed()
    {
        var pending = await EnqueueAsync();
        (await ActAsync(JobAction.Resume, pending)).ShouldBe(new ActionAnswer(pending, ActionStatus.WrongState, JobState.Pending));
        await ActAsync(JobAction.Pause, pending);
        (await ActAsync(JobAction.Pause, pending)).ShouldBe(new ActionAnswer(pending, ActionStatus.WrongState, JobState.Paused));
        foreach (var outcome in new[] { Outcome.Completed, Outcome.Failed, Outcome.Cancelled })
        {
            var ended = await FinishedAsync(outcome);
            (await ActAsync(JobAction.Pause, ended)).Status.ShouldBe(ActionStatus.WrongState);
            (await ActAsync(JobAction.Resume, ended)).Status.ShouldBe(ActionStatus.WrongState);
        }
    }

    [Fact]
    public async Task A_held_job_that_was_paused_waits_again_after_the_resume()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.EndAsync(run, Outcome.HandedBack, static settlement => settlement with { CodeStillRuns = true });

        (await ActAsync(JobAction.Pause, id)).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Paused));
        (await ActAsync(JobAction.Resume, id)).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Waiting));
        await Store.EndHoldAsync([run.Key], Cancel);

        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_hold_that_ended_while_the_job_was_paused_is_over()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.EndAsync(run, Outcome.HandedBack, static settlement => settlement with { CodeStillRuns = true });
        await ActAsync(JobAction.Pause, id);
        await Store.EndHoldAsync([run.Key], Cancel);
        (await StateOfAsync(id)).ShouldBe(JobState.Paused);

        (await ActAsync(JobAction.Resume, id)).State.ShouldBe(JobState.Pending);

        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task What_a_person_asked_is_in_the_history()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await ActAsync(JobAction.Pause, id, "ann", "disk full");
        await worker.EndAsync(run, Outcome.Paused, static settlement => settlement with { Duration = TimeSpan.FromSeconds(5) });
        await ActAsync(JobAction.Resume, id, "bob");

        var history = await Store.ListHistoryAsync(id, Cancel);

        history.Select(static record => (record.Kind, record.By, record.Reason)).ShouldBe(
        [
            (HistoryKind.Asked, "ann", "pause: disk full"),
            (HistoryKind.Paused, "ann", "disk full"),
            (HistoryKind.Asked, "bob", "resume"),
        ]);
    }
}
