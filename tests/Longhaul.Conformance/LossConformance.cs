using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>What the lost runs of dead workers count: what is headway, who is a suspect, when a job fails for it.</summary>
public abstract class LossConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Suspects_that_must_wait_do_not_hide_what_lies_behind_them(bool one)
    {
        List<JobId> suspects = [];
        for (var i = 0; i < 6; i++)
        {
            var suspect = await EnqueueAsync(static job => job with { Priority = 0 });
            await LoseAsync(suspect);
            await LoseAsync(suspect);
            await ActAsync(JobAction.Pause, suspect);
            suspects.Add(suspect);
        }

        foreach (var suspect in suspects)
            await ActAsync(JobAction.Resume, suspect);
        var innocents = await EnqueueManyAsync(3);
        var worker = await OpenWorkerAsync();

        (await worker.ClaimIdsAsync(4, request => request with { AllowSuspect = one })).ShouldBe([.. suspects.Take(one ? 1 : 0), .. innocents]);
        (await worker.ClaimIdsAsync(4, static request => request with { AllowSuspect = false })).ShouldBeEmpty();
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

    /// <summary>Lets the job begin and its worker die.</summary>
    private async Task<RecoveryReport> LoseAsync(JobId id)
    {
        var worker = await OpenWorkerAsync();
        await worker.ClaimOneAsync(id);
        return await RecoverAsync(null, worker);
    }
}
