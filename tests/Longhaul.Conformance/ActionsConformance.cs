using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Release, restart and delete. Cancel, pause and retry have suites of their own.</summary>
public abstract class ActionsConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task A_released_run_is_fenced_off_and_its_job_pending_now()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, static update => update with { Checkpoint = Make.Checkpoint("5") });
        Clock.Advance(TimeSpan.FromSeconds(9));

        (await ActAsync(JobAction.Release, id)).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Pending));

        var job = await GetAsync(id);
        job.DueAt.ShouldBe(Clock.Now);
        job.FailedAttempts.ShouldBe(0);
        job.LostRuns.ShouldBe(0);
        job.Session.ShouldBeNull();
        (await worker.FlushAsync(run, static update => update with { Checkpoint = Make.Checkpoint("6") })).ShouldBe(WriteAnswer.LeaseLost);
        (await worker.SettleAsync(run, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
        (await Store.RunsOfAsync(worker.Session, Cancel)).ShouldBeEmpty();
        var again = await worker.ClaimOneAsync(id);
        Make.Text(again.Checkpoint).ShouldBe("5");
        again.RunNumber.ShouldBe(2);
    }

    [Fact]
    public async Task A_release_brings_a_scheduled_or_paused_job_forward()
    {
        var scheduled = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromDays(1) });
        var paused = await EnqueueAsync();
        await ActAsync(JobAction.Pause, paused);
        Clock.Advance(TimeSpan.FromSeconds(1));

        await ActAsync(JobAction.Release, scheduled);
        await ActAsync(JobAction.Release, paused);

        (await GetAsync(paused)).DueAt.ShouldBe(Clock.Now);
        (await DueIdsAsync()).ShouldBe([scheduled, paused]);
    }

    [Fact]
    public async Task A_release_keeps_the_attempts_unless_told_otherwise()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(), Outcome.Retry, static settlement => settlement with { Delay = TimeSpan.FromHours(1) });

        await ActAsync(JobAction.Release, id);
        (await GetAsync(id)).FailedAttempts.ShouldBe(1);
        await ActAsync(JobAction.ReleaseAndResetAttempts, id);
        (await GetAsync(id)).FailedAttempts.ShouldBe(0);

        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Theory]
    [InlineData(Outcome.Completed)]
    [InlineData(Outcome.Failed)]
    [InlineData(Outcome.Cancelled)]
    public async Task An_ended_job_cannot_be_released(Outcome outcome)
    {
        var id = await FinishedAsync(outcome);

        (await ActAsync(JobAction.Release, id)).Status.ShouldBe(ActionStatus.WrongState);
        (await ActAsync(JobAction.ReleaseAndResetAttempts, id)).Status.ShouldBe(ActionStatus.WrongState);
    }

    [Fact]
    public async Task Only_one_of_two_runs_over_a_release_can_settle()
    {
        var id = await EnqueueAsync();
        var first = await OpenWorkerAsync();
        var second = await OpenWorkerAsync();
        var stale = await first.ClaimOneAsync(id);
        await ActAsync(JobAction.Release, id);
        var current = await second.ClaimOneAsync(id);

        (await first.SettleAsync(stale, Outcome.Failed)).Status.ShouldBe(SettleStatus.LeaseLost);
        (await second.EndAsync(current, Outcome.Completed)).ShouldBe(JobState.Completed);
        current.FenceToken.ShouldBeGreaterThan(stale.FenceToken);
    }

    [Theory]
    [InlineData(Outcome.Completed)]
    [InlineData(Outcome.Failed)]
    [InlineData(Outcome.Cancelled)]
    [InlineData(Outcome.Retry)]
    [InlineData(Outcome.HandedBack)]
    public async Task A_restart_begins_anew_from_any_state(Outcome outcome)
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), outcome, static settlement => settlement with
        {
            Delay = TimeSpan.FromHours(1),
            FailedHook = true,
            Update = new RunUpdate
            {
                Key = settlement.Key,
                Checkpoint = Make.Checkpoint("5", keep: true),
                Progress = new ProgressRecord { Done = 5 },
                Result = Make.Json("1"),
                ItemFailures = [Make.ItemFailure("1")],
                Logs = [Make.Line("kept")],
            },
        });
        Clock.Advance(TimeSpan.FromSeconds(3));

        (await ActAsync(JobAction.Restart, id)).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Pending));

        var job = await GetAsync(id);
        job.DueAt.ShouldBe(Clock.Now);
        job.FailedAttempts.ShouldBe(0);
        job.Progress.ShouldBeNull();
        job.ProgressAt.ShouldBeNull();
        job.CheckpointAt.ShouldBeNull();
        job.Result.ShouldBeNull();
        job.Error.ShouldBeNull();
        job.FinishedAt.ShouldBeNull();
        job.ExpiresAt.ShouldBeNull();
        job.ItemFailures.ShouldBe(0);
        (await Store.GetCheckpointAsync(id, null, Cancel)).ShouldBeNull();
        (await Store.ListCheckpointsAsync(id, Cancel)).Count.ShouldBe(1);
        (await Store.ListLogsAsync(new LogFilter { Job = id }, new PageRequest(10), Cancel)).Items.Count.ShouldBe(1);
        var run = await worker.ClaimOneAsync(id);
        run.Kind.ShouldBe(RunKind.Job);
        run.Checkpoint.ShouldBeNull();
        run.Progress.ShouldBeNull();
        run.RunNumber.ShouldBe(2);
    }

    [Fact]
    public async Task A_restart_fences_off_what_runs()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        await ActAsync(JobAction.Restart, id);

        (await worker.SettleAsync(run, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
        (await worker.ClaimOneAsync(id)).RunNumber.ShouldBe(2);
    }

    [Fact]
    public async Task A_restart_forgets_the_job_that_was_continued()
    {
        var earlier = await FinishedAsync(Outcome.Completed, null, static settlement => settlement with
        {
            Update = new RunUpdate { Key = settlement.Key, Checkpoint = Make.Checkpoint("5") },
        });
        var id = await EnqueueAsync(job => job with { ContinueFrom = earlier });

        await ActAsync(JobAction.Restart, id);

        (await (await OpenWorkerAsync()).ClaimOneAsync(id)).Checkpoint.ShouldBeNull();
    }

    [Fact]
    public async Task A_restart_makes_a_suspect_an_ordinary_job()
    {
        var id = await EnqueueAsync();
        for (var i = 0; i < 2; i++)
        {
            var dead = await OpenWorkerAsync();
            await dead.ClaimOneAsync(id);
            await RecoverAsync(null, dead);
        }

        await ActAsync(JobAction.Restart, id);

        (await GetAsync(id)).LostRuns.ShouldBe(0);
        await (await OpenWorkerAsync()).ClaimOneAsync(static request => request with { AllowSuspect = false });
    }

    [Fact]
    public async Task A_deleted_job_is_gone_with_all_that_hung_on_it()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, update => update with
        {
            Checkpoint = Make.Checkpoint("5", keep: true),
            Logs = [Make.Line("x")],
            Traces = [new TraceRecord { At = Clock.Now, Type = "t", Subject = "s", Success = true }],
            ItemFailures = [Make.ItemFailure("1")],
        });

        (await ActAsync(JobAction.Delete, id)).ShouldBe(new ActionAnswer(id, ActionStatus.Done, null));

        (await Store.GetJobAsync(id, Cancel)).ShouldBeNull();
        (await Store.ListLogsAsync(new LogFilter(), new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListTracesAsync(new TraceFilter { Subject = "s" }, new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListItemFailuresAsync(id, new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListCheckpointsAsync(id, Cancel)).ShouldBeEmpty();
        (await Store.ListHistoryAsync(id, Cancel)).ShouldBeEmpty();
        (await Store.ListQueuesAsync(Cancel)).Sum(static queue => queue.Running + queue.Due).ShouldBe(0);
        worker.Beat([]).RunsAgree.ShouldBeTrue();
        (await worker.SettleAsync(run, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
        (await Store.GetJobAsync(id, Cancel)).ShouldBeNull();
        (await ActAsync(JobAction.Delete, id)).Status.ShouldBe(ActionStatus.NotFound);
    }

    [Fact]
    public async Task A_job_in_any_state_can_be_deleted()
    {
        var paused = await EnqueueAsync();
        await ActAsync(JobAction.Pause, paused);
        JobId[] ids =
        [
            await FinishedAsync(), await FinishedAsync(Outcome.Cancelled), await FinishedAsync(Outcome.Failed, null, static settlement => settlement with { FailedHook = true }),
            paused, await EnqueueAsync(), await EnqueueAsync(static job => job with { Delay = TimeSpan.FromDays(1) }),
        ];

        (await Store.ActAsync(JobAction.Delete, ids, new ActionContext("ann"), Cancel)).ShouldAllBe(static answer => answer.Status == ActionStatus.Done);

        (await Store.ListJobsAsync(JobFilter.All, new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        Clock.Advance(TimeSpan.FromDays(2));
        (await DueIdsAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(JobAction.Release, "release: why")]
    [InlineData(JobAction.ReleaseAndResetAttempts, "release, attempts 0: why")]
    [InlineData(JobAction.Restart, "restart: why")]
    public async Task Who_acted_and_why_is_in_the_history(JobAction action, string reason)
    {
        var id = await EnqueueAsync();

        await ActAsync(action, id, "ann", "why");

        var record = (await Store.ListHistoryAsync(id, Cancel)).ShouldHaveSingleItem();
        record.Kind.ShouldBe(HistoryKind.Asked);
        record.By.ShouldBe("ann");
        record.Reason.ShouldBe(reason);
        record.At.ShouldBe(Clock.Now);
    }
}
