using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>What becomes of the runs of the dead: who dies, what is counted, who is a suspect, when a job fails for it.</summary>
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
    public async Task A_run_that_had_not_begun_counts_nothing()
    {
        var ids = await EnqueueManyAsync(3);
        var dead = await OpenWorkerAsync();
        var runs = await dead.ClaimAsync(1, static request => request with { Prefetch = 2 });
        dead.Beat(runs, renew: false, beat => beat with { Begun = [runs[1].Key, new RunKey(runs[2].Key.Job, Make.Token())] });
        (await OpenWorkerAsync()).Beat([], renew: false, beat => beat with { Begun = [runs[2].Key] }); // not its own

        var report = await RecoverAsync(null, dead);

        report.Recovered.ShouldBe(ids, ignoreOrder: true);
        (await GetAsync(ids[0])).LostRuns.ShouldBe(1);
        (await GetAsync(ids[1])).LostRuns.ShouldBe(1);
        (await GetAsync(ids[2])).LostRuns.ShouldBe(0);
    }

    [Fact]
    public async Task Losses_without_headway_add_up_until_the_job_fails()
    {
        var id = await EnqueueAsync();
        for (var lost = 1; lost <= JobDefaults.MaxLostRuns; lost++)
        {
            (await LoseAsync(id)).Recovered.ShouldBe([id]);
            (await GetAsync(id)).LostRuns.ShouldBe(lost);
        }

        var report = await LoseAsync(id);

        report.Recovered.ShouldBeEmpty();
        report.Failed.ShouldBe([id]);
        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Failed);
        job.LostRuns.ShouldBe(JobDefaults.MaxLostRuns + 1);
        job.FailedAttempts.ShouldBe(0);
        job.FinishedAt.ShouldBe(Clock.Now);
        job.ExpiresAt.ShouldBe(Clock.Now + JobDefaults.FailedRetention);
        job.Error.ShouldNotBeNull().Type.ShouldBe("lost");
        job.Error!.Message.ShouldContain("4");
        (await Store.ListHistoryAsync(id, Cancel)).Count(static record => record.Kind == HistoryKind.Lost).ShouldBe(4);
    }

    [Fact]
    public async Task A_job_that_forgives_no_loss_fails_at_the_first_and_keeps_its_checkpoint()
    {
        var id = await EnqueueAsync(static job => job with { Policy = new JobPolicy { MaxLostRuns = 0 } });
        var dead = await OpenWorkerAsync();
        var run = await dead.ClaimOneAsync(id);
        await dead.WriteAsync(run, static update => update with { Checkpoint = Make.Checkpoint("7"), Headway = true });

        (await RecoverAsync(null, dead)).Failed.ShouldBe([id]);
        Make.Text(await Store.GetCheckpointAsync(id, null, Cancel)).ShouldBe("7");
        (await ActAsync(JobAction.Retry, id)).State.ShouldBe(JobState.Pending);

        var again = await (await OpenWorkerAsync()).ClaimOneAsync(id);
        Make.Text(again.Checkpoint).ShouldBe("7");
        again.LostRuns.ShouldBe(0);
    }

    [Fact]
    public async Task A_job_that_fails_for_its_losses_has_its_hook_due()
    {
        var id = await EnqueueAsync(static job => job with { Policy = new JobPolicy { MaxLostRuns = 0 } });
        await LoseAsync(id);

        var hook = await (await OpenWorkerAsync()).ClaimOneAsync(id);

        hook.Kind.ShouldBe(RunKind.FailedHook);
        hook.Error.ShouldNotBeNull().Type.ShouldBe("lost");
        hook.FailedAttempts.ShouldBe(0);
    }

    [Fact]
    public async Task Headway_makes_the_count_begin_anew()
    {
        var id = await EnqueueAsync();
        await LoseAsync(id);
        await LoseAsync(id);
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        run.LostRuns.ShouldBe(2);

        await worker.WriteAsync(run, static update => update with { Headway = true });
        (await GetAsync(id)).LostRuns.ShouldBe(0);
        await RecoverAsync(null, worker);

        (await GetAsync(id)).LostRuns.ShouldBe(1);
    }

    [Fact]
    public async Task Headway_of_a_run_that_was_handed_back_is_remembered()
    {
        var id = await EnqueueAsync();
        await LoseAsync(id);
        await LoseAsync(id);
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack, static settlement => settlement with
        {
            Update = new RunUpdate { Key = settlement.Key, Headway = true },
        });

        (await worker.ClaimOneAsync(static request => request with { AllowSuspect = false })).LostRuns.ShouldBe(0);
    }

    [Fact]
    public async Task Neither_errors_nor_hand_backs_make_headway()
    {
        var id = await EnqueueAsync();
        await LoseAsync(id);
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Retry);
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack);

        (await LoseAsync(id)).Recovered.ShouldBe([id]);

        (await GetAsync(id)).LostRuns.ShouldBe(2);
    }

    [Fact]
    public async Task A_suspect_is_only_given_where_it_is_allowed()
    {
        var suspect = await EnqueueAsync(static job => job with { Priority = 0 });
        await LoseAsync(suspect);
        (await (await OpenWorkerAsync()).ClaimAsync(1, static request => request with { AllowSuspect = false })).ShouldHaveSingleItem("lost once is no suspect yet");
        await ActAsync(JobAction.Release, suspect);
        await LoseAsync(suspect);
        var innocent = await EnqueueAsync();
        var worker = await OpenWorkerAsync();

        (await worker.ClaimIdsAsync(9, static request => request with { AllowSuspect = false })).ShouldBe([innocent]);
        (await worker.ClaimIdsAsync(9, static request => request with { AllowSuspect = false, OldestFirst = true })).ShouldBeEmpty();
        (await worker.ClaimIdsAsync(9)).ShouldBe([suspect]);
    }

    [Fact]
    public async Task Never_more_than_one_suspect_is_given()
    {
        var suspects = await EnqueueManyAsync(3);
        foreach (var suspect in suspects)
        {
            await ActAsync(JobAction.Pause, suspect);
        }

        foreach (var suspect in suspects)
        {
            await ActAsync(JobAction.Resume, suspect);
            await LoseAsync(suspect);
            await LoseAsync(suspect);
            await ActAsync(JobAction.Pause, suspect);
        }

        foreach (var suspect in suspects)
            await ActAsync(JobAction.Resume, suspect);
        var innocent = await EnqueueAsync(job => job with { Delay = TimeSpan.FromSeconds(1) });
        Clock.Advance(TimeSpan.FromSeconds(1));
        var worker = await OpenWorkerAsync();

        (await worker.ClaimIdsAsync(9)).ShouldBe([suspects[0], innocent]);
        (await worker.ClaimIdsAsync(9, static request => request with { OldestFirst = true })).ShouldBe([suspects[1]]);
        (await worker.ClaimIdsAsync(0, static request => request with { Prefetch = 9 })).ShouldBe([suspects[2]]);
    }

    [Fact]
    public async Task A_suspect_takes_the_blame_for_its_neighbours()
    {
        var suspect = await EnqueueAsync();
        await LoseAsync(suspect);
        await LoseAsync(suspect);
        var neighbours = await EnqueueManyAsync(2);
        await EnqueueAsync(job => job with { Delay = TimeSpan.FromDays(1) });
        var dead = await OpenWorkerAsync();
        (await dead.ClaimIdsAsync(3)).ShouldBe([suspect, .. neighbours]);

        var report = await RecoverAsync(null, dead);

        report.Recovered.ShouldBe([suspect, .. neighbours], ignoreOrder: true);
        (await GetAsync(suspect)).LostRuns.ShouldBe(3);
        (await GetAsync(neighbours[0])).LostRuns.ShouldBe(0);
        (await GetAsync(neighbours[1])).LostRuns.ShouldBe(0);
    }

    [Fact]
    public async Task A_suspect_that_had_not_begun_takes_no_blame()
    {
        var suspect = await EnqueueAsync();
        await LoseAsync(suspect);
        await LoseAsync(suspect);
        var first = await EnqueueAsync(job => job with { Priority = 0 });
        var dead = await OpenWorkerAsync();
        (await dead.ClaimIdsAsync(1, static request => request with { Prefetch = 1 })).ShouldBe([first, suspect]);

        await RecoverAsync(null, dead);

        (await GetAsync(first)).LostRuns.ShouldBe(1);
        (await GetAsync(suspect)).LostRuns.ShouldBe(2);
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

    /// <summary>Lets the job begin and its worker die.</summary>
    private async Task<RecoveryReport> LoseAsync(JobId id)
    {
        var worker = await OpenWorkerAsync();
        await worker.ClaimOneAsync(id);
        return await RecoverAsync(null, worker);
    }
}
