using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>What becomes of the runs of the dead: who dies, and when, and where its runs go. What they count has a suite of its own.</summary>
public abstract class RecoveryConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task A_proven_death_gives_the_job_to_another_worker_at_once()
    {
        var id = await EnqueueAsync();
        var dead = await OpenWorkerAsync();
        var observer = await OpenWorkerAsync();
        var lost = await dead.ClaimOneAsync(id);
        await dead.WriteAsync(lost, static update => update with { Checkpoint = Make.Checkpoint("""{"at":7}"""), Progress = new ProgressRecord { Done = 7 } });
        Clock.Advance(TimeSpan.FromSeconds(1));

        var report = await RecoverAsync(observer, dead);

        report.Dead.ShouldBe([dead.Session]);
        report.Recovered.ShouldBe([id]);
        report.Failed.ShouldBeEmpty();
        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Pending);
        job.DueAt.ShouldBe(ManualClock.Start);
        job.LostRuns.ShouldBe(1);
        job.FailedAttempts.ShouldBe(0);
        var run = await observer.ClaimOneAsync(id);
        run.LostRuns.ShouldBe(1);
        run.RunNumber.ShouldBe(2);
        Make.Text(run.Checkpoint).ShouldBe("""{"at":7}""");
        run.Progress.ShouldBe(new ProgressRecord { Done = 7 });
    }

    [Fact]
    public async Task Without_proof_a_session_dies_when_its_lease_has_run_out()
    {
        var id = await EnqueueAsync();
        var silent = await OpenWorkerAsync();
        await silent.ClaimOneAsync(id);
        Clock.Advance(Make.Lease - TimeSpan.FromSeconds(1));

        ShouldBeNothing(await RecoverAsync());
        (await StateOfAsync(id)).ShouldBe(JobState.Running);

        Clock.Advance(TimeSpan.FromSeconds(2));
        (await RecoverAsync()).Dead.ShouldBe([silent.Session]);
        (await StateOfAsync(id)).ShouldBe(JobState.Pending);
    }

    [Fact]
    public async Task Each_session_has_a_lease_of_its_own_length()
    {
        var patient = await OpenWorkerAsync(record => record with { Lease = TimeSpan.FromMinutes(10) });
        var hasty = await OpenWorkerAsync(record => record with { Lease = TimeSpan.FromSeconds(5) });
        Clock.Advance(TimeSpan.FromSeconds(6));

        (await RecoverAsync()).Dead.ShouldBe([hasty.Session]);
        patient.Beat().Lease.ShouldBe(LeaseReply.Held);
    }

    [Fact]
    public async Task A_worker_without_runs_dies_too()
    {
        var worker = await OpenWorkerAsync();

        (await RecoverAsync(null, worker)).Dead.ShouldBe([worker.Session]);
    }

    [Fact]
    public async Task A_death_is_declared_once()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.ClaimOneAsync();
        await RecoverAsync(null, worker);

        ShouldBeNothing(await RecoverAsync(null, worker));
        Clock.Advance(TimeSpan.FromMinutes(5));
        ShouldBeNothing(await RecoverAsync());
    }

    [Fact]
    public async Task A_session_that_closed_does_not_die()
    {
        var worker = await OpenWorkerAsync();
        await worker.CloseAsync();

        (await RecoverAsync(null, worker)).Dead.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_session_is_passed_over()
        => ShouldBeNothing(await Store.RecoverAsync(null, [new SessionId(Make.Token())], null, Cancel));

    [Fact]
    public async Task A_dead_observer_recovers_nothing()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var observer = await OpenWorkerAsync();
        await worker.ClaimOneAsync(id);
        await RecoverAsync(null, observer);

        ShouldBeNothing(await RecoverAsync(observer, worker));
        (await StateOfAsync(id)).ShouldBe(JobState.Running);
    }

    [Fact]
    public async Task An_observer_never_judges_itself()
    {
        var observer = await OpenWorkerAsync();
        Clock.Advance(TimeSpan.FromHours(1));

        (await RecoverAsync(observer, observer)).Dead.ShouldBeEmpty();
        observer.Beat().Lease.ShouldBe(LeaseReply.Held);
    }

    [Fact]
    public async Task A_person_may_name_an_age_instead_of_the_lease()
    {
        var old = await OpenWorkerAsync(record => record with { Lease = TimeSpan.FromHours(1) });
        Clock.Advance(TimeSpan.FromMinutes(2));
        var young = await OpenWorkerAsync(record => record with { Lease = TimeSpan.FromSeconds(1) });
        Clock.Advance(TimeSpan.FromMinutes(1));

        var report = await Store.RecoverAsync(null, [], TimeSpan.FromMinutes(3), Cancel);

        report.Dead.ShouldBe([old.Session]);
        young.Beat().Lease.ShouldBe(LeaseReply.Held);
    }

    [Fact]
    public async Task After_its_death_nothing_that_a_session_does_counts()
    {
        var ids = await EnqueueManyAsync(2);
        var dead = await OpenWorkerAsync();
        var run = await dead.ClaimOneAsync(ids[0]);
        await RecoverAsync(null, dead);

        (await dead.AskAsync()).Lease.ShouldBe(LeaseReply.Lost);
        (await dead.FlushAsync(run, static update => update with { Progress = new ProgressRecord { Done = 1 } })).ShouldBe(WriteAnswer.LeaseLost);
        (await dead.SettleAsync(run, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
        await dead.CloseAsync();
        (await Store.RunsOfAsync(dead.Session, Cancel)).ShouldBeEmpty();

        (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem().State.ShouldBe(WorkerState.Dead);
        (await GetAsync(ids[0])).Progress.ShouldBeNull();
        (await DueIdsAsync()).ShouldBe(ids);
    }

    [Fact]
    public async Task Orders_for_lost_runs_are_carried_out()
    {
        var cancelled = await EnqueueAsync(static job => job with { Policy = new JobPolicy { MaxLostRuns = 0 } });
        var paused = await EnqueueAsync();
        var poison = await EnqueueAsync(static job => job with { Policy = new JobPolicy { MaxLostRuns = 0 } });
        var dead = await OpenWorkerAsync();
        (await dead.ClaimAsync(3)).Count.ShouldBe(3);
        await ActAsync(JobAction.Cancel, cancelled, "ann", "not needed");
        await ActAsync(JobAction.Pause, paused);
        await ActAsync(JobAction.Pause, poison);

        var report = await RecoverAsync(null, dead);

        report.Recovered.ShouldBe([cancelled, paused], ignoreOrder: true);
        report.Failed.ShouldBe([poison]);
        (await GetAsync(cancelled)).Reason.ShouldBe("not needed (by ann)");
        (await StateOfAsync(cancelled)).ShouldBe(JobState.Cancelled);
        (await StateOfAsync(paused)).ShouldBe(JobState.Paused);
        (await StateOfAsync(poison)).ShouldBe(JobState.Failed);
    }

    [Fact]
    public async Task A_lost_hook_counts_a_try_and_ends_with_the_last()
    {
        var id = await FinishedAsync(Outcome.Failed, null, static settlement => settlement with { FailedHook = true });
        for (var tries = 0; tries < JobDefaults.FailedHookTries; tries++)
        {
            var dead = await OpenWorkerAsync();
            var hook = await dead.ClaimOneAsync(id);
            hook.Kind.ShouldBe(RunKind.FailedHook);
            hook.FailedAttempts.ShouldBe(tries);
            var report = await RecoverAsync(null, dead);
            report.Dead.ShouldBe([dead.Session]);
            (await dead.SettleAsync(hook, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
        }

        (await DueIdsAsync()).ShouldBeEmpty();
        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Failed);
        job.LostRuns.ShouldBe(0);
        job.Error.ShouldNotBeNull().Type.ShouldBe("TestException");
    }

    [Fact]
    public async Task A_hook_that_had_not_begun_counts_no_try()
    {
        var id = await FinishedAsync(Outcome.Failed, null, static settlement => settlement with { FailedHook = true });
        var dead = await OpenWorkerAsync();
        (await dead.ClaimIdsAsync(0, static request => request with { Prefetch = 1 })).ShouldBe([id]);
        await RecoverAsync(null, dead);

        (await (await OpenWorkerAsync()).ClaimOneAsync(id)).FailedAttempts.ShouldBe(0);
    }

    [Fact]
    public async Task A_hold_ends_with_the_death_of_its_session()
    {
        var id = await EnqueueAsync();
        var dead = await OpenWorkerAsync();
        await dead.EndAsync(await dead.ClaimOneAsync(id), Outcome.Retry, static settlement => settlement with { CodeStillRuns = true });

        await RecoverAsync(null, dead);

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Pending);
        job.LostRuns.ShouldBe(0);
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task Many_dead_are_recovered_in_one_look()
    {
        var ids = await EnqueueManyAsync(40);
        var dead = new List<TestWorker>();
        for (var i = 0; i < 4; i++)
        {
            dead.Add(await OpenWorkerAsync());
            (await dead[^1].ClaimAsync(10)).Count.ShouldBe(10);
        }

        var report = await RecoverAsync(null, dead);

        report.Dead.ShouldBe(dead.Select(static worker => worker.Session), ignoreOrder: true);
        report.Recovered.ShouldBe(ids, ignoreOrder: true);
        (await DueIdsAsync()).ShouldBe(ids);
    }

    private static void ShouldBeNothing(RecoveryReport report)
    {
        report.Dead.ShouldBeEmpty();
        report.Recovered.ShouldBeEmpty();
        report.Failed.ShouldBeEmpty();
    }
}
