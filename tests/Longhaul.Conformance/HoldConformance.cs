using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>A run may end while its old code still runs: the job waits until that has ended too.</summary>
public abstract class HoldConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task A_job_whose_old_code_still_runs_waits_until_it_has_ended()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        (await worker.EndAsync(run, Outcome.Retry, static settlement => settlement with { CodeStillRuns = true, Delay = TimeSpan.FromSeconds(60) })).ShouldBe(JobState.Waiting);

        Clock.Advance(TimeSpan.FromSeconds(61));
        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Waiting);
        job.WaitsFor.ShouldBe("old run has not ended");
        job.FailedAttempts.ShouldBe(1);
        (await DueIdsAsync()).ShouldBeEmpty();
        (await worker.FlushAsync(run, static update => update with { Logs = [Make.Line("stale")] })).ShouldBe(WriteAnswer.LeaseLost);

        await Store.EndHoldAsync([run.Key with { Token = Make.Token() }, new RunKey(new JobId(JobId.MaxValue), 1)], Cancel);
        (await StateOfAsync(id)).ShouldBe(JobState.Waiting);
        await Store.EndHoldAsync([run.Key], Cancel);
        (await GetAsync(id)).DueAt.ShouldBe(ManualClock.Start.AddSeconds(60));
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_hold_that_ends_early_does_not_end_the_delay()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.EndAsync(run, Outcome.Retry, static settlement => settlement with { CodeStillRuns = true, Delay = TimeSpan.FromSeconds(60) });

        await Store.EndHoldAsync([run.Key], Cancel);

        (await StateOfAsync(id)).ShouldBe(JobState.Pending);
        (await DueIdsAsync()).ShouldBeEmpty();
        Clock.Advance(TimeSpan.FromSeconds(60));
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_hold_ends_with_its_session()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack, static settlement => settlement with { CodeStillRuns = true });

        await worker.CloseAsync();

        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_release_ends_a_hold()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack, static settlement => settlement with { CodeStillRuns = true });

        (await ActAsync(JobAction.Release, id)).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Pending));

        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_held_job_is_not_part_of_its_workers_runs()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(), Outcome.HandedBack, static settlement => settlement with { CodeStillRuns = true });

        worker.Beat().RunsAgree.ShouldBeTrue();
        (await Store.RunsOfAsync(worker.Session, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_held_job_can_be_cancelled()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.EndAsync(run, Outcome.HandedBack, static settlement => settlement with { CodeStillRuns = true });

        (await ActAsync(JobAction.Cancel, id)).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Cancelled));
        await Store.EndHoldAsync([run.Key], Cancel);

        (await StateOfAsync(id)).ShouldBe(JobState.Cancelled);
        (await DueIdsAsync()).ShouldBeEmpty();
    }
}
