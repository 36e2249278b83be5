using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>How a run ends that was told meanwhile to cancel or to pause.</summary>
public abstract class OrdersConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Theory]
    [InlineData(Outcome.Completed, JobState.Completed, 0)]
    [InlineData(Outcome.Failed, JobState.Failed, 1)]
    [InlineData(Outcome.Retry, JobState.Cancelled, 1)]
    [InlineData(Outcome.HandedBack, JobState.Cancelled, 0)]
    [InlineData(Outcome.Yielded, JobState.Cancelled, 0)]
    [InlineData(Outcome.Paused, JobState.Cancelled, 0)]
    [InlineData(Outcome.Cancelled, JobState.Cancelled, 0)]
    public async Task A_cancel_order_wins_over_all_but_a_real_end(Outcome outcome, JobState state, int attempts)
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var due = (await GetAsync(id)).DueAt;
        var run = await worker.ClaimOneAsync(id);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await ActAsync(JobAction.Cancel, id, "ann", "wrong folder");

        (await worker.EndAsync(run, outcome, settlement => settlement with { Delay = TimeSpan.FromSeconds(60) })).ShouldBe(state);

        var job = await GetAsync(id);
        job.State.ShouldBe(state);
        job.Order.ShouldBeNull();
        job.FailedAttempts.ShouldBe(attempts);
        job.DueAt.ShouldBe(due);
        job.FinishedAt.ShouldBe(Clock.Now);
        job.Reason.ShouldBe(state == JobState.Cancelled ? "wrong folder (by ann)" : null);
    }

    [Theory]
    [InlineData(Outcome.Completed, JobState.Completed, 0)]
    [InlineData(Outcome.Failed, JobState.Failed, 1)]
    [InlineData(Outcome.Retry, JobState.Paused, 1)]
    [InlineData(Outcome.HandedBack, JobState.Paused, 0)]
    [InlineData(Outcome.Yielded, JobState.Paused, 0)]
    [InlineData(Outcome.Paused, JobState.Paused, 0)]
    [InlineData(Outcome.Cancelled, JobState.Cancelled, 0)]
    public async Task A_pause_order_wins_over_what_would_run_again(Outcome outcome, JobState state, int attempts)
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await ActAsync(JobAction.Pause, id, "ann", "disk full");

        (await worker.EndAsync(run, outcome)).ShouldBe(state);

        var job = await GetAsync(id);
        job.State.ShouldBe(state);
        job.Order.ShouldBeNull();
        job.FailedAttempts.ShouldBe(attempts);
        if (state == JobState.Paused)
            job.Reason.ShouldBe("disk full (by ann)");
        (await DueIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_retry_under_a_pause_order_waits_out_its_delay_after_the_resume()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await ActAsync(JobAction.Pause, id);
        await worker.EndAsync(run, Outcome.Retry, settlement => settlement with { Delay = TimeSpan.FromSeconds(60) });

        await ActAsync(JobAction.Resume, id);

        (await GetAsync(id)).DueAt.ShouldBe(Clock.Now.AddSeconds(60));
        (await DueIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pause_that_was_withdrawn_in_time_is_a_hand_back()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await ActAsync(JobAction.Pause, id);
        await ActAsync(JobAction.Resume, id);

        (await worker.EndAsync(run, Outcome.Paused)).ShouldBe(JobState.Pending);
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_run_that_is_handed_back_by_the_end_of_its_session_leaves_what_was_asked_of_it()
    {
        var asked = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.ClaimOneAsync(asked);
        await Store.ActAsync(JobAction.Pause, [asked], new ActionContext("ann", "for the night"), Cancel);

        await Store.CloseSessionAsync(worker.Session, Cancel);

        (await GetAsync(asked)).State.ShouldBe(JobState.Paused);
        var paused = (await Store.ListHistoryAsync(asked, Cancel)).Where(static record => record.Kind == HistoryKind.Paused).ShouldHaveSingleItem();
        (paused.RunNumber, paused.By, paused.Reason).ShouldBe((1, "ann", "for the night"));
    }
}
