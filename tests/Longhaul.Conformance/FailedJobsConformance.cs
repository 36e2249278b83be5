using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Failed jobs: the handler's hook, retry by a person, and flushing.</summary>
public abstract class FailedJobsConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task A_failed_job_whose_handler_wants_it_has_its_hook_claimed()
    {
        var id = await FailedAsync(hook: true, static job => job with { Queue = "orders", Priority = 7, Owner = "o" });
        var worker = await OpenWorkerAsync();

        var hook = await worker.ClaimOneAsync(id);

        hook.Kind.ShouldBe(RunKind.FailedHook);
        hook.Error.ShouldBe(new JobError("TestException", "it went wrong", "at Test.Run()"));
        hook.FailedAttempts.ShouldBe(0);
        hook.RunNumber.ShouldBe(2);
        hook.Queue.ShouldBe("orders");
        hook.Priority.ShouldBe((byte)7);
        hook.Owner.ShouldBe("o");
        Make.Text(hook.Payload).ShouldBe("""{"n":1}""");
        (await StateOfAsync(id)).ShouldBe(JobState.Failed);
        worker.Beat([hook]).RunsAgree.ShouldBeTrue();
        (await Store.RunsOfAsync(worker.Session, Cancel)).ShouldHaveSingleItem().Key.ShouldBe(hook.Key);
        (await (await OpenWorkerAsync()).ClaimIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_the_wish_there_is_no_hook()
    {
        await FailedAsync(hook: false);

        (await DueIdsAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Outcome.Completed)]
    [InlineData(Outcome.Failed)]
    public async Task A_hook_that_has_ended_does_not_come_again_and_changes_nothing(Outcome outcome)
    {
        var id = await FailedAsync(hook: true);
        var before = await GetAsync(id);
        var worker = await OpenWorkerAsync();
        var hook = await worker.ClaimOneAsync(id);

        (await worker.EndAsync(hook, outcome, static settlement => settlement with { Error = new JobError("Hook", "its own"), Retention = TimeSpan.Zero })).ShouldBe(JobState.Failed);

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Failed);
        job.Error.ShouldBe(before.Error);
        job.FailedAttempts.ShouldBe(before.FailedAttempts);
        job.FinishedAt.ShouldBe(before.FinishedAt);
        job.ExpiresAt.ShouldBe(before.ExpiresAt);
        (await worker.ClaimIdsAsync()).ShouldBeEmpty();
        (await worker.SettleAsync(hook, outcome)).ShouldBe(new SettleAnswer(SettleStatus.AlreadyYours, JobState.Failed));
        worker.Beat([]).RunsAgree.ShouldBeTrue();
    }

    [Fact]
    public async Task A_hook_with_an_error_is_tried_again_after_its_delay()
    {
        var id = await FailedAsync(hook: true);
        var worker = await OpenWorkerAsync();
        for (var tries = 0; tries < JobDefaults.FailedHookTries; tries++)
        {
            var hook = await worker.ClaimOneAsync(id);
            hook.Kind.ShouldBe(RunKind.FailedHook);
            hook.FailedAttempts.ShouldBe(tries);
            hook.Error!.Type.ShouldBe("TestException");
            var last = tries == JobDefaults.FailedHookTries - 1;
            (await worker.EndAsync(hook, last ? Outcome.Failed : Outcome.Retry, static settlement => settlement with { Delay = TimeSpan.FromSeconds(10) })).ShouldBe(JobState.Failed);
            Clock.Advance(TimeSpan.FromSeconds(9));
            (await worker.ClaimIdsAsync()).ShouldBeEmpty();
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        (await worker.ClaimIdsAsync()).ShouldBeEmpty();
        (await GetAsync(id)).FailedAttempts.ShouldBe(1);
    }

    [Fact]
    public async Task A_hook_that_was_handed_back_is_due_again_without_counting()
    {
        var id = await FailedAsync(hook: true);
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack);
        (await worker.ClaimOneAsync(id)).FailedAttempts.ShouldBe(0);
        await worker.CloseAsync();

        (await (await OpenWorkerAsync()).ClaimOneAsync(id)).FailedAttempts.ShouldBe(0);
    }

    [Fact]
    public async Task A_hook_takes_its_place_by_the_moment_of_the_failure()
    {
        var earlier = await EnqueueAsync(static job => job with { RunAt = ManualClock.Start.AddHours(-1) });
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(earlier);
        var before = await EnqueueAsync();
        Clock.Advance(TimeSpan.FromSeconds(1));
        await worker.EndAsync(run, Outcome.Failed, static settlement => settlement with { FailedHook = true });
        Clock.Advance(TimeSpan.FromSeconds(1));
        var after = await EnqueueAsync();
        var urgent = await EnqueueAsync(static job => job with { Priority = 0 });

        (await worker.ClaimIdsAsync()).ShouldBe([urgent, before, earlier, after]);
    }

    [Fact]
    public async Task A_hook_goes_only_to_a_worker_of_its_name_and_not_from_a_paused_queue()
    {
        var id = await FailedAsync(hook: true);
        await Store.SetQueuePausedAsync(JobDefaults.Queue, true, default, Cancel);

        (await DueIdsAsync("other")).ShouldBeEmpty();
        (await DueIdsAsync()).ShouldBeEmpty();
        await Store.SetQueuePausedAsync(JobDefaults.Queue, false, default, Cancel);
        (await DueIdsAsync("other")).ShouldBeEmpty();
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_hook_waits_until_the_old_code_has_ended()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        (await worker.EndAsync(run, Outcome.Failed, static settlement => settlement with { FailedHook = true, CodeStillRuns = true })).ShouldBe(JobState.Failed);

        (await worker.ClaimIdsAsync()).ShouldBeEmpty();
        await Store.EndHoldAsync([run.Key], Cancel);
        (await worker.ClaimOneAsync(id)).Kind.ShouldBe(RunKind.FailedHook);
    }

    [Fact]
    public async Task A_hook_can_tell_what_it_does()
    {
        var id = await FailedAsync(hook: true);
        var worker = await OpenWorkerAsync();
        var hook = await worker.ClaimOneAsync(id);

        await worker.WriteAsync(hook, static update => update with { Logs = [Make.Line("told the admin")] });

        (await Store.ListLogsAsync(new LogFilter { Job = id }, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem().RunNumber.ShouldBe(2);
    }

    [Fact]
    public async Task A_retry_goes_on_from_the_checkpoint_with_attempts_0()
    {
        var id = await FinishedAsync(Outcome.Failed, null, static settlement => settlement with
        {
            Update = new RunUpdate { Key = settlement.Key, Checkpoint = Make.Checkpoint("7"), Progress = new ProgressRecord { Done = 7 } },
        });
        Clock.Advance(TimeSpan.FromSeconds(5));

        (await ActAsync(JobAction.Retry, id, "ann", "disk is back")).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Pending));

        var job = await GetAsync(id);
        job.DueAt.ShouldBe(Clock.Now);
        job.FailedAttempts.ShouldBe(0);
        job.Derived.ShouldBe(DerivedState.None);
        job.FinishedAt.ShouldBeNull();
        job.ExpiresAt.ShouldBeNull();
        job.Error.ShouldNotBeNull("the last error stays until the job completes");
        (await Store.ListHistoryAsync(id, Cancel)).ShouldContain(static record => record.Kind == HistoryKind.Asked && record.By == "ann" && record.Reason == "retry: disk is back");
        var run = await (await OpenWorkerAsync()).ClaimOneAsync(id);
        run.Kind.ShouldBe(RunKind.Job);
        Make.Text(run.Checkpoint).ShouldBe("7");
        run.Progress.ShouldBe(new ProgressRecord { Done = 7 });
    }

    [Fact]
    public async Task A_retry_drops_the_hook_that_waits()
    {
        var id = await FailedAsync(hook: true);
        await ActAsync(JobAction.Retry, id);
        var worker = await OpenWorkerAsync();

        var run = await worker.ClaimOneAsync(id);

        run.Kind.ShouldBe(RunKind.Job);
        await worker.EndAsync(run, Outcome.Completed);
        (await worker.ClaimIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_retry_fences_off_the_hook_that_runs()
    {
        var id = await FailedAsync(hook: true);
        var worker = await OpenWorkerAsync();
        var hook = await worker.ClaimOneAsync(id);
        await ActAsync(JobAction.Retry, id);

        var run = await worker.ClaimOneAsync(id);

        (await worker.SettleAsync(hook, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
        run.FenceToken.ShouldBeGreaterThan(hook.FenceToken);
        (await worker.EndAsync(run, Outcome.Failed, static settlement => settlement with { FailedHook = true })).ShouldBe(JobState.Failed);
        (await worker.ClaimOneAsync(id)).FailedAttempts.ShouldBe(0);
    }

    [Fact]
    public async Task Only_failed_and_cancelled_jobs_can_be_retried()
    {
        var pending = await EnqueueAsync();
        (await ActAsync(JobAction.Retry, pending)).ShouldBe(new ActionAnswer(pending, ActionStatus.WrongState, JobState.Pending));
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(pending);
        (await ActAsync(JobAction.Retry, pending)).ShouldBe(new ActionAnswer(pending, ActionStatus.WrongState, JobState.Running));
        await worker.EndAsync(run, Outcome.Completed);
        (await ActAsync(JobAction.Retry, pending)).ShouldBe(new ActionAnswer(pending, ActionStatus.WrongState, JobState.Completed));
    }

    [Fact]
    public async Task Failed_jobs_are_flushed_by_queue_or_all()
    {
        var a = await FailedAsync(hook: false, static job => job with { Queue = "a" });
        var b = await FailedAsync(hook: true, static job => job with { Queue = "b" });
        var done = await FinishedAsync(Outcome.Completed, static job => job with { Queue = "a" });
        var pending = await EnqueueAsync(static job => job with { Queue = "a" });

        (await Store.FlushFailedAsync("a", Cancel)).ShouldBe(1);
        (await Store.GetJobAsync(a, Cancel)).ShouldBeNull();
        (await StateOfAsync(b)).ShouldBe(JobState.Failed);
        (await Store.FlushFailedAsync(null, Cancel)).ShouldBe(1);
        (await Store.GetJobAsync(b, Cancel)).ShouldBeNull();
        (await Store.FlushFailedAsync(null, Cancel)).ShouldBe(0);
        (await StateOfAsync(done)).ShouldBe(JobState.Completed);
        (await DueIdsAsync()).ShouldBe([pending]);
    }

    [Fact]
    public async Task A_hook_of_a_deleted_job_is_fenced_off()
    {
        await FailedAsync(hook: true);
        var worker = await OpenWorkerAsync();
        var hook = await worker.ClaimOneAsync();
        await Store.FlushFailedAsync(null, Cancel);

        (await worker.SettleAsync(hook, Outcome.Retry)).Status.ShouldBe(SettleStatus.LeaseLost);
        worker.Beat([]).RunsAgree.ShouldBeTrue();
        (await worker.ClaimIdsAsync()).ShouldBeEmpty();
    }

    private Task<JobId> FailedAsync(bool hook, Func<NewJob, NewJob>? change = null)
        => FinishedAsync(Outcome.Failed, change, settlement => settlement with { FailedHook = hook });
}
