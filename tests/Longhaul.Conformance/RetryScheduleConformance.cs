using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Retries wait in the store, never come early, and count their attempts.</summary>
public abstract class RetryScheduleConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Attempts_are_counted_without_gaps_and_each_waits_its_delay()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            var delay = JobDefaults.RetryDelay * Math.Pow(2, attempt - 1);
            var run = await worker.ClaimOneAsync(id);
            run.FailedAttempts.ShouldBe(attempt - 1);
            await worker.EndAsync(run, Outcome.Retry, settlement => settlement with { Delay = delay });

            Clock.Advance(delay - TimeSpan.FromMilliseconds(1));
            (await worker.ClaimIdsAsync()).ShouldBeEmpty();
            Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Failed);
        (await GetAsync(id)).FailedAttempts.ShouldBe(5);
    }

    [Fact]
    public async Task A_retry_without_a_delay_is_due_at_once()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Retry);

        (await GetAsync(id)).DueAt.ShouldBe(Clock.Now);
        (await GetAsync(id)).Derived.ShouldBe(DerivedState.Retrying);
        await worker.ClaimOneAsync(id);
    }

    [Fact]
    public async Task A_delay_holds_no_slot_and_survives_the_worker()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Retry, static settlement => settlement with { Delay = TimeSpan.FromMinutes(1) });
        worker.Beat().RunsAgree.ShouldBeTrue();
        await worker.CloseAsync();

        Clock.Advance(TimeSpan.FromMinutes(1));

        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task Interrupted_and_lost_runs_are_no_attempts()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Retry);
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack);
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Yielded);
        var lost = await OpenWorkerAsync();
        await lost.ClaimOneAsync(id);
        await RecoverAsync(worker, lost);

        var run = await worker.ClaimOneAsync(id);

        run.RunNumber.ShouldBe(5);
        run.FailedAttempts.ShouldBe(1);
    }

    [Fact]
    public async Task A_retried_job_is_retrying_also_while_it_waits()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Retry, static settlement => settlement with { Delay = TimeSpan.FromMinutes(1) });

        (await GetAsync(id)).Derived.ShouldBe(DerivedState.Retrying);
        (await Store.ListJobsAsync(new JobFilter { Derived = DerivedState.Retrying }, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem().Id.ShouldBe(id);
        (await Store.ListJobsAsync(new JobFilter { Derived = DerivedState.Scheduled }, new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem().Scheduled.ShouldBe(1);
    }

    [Fact]
    public async Task The_last_error_is_the_one_that_is_shown()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Retry, static settlement => settlement with { Error = new JobError("A", "first") });
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Retry, static settlement => settlement with { Error = new JobError("B", "second") });
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack);

        (await GetAsync(id)).Error.ShouldBe(new JobError("B", "second"));
        (await Store.ListHistoryAsync(id, Cancel)).Select(static record => record.Error?.Message).ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task A_retry_keeps_priority_queue_and_checkpoint()
    {
        var id = await EnqueueAsync(static job => job with { Priority = 3, Queue = "orders" });
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Retry, static settlement => settlement with
        {
            Update = new RunUpdate { Key = settlement.Key, Checkpoint = Make.Checkpoint("""{"at":3}"""), Progress = new ProgressRecord { Done = 3, Phase = "copy" } },
        });

        var run = await worker.ClaimOneAsync(id);

        run.Priority.ShouldBe((byte)3);
        run.Queue.ShouldBe("orders");
        Make.Text(run.Checkpoint).ShouldBe("""{"at":3}""");
        run.Progress.ShouldBe(new ProgressRecord { Done = 3, Phase = "copy" });
    }
}
