using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>How runs end: each outcome, repeated and stale settlements. Orders, failed jobs and holds have suites of their own.</summary>
public abstract class SettleConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    private static readonly JobError Error = new("TestException", "it went wrong", "at Test.Run()");

    [Fact]
    public async Task A_completed_job_is_done()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        Clock.Advance(TimeSpan.FromSeconds(4));

        var answer = await worker.SettleAsync(run, Outcome.Completed, settlement => settlement with { Duration = TimeSpan.FromSeconds(4) });

        answer.ShouldBe(new SettleAnswer(SettleStatus.Settled, JobState.Completed));
        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Completed);
        job.FinishedAt.ShouldBe(Clock.Now);
        job.UpdatedAt.ShouldBe(Clock.Now);
        job.ExpiresAt.ShouldBe(Clock.Now + JobDefaults.Retention);
        job.Session.ShouldBeNull();
        job.Worker.ShouldBeNull();
        job.Error.ShouldBeNull();
        (await Store.RunsOfAsync(worker.Session, Cancel)).ShouldBeEmpty();
        (await worker.ClaimIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_completed_job_loses_the_error_of_its_earlier_attempts()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(), Outcome.Retry);
        (await GetAsync(id)).Error.ShouldBe(Error);

        await worker.EndAsync(await worker.ClaimOneAsync(), Outcome.Completed);

        (await GetAsync(id)).Error.ShouldBeNull();
        (await GetAsync(id)).FailedAttempts.ShouldBe(1);
    }

    [Fact]
    public async Task An_error_with_attempts_left_is_retried_after_its_delay()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        Clock.Advance(TimeSpan.FromSeconds(5));

        (await worker.EndAsync(run, Outcome.Retry, settlement => settlement with { Delay = TimeSpan.FromSeconds(60) })).ShouldBe(JobState.Pending);

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Pending);
        job.Derived.ShouldBe(DerivedState.Retrying);
        job.FailedAttempts.ShouldBe(1);
        job.DueAt.ShouldBe(Clock.Now.AddSeconds(60));
        job.Error.ShouldBe(Error);
        job.FinishedAt.ShouldBeNull();
        Clock.Advance(TimeSpan.FromMilliseconds(59_999));
        (await worker.ClaimIdsAsync()).ShouldBeEmpty();
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await worker.ClaimOneAsync(id)).FailedAttempts.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_job_keeps_its_error_and_counts_its_attempt()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();

        (await worker.EndAsync(await worker.ClaimOneAsync(), Outcome.Failed)).ShouldBe(JobState.Failed);

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Failed);
        job.FailedAttempts.ShouldBe(1);
        job.Error.ShouldBe(Error);
        job.FinishedAt.ShouldBe(Clock.Now);
        job.ExpiresAt.ShouldBe(Clock.Now + JobDefaults.FailedRetention);
        (await worker.ClaimIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_error_is_cleaned_and_kept_whole()
    {
        var id = await FinishedAsync(Outcome.Failed, null, settlement => settlement with
        {
            Error = new JobError("T\0", "m\ud800\n" + new string('x', 20_000), "d\0"),
        });

        (await GetAsync(id)).Error.ShouldBe(new JobError("T\ufffd", "m\ufffd\n" + new string('x', 20_000), "d\ufffd"));
    }

    [Fact]
    public async Task A_cancelled_run_cancels_the_job()
    {
        var id = await FinishedAsync(Outcome.Cancelled, null, static settlement => settlement with { Reason = "the handler saw no sense in it" });

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Cancelled);
        job.Reason.ShouldBe("the handler saw no sense in it");
        job.FinishedAt.ShouldBe(Clock.Now);
        job.ExpiresAt.ShouldBe(Clock.Now + JobDefaults.CancelledRetention);
    }

    [Fact]
    public async Task Handing_back_keeps_the_due_time_and_counts_nothing()
    {
        var id = await EnqueueAsync();
        Clock.Advance(TimeSpan.FromSeconds(5));
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        Clock.Advance(TimeSpan.FromSeconds(5));

        (await worker.EndAsync(run, Outcome.HandedBack)).ShouldBe(JobState.Pending);

        var job = await GetAsync(id);
        job.DueAt.ShouldBe(ManualClock.Start);
        job.FailedAttempts.ShouldBe(0);
        job.LostRuns.ShouldBe(0);
        job.Session.ShouldBeNull();
        (await worker.ClaimOneAsync(id)).RunNumber.ShouldBe(2);
    }

    [Fact]
    public async Task Giving_way_makes_the_job_due_now_behind_the_others()
    {
        var slow = await EnqueueAsync();
        Clock.Advance(TimeSpan.FromSeconds(5));
        var other = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(slow);
        Clock.Advance(TimeSpan.FromSeconds(5));

        (await worker.EndAsync(run, Outcome.Yielded)).ShouldBe(JobState.Pending);

        (await GetAsync(slow)).DueAt.ShouldBe(Clock.Now);
        (await GetAsync(slow)).FailedAttempts.ShouldBe(0);
        (await worker.ClaimIdsAsync()).ShouldBe([other, slow]);
    }

    [Fact]
    public async Task Settlements_of_one_call_are_answered_one_by_one()
    {
        await EnqueueManyAsync(3);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(3);
        await worker.EndAsync(runs[1], Outcome.Completed);
        Settlement stale = Make.Settlement(runs[0], Outcome.Completed) with { Key = new RunKey(runs[0].Key.Job, Make.Token()) };
        Settlement unknown = stale with { Key = new RunKey(new JobId(JobId.MaxValue), Make.Token()) };

        var answers = await Store.SettleAsync(
            [stale, Make.Settlement(runs[0], Outcome.Completed), Make.Settlement(runs[1], Outcome.Completed), unknown, Make.Settlement(runs[2], Outcome.Failed)], Cancel);

        answers.Select(static answer => answer.Status).ShouldBe(
            [SettleStatus.LeaseLost, SettleStatus.Settled, SettleStatus.AlreadyYours, SettleStatus.LeaseLost, SettleStatus.Settled]);
        answers[1].State.ShouldBe(JobState.Completed);
        answers[4].State.ShouldBe(JobState.Failed);
    }

    [Fact]
    public async Task One_run_settled_twice_in_one_call_is_settled_once()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        var answers = await Store.SettleAsync([Make.Settlement(run, Outcome.Failed), Make.Settlement(run, Outcome.Failed)], Cancel);

        answers.ShouldBe([new(SettleStatus.Settled, JobState.Failed), new(SettleStatus.AlreadyYours, JobState.Failed)]);
        (await GetAsync(id)).FailedAttempts.ShouldBe(1);
    }

    [Fact]
    public async Task Five_hundred_runs_are_settled_in_one_call()
    {
        await EnqueueManyAsync(500);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(500);

        var answers = await Store.SettleAsync([.. runs.Select(static (run, i) => Make.Settlement(run, i % 2 == 0 ? Outcome.Completed : Outcome.Failed))], Cancel);

        answers.Select(static answer => answer.State).ShouldBe(Enumerable.Range(0, 500).Select(static i => i % 2 == 0 ? JobState.Completed : JobState.Failed));
        worker.Beat([]).RunsAgree.ShouldBeTrue();
        var queue = (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem();
        (queue.Completed, queue.Failed, queue.Running).ShouldBe((250, 250, 0));
    }

    [Theory]
    [InlineData(Outcome.Completed, JobState.Completed)]
    [InlineData(Outcome.Failed, JobState.Failed)]
    [InlineData(Outcome.Retry, JobState.Pending)]
    [InlineData(Outcome.HandedBack, JobState.Pending)]
    [InlineData(Outcome.Cancelled, JobState.Cancelled)]
    public async Task A_repeated_settlement_is_already_yours_and_changes_nothing(Outcome outcome, JobState state)
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        Settlement WithLog(Settlement settlement) => settlement with { Update = new RunUpdate { Key = run.Key, Logs = [Make.Line("once")] } };
        await worker.EndAsync(run, outcome, WithLog);
        var before = await GetAsync(id);
        Clock.Advance(TimeSpan.FromSeconds(1));

        var answer = await worker.SettleAsync(run, outcome, WithLog);

        answer.ShouldBe(new SettleAnswer(SettleStatus.AlreadyYours, state));
        (await GetAsync(id) with { Payload = before.Payload }).ShouldBeEquivalentTo(before); // memories are equal only over the same array
        (await Store.ListLogsAsync(new LogFilter { Job = id }, new PageRequest(10), Cancel)).Items.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_settlement_repeated_while_the_next_run_works_is_already_yours()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var first = await worker.ClaimOneAsync();
        await worker.EndAsync(first, Outcome.Retry);
        var second = await worker.ClaimOneAsync();

        (await worker.SettleAsync(first, Outcome.Retry)).ShouldBe(new SettleAnswer(SettleStatus.AlreadyYours, JobState.Running));
        (await worker.EndAsync(second, Outcome.Completed)).ShouldBe(JobState.Completed);
    }

    [Theory]
    [InlineData(JobAction.Restart, Outcome.Completed)]
    [InlineData(JobAction.Restart, Outcome.Failed)]
    [InlineData(JobAction.Retry, Outcome.Failed)]
    public async Task A_settlement_repeated_after_a_person_revived_the_job_is_already_yours(JobAction action, Outcome outcome)
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.EndAsync(run, outcome);
        await ActAsync(action, id);

        (await worker.SettleAsync(run, outcome)).ShouldBe(new SettleAnswer(SettleStatus.AlreadyYours, JobState.Pending));
    }

    [Fact]
    public async Task A_lost_lease_cannot_settle()
    {
        var id = await EnqueueAsync();
        var dead = await OpenWorkerAsync();
        var stale = await dead.ClaimOneAsync(id);
        await RecoverAsync(null, dead);
        var other = await OpenWorkerAsync();
        var current = await other.ClaimOneAsync(id);

        foreach (var outcome in Enum.GetValues<Outcome>())
            (await dead.SettleAsync(stale, outcome)).Status.ShouldBe(SettleStatus.LeaseLost);

        (await StateOfAsync(id)).ShouldBe(JobState.Running);
        (await other.EndAsync(current, Outcome.Completed)).ShouldBe(JobState.Completed);
        (await dead.SettleAsync(stale, Outcome.Failed)).Status.ShouldBe(SettleStatus.LeaseLost);
        (await StateOfAsync(id)).ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_lost_settlement_writes_nothing_of_its_update()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await ActAsync(JobAction.Release, id);

        var child = await NewJobAsync();
        var answer = await worker.SettleAsync(run, Outcome.Completed, settlement => settlement with
        {
            Update = new RunUpdate
            {
                Key = run.Key,
                Progress = new ProgressRecord { Done = 5 },
                Checkpoint = Make.Checkpoint("1", keep: true),
                Logs = [Make.Line("stale")],
                Traces = [new TraceRecord { At = Clock.Now, Type = "t", Subject = "s", Success = true }],
                ItemFailures = [Make.ItemFailure("1")],
                Children = [child],
                Result = Make.Json("1"),
            },
        });

        answer.Status.ShouldBe(SettleStatus.LeaseLost);
        var job = await GetAsync(id);
        job.Progress.ShouldBeNull();
        job.CheckpointAt.ShouldBeNull();
        job.Result.ShouldBeNull();
        job.ItemFailures.ShouldBe(0);
        (await Store.ListLogsAsync(new LogFilter { Job = id }, new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListTracesAsync(new TraceFilter { Job = id }, new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListCheckpointsAsync(id, Cancel)).ShouldBeEmpty();
        (await Store.GetJobAsync(child.Id, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_settlement_writes_its_update_with_it()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        var child = await NewJobAsync(job => job with { EnqueuedBy = id });

        await worker.EndAsync(run, Outcome.Completed, settlement => settlement with
        {
            Update = new RunUpdate
            {
                Key = run.Key,
                Progress = new ProgressRecord { Done = 5, Total = 5 },
                Checkpoint = Make.Checkpoint("""{"at":5}"""),
                Logs = [Make.Line("done")],
                Children = [child],
                Result = Make.Json("""{"made":5}"""),
            },
        });

        var job = await GetAsync(id);
        job.Progress.ShouldBe(new ProgressRecord { Done = 5, Total = 5 });
        Make.Text(job.Result).ShouldBe("""{"made":5}""");
        Make.Text(await Store.GetCheckpointAsync(id, null, Cancel)).ShouldBe("""{"at":5}""");
        (await Store.ListLogsAsync(new LogFilter { Job = id }, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem().Line.Text.ShouldBe("done");
        (await worker.ClaimOneAsync(child.Id)).Key.Job.ShouldBe(child.Id);
    }

    [Fact]
    public async Task Long_runs_and_errors_leave_their_history()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync(record => record with { Name = "host:9" });
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Retry, static settlement => settlement with { Duration = TimeSpan.FromMilliseconds(5) });
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack, static settlement => settlement with { Duration = TimeSpan.FromMilliseconds(5) });
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack, static settlement => settlement with { Duration = TimeSpan.FromSeconds(2), Reason = "shutdown" });
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Completed, static settlement => settlement with { Duration = TimeSpan.FromSeconds(3) });

        var history = await Store.ListHistoryAsync(id, Cancel);

        history.Select(static record => (record.Kind, record.RunNumber)).ShouldBe(
            [(HistoryKind.Retried, 1), (HistoryKind.HandedBack, 3), (HistoryKind.Completed, 4)]);
        history[0].Error.ShouldBe(Error);
        history[0].Worker.ShouldBe("host:9");
        history[1].Reason.ShouldBe("shutdown");
        history[2].Duration.ShouldBe(TimeSpan.FromSeconds(3));
        history[2].At.ShouldBe(Clock.Now);
    }
}
