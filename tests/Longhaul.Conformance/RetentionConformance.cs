using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>How long ended jobs stay, and what pruning takes.</summary>
public abstract class RetentionConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Ended_jobs_stay_as_long_as_their_state_says()
    {
        var completed = await FinishedAsync();
        var brief = await FinishedAsync(Outcome.Completed, null, static settlement => settlement with { Retention = TimeSpan.FromHours(1) });
        var cancelled = await FinishedAsync(Outcome.Cancelled, null, static settlement => settlement with { Retention = TimeSpan.FromHours(1) });
        var failed = await FinishedAsync(Outcome.Failed, null, static settlement => settlement with { Retention = TimeSpan.FromHours(1) });
        async Task ShouldGoAsync(JobId id, TimeSpan after)
        {
            var moment = ManualClock.Start + after;
            (await GetAsync(id)).ExpiresAt.ShouldBe(moment);
            Clock.Advance(moment - Clock.Now - TimeSpan.FromMilliseconds(1));
            (await Store.PruneAsync(100, Cancel)).ShouldBe(0);
            await GetAsync(id);
            Clock.Advance(TimeSpan.FromMilliseconds(1));
            (await Store.PruneAsync(100, Cancel)).ShouldBe(1);
            (await Store.GetJobAsync(id, Cancel)).ShouldBeNull();
        }

        await ShouldGoAsync(brief, TimeSpan.FromHours(1));
        await ShouldGoAsync(completed, JobDefaults.Retention);
        await ShouldGoAsync(cancelled, JobDefaults.CancelledRetention);
        await ShouldGoAsync(failed, JobDefaults.FailedRetention);
    }

    [Fact]
    public async Task Only_ended_jobs_go()
    {
        var pending = await EnqueueAsync();
        var scheduled = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromDays(400) });
        var paused = await EnqueueAsync();
        await ActAsync(JobAction.Pause, paused);
        var running = await EnqueueAsync(static job => job with { Priority = 0 });
        await (await OpenWorkerAsync()).ClaimOneAsync(running);
        Clock.Advance(TimeSpan.FromDays(365));

        (await Store.PruneAsync(100, Cancel)).ShouldBe(0);

        foreach (var id in new[] { pending, scheduled, paused, running })
            await GetAsync(id);
    }

    [Fact]
    public async Task A_job_that_a_person_brought_back_does_not_go()
    {
        var id = await FinishedAsync(Outcome.Failed);
        await ActAsync(JobAction.Retry, id);
        Clock.Advance(JobDefaults.FailedRetention);

        (await Store.PruneAsync(100, Cancel)).ShouldBe(0);

        (await StateOfAsync(id)).ShouldBe(JobState.Pending);
    }

    [Fact]
    public async Task Pruning_is_bounded_and_says_when_nothing_is_left()
    {
        await EnqueueManyAsync(25);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(25);
        await Store.SettleAsync([.. runs.Select(static run => Make.Settlement(run, Outcome.Completed))], Cancel);
        var stays = await EnqueueAsync();
        Clock.Advance(JobDefaults.Retention);

        (await Store.PruneAsync(10, Cancel)).ShouldBe(10);
        (await Store.PruneAsync(10, Cancel)).ShouldBe(10);
        (await Store.PruneAsync(10, Cancel)).ShouldBe(5);
        (await Store.PruneAsync(10, Cancel)).ShouldBe(0);

        (await Store.ListJobsAsync(JobFilter.All, new PageRequest(100), Cancel)).Items.ShouldHaveSingleItem().Id.ShouldBe(stays);
        (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem().Completed.ShouldBe(0);
    }

    [Fact]
    public async Task What_hung_on_a_job_goes_with_it()
    {
        var id = await FinishedAsync(Outcome.Completed, null, settlement => settlement with
        {
            Duration = TimeSpan.FromSeconds(5),
            Update = new RunUpdate
            {
                Key = settlement.Key,
                Logs = [Make.Line("x")],
                Traces = [new TraceRecord { At = ManualClock.Start, Type = "t", Subject = "s", Success = true }],
                Checkpoint = Make.Checkpoint("1", keep: true),
                ItemFailures = [Make.ItemFailure("1")],
            },
        });
        Clock.Advance(JobDefaults.Retention);

        await Store.PruneAsync(100, Cancel);

        (await Store.ListLogsAsync(new LogFilter(), new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListTracesAsync(new TraceFilter(), new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListCheckpointsAsync(id, Cancel)).ShouldBeEmpty();
        (await Store.ListItemFailuresAsync(id, new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListHistoryAsync(id, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_retention_of_nothing_leaves_nothing()
    {
        var id = await FinishedAsync(Outcome.Completed, null, settlement => settlement with
        {
            Retention = TimeSpan.Zero,
            Update = new RunUpdate { Key = settlement.Key, Logs = [Make.Line("x")] },
        });

        (await Store.GetJobAsync(id, Cancel)).ShouldBeNull();
        (await Store.ListJobsAsync(JobFilter.All, new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListLogsAsync(new LogFilter(), new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListQueuesAsync(Cancel)).Sum(static queue => queue.Completed + queue.Running).ShouldBe(0);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_completion_that_leaves_nothing_says_completed_also_when_it_is_repeated()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync();
        static Settlement Nothing(Settlement settlement) => settlement with { Retention = TimeSpan.Zero };

        (await worker.SettleAsync(run, Outcome.Completed, Nothing)).ShouldBe(new SettleAnswer(SettleStatus.Settled, JobState.Completed));
        Clock.Advance(JobDefaults.NonceRetention - TimeSpan.FromSeconds(1));
        await Store.PruneAsync(100, Cancel);
        (await worker.SettleAsync(run, Outcome.Completed, Nothing)).ShouldBe(new SettleAnswer(SettleStatus.AlreadyYours, JobState.Completed));
        (await worker.SettleAsync(run with { Key = run.Key with { Token = Make.Token() } }, Outcome.Completed, Nothing)).Status.ShouldBe(SettleStatus.LeaseLost);
    }

    [Fact]
    public async Task A_repeated_write_of_a_job_that_went_at_once_makes_no_second_job_for_10_minutes()
    {
        var job = await NewJobAsync();
        await WriteAsync(job);
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(), Outcome.Completed, static settlement => settlement with { Retention = TimeSpan.Zero });

        (await WriteAsync(job)).ShouldBe(new EnqueueAnswer(EnqueueStatus.Repeated, job.Id));
        (await WriteAsync(job with { Nonce = Make.Token() })).Status.ShouldBe(EnqueueStatus.IdTaken);
        Clock.Advance(JobDefaults.NonceRetention - TimeSpan.FromSeconds(1));
        await Store.PruneAsync(100, Cancel);

        (await WriteAsync(job)).Status.ShouldBe(EnqueueStatus.Repeated);
        (await worker.ClaimIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_job_stays_though_its_retention_is_nothing()
    {
        var id = await FinishedAsync(Outcome.Failed, null, static settlement => settlement with { Retention = TimeSpan.Zero, FailedHook = true });

        (await StateOfAsync(id)).ShouldBe(JobState.Failed);
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_very_long_retention_is_no_error()
    {
        var id = await FinishedAsync(Outcome.Completed, null, static settlement => settlement with { Retention = TimeSpan.FromDays(365 * 5_000) });

        (await GetAsync(id)).ExpiresAt.ShouldNotBeNull().ShouldBeGreaterThan(ManualClock.Start.AddYears(1_000));
        (await Store.PruneAsync(100, Cancel)).ShouldBe(0);
    }
}
