using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>What operators see and do beyond single jobs: queues, workers, orders, watching, clearing, the doctor.</summary>
public abstract class AdminConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Queues_are_listed_by_rank_and_name_with_their_counts()
    {
        await EnqueueAsync(static job => job with { Queue = "low" });
        await EnqueueAsync(static job => job with { Queue = "b" });
        await EnqueueAsync(static job => job with { Queue = "a" });
        await EnqueueAsync(static job => job with { Queue = "B" });
        await EnqueueAsync(static job => job with { Queue = "critical" });

        (await Store.ListQueuesAsync(Cancel)).Select(static queue => queue.Name).ShouldBe(["critical", "B", "a", "b", "low"]);
    }

    [Fact]
    public async Task A_queue_counts_its_jobs_by_what_they_do()
    {
        await FinishedAsync(Outcome.Completed);
        await FinishedAsync(Outcome.Cancelled);
        await FinishedAsync(Outcome.Failed);
        await FinishedAsync(Outcome.HandedBack, null, static settlement => settlement with { CodeStillRuns = true });
        await ActAsync(JobAction.Pause, await EnqueueAsync());
        var worker = await OpenWorkerAsync();
        await EnqueueManyAsync(2);
        (await worker.ClaimAsync(2)).Count.ShouldBe(2);
        await EnqueueManyAsync(3, static (job, i) => job with { RunAt = ManualClock.Start.AddMinutes(-i) });
        await EnqueueManyAsync(4, static (job, i) => job with { Delay = TimeSpan.FromMinutes(1 + i) });

        (await Store.ListQueuesAsync(Cancel)).ShouldBe(
        [
            new QueueInfo
            {
                Name = JobDefaults.Queue, Due = 3, Scheduled = 4, Waiting = 1, Running = 2, PausedJobs = 1, Completed = 1, Failed = 1, Cancelled = 1,
                OldestDue = ManualClock.Start.AddMinutes(-2),
            },
        ]);
        Clock.Advance(TimeSpan.FromMinutes(2));
        var later = (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem();
        (later.Due, later.Scheduled).ShouldBe((5, 2));
    }

    [Fact]
    public async Task A_hook_that_is_due_is_no_due_job()
    {
        await FinishedAsync(Outcome.Failed, null, static settlement => settlement with { FailedHook = true });

        (await Store.ListQueuesAsync(Cancel)).ShouldBe([new QueueInfo { Name = JobDefaults.Queue, Failed = 1 }]);
    }

    [Fact]
    public async Task A_queue_without_due_jobs_has_no_oldest()
    {
        await EnqueueAsync(static job => job with { Delay = TimeSpan.FromMinutes(1) });

        (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem().OldestDue.ShouldBeNull();
    }

    [Fact]
    public async Task A_paused_queue_is_listed_though_it_is_empty()
    {
        await Store.SetQueuePausedAsync("nights", true, new ActionContext("ann", "stocktaking"), Cancel);

        var queue = (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem();
        queue.Name.ShouldBe("nights");
        queue.Paused.ShouldBeTrue();
        await Store.SetQueuePausedAsync("nights", true, default, Cancel);
        await Store.SetQueuePausedAsync("nights", false, default, Cancel);
        await Store.SetQueuePausedAsync("nights", false, default, Cancel);
        (await Store.ListQueuesAsync(Cancel)).ShouldNotContain(static each => each.Paused);
    }

    [Fact]
    public async Task A_due_job_says_why_it_waits()
    {
        var id = await EnqueueAsync();
        var scheduled = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromMinutes(1) });
        (await GetAsync(id)).WaitsFor.ShouldBe("no worker for this job");
        (await GetAsync(scheduled)).WaitsFor.ShouldBeNull();

        var other = await OpenWorkerAsync(static record => record with { Names = ["other"] });
        var elsewhere = await OpenWorkerAsync(static record => record with { Queues = ["other"] });
        (await GetAsync(id)).WaitsFor.ShouldBe("no worker for this job");
        await Store.SetQueuePausedAsync(JobDefaults.Queue, true, default, Cancel);
        (await GetAsync(id)).WaitsFor.ShouldBe("queue paused");
        await Store.SetQueuePausedAsync(JobDefaults.Queue, false, default, Cancel);

        var worker = await OpenWorkerAsync(static record => record with { Queues = ["x", JobDefaults.Queue] });
        (await GetAsync(id)).WaitsFor.ShouldBeNull();
        await worker.CloseAsync();
        (await GetAsync(id)).WaitsFor.ShouldBe("no worker for this job");
        other.Session.ShouldNotBe(elsewhere.Session);
    }

    [Fact]
    public async Task Due_names_without_a_worker_are_listed()
    {
        await EnqueueManyAsync(3, static (job, i) => job with { Name = "b", RunAt = ManualClock.Start.AddSeconds(-i), Priority = (byte)i });
        await EnqueueAsync(static job => job with { Name = "a", Queue = "z" });
        await EnqueueAsync(static job => job with { Name = "a" });
        await EnqueueAsync(static job => job with { Name = "handled" });
        await EnqueueAsync(static job => job with { Name = "scheduled", Delay = TimeSpan.FromSeconds(1) });
        await OpenWorkerAsync(static record => record with { Names = ["handled", "a"], Queues = [JobDefaults.Queue] });
        await (await OpenWorkerAsync(static record => record with { Names = ["b"] })).CloseAsync();

        (await Store.ListUnhandledAsync(Cancel)).ShouldBe(
        [
            new UnhandledName("b", JobDefaults.Queue, 3, ManualClock.Start.AddSeconds(-2)),
            new UnhandledName("a", "z", 1, ManualClock.Start),
        ]);
    }

    [Fact]
    public async Task A_name_that_waits_for_its_worker_burns_no_attempts()
    {
        var id = await EnqueueAsync(static job => job with { Name = "of-a-later-version" });
        for (var i = 0; i < 3; i++)
        {
            var worker = await OpenWorkerAsync();
            (await worker.ClaimIdsAsync()).ShouldBeEmpty();
            await RecoverAsync(null, worker);
        }

        var job = await GetAsync(id);
        (job.State, job.RunNumber, job.FailedAttempts, job.LostRuns).ShouldBe((JobState.Pending, 0, 0, 0));
    }

    [Fact]
    public async Task One_worker_can_be_ordered()
    {
        var worker = await OpenWorkerAsync();
        var other = await OpenWorkerAsync();

        (await Store.OrderWorkerAsync(worker.Session, WorkerOrder.Quiet, Cancel)).ShouldBeTrue();
        worker.Beat().Order.ShouldBe(WorkerOrder.Quiet);
        worker.Beat().Order.ShouldBe(WorkerOrder.Quiet);
        other.Beat().Order.ShouldBe(WorkerOrder.None);
        await Store.OrderWorkerAsync(worker.Session, WorkerOrder.Stop, Cancel);
        worker.Beat().Order.ShouldBe(WorkerOrder.Stop);
        await Store.OrderWorkerAsync(worker.Session, WorkerOrder.None, Cancel);
        worker.Beat().Order.ShouldBe(WorkerOrder.None);
    }

    [Fact]
    public async Task Only_a_living_worker_can_be_ordered()
    {
        var closed = await OpenWorkerAsync();
        var dead = await OpenWorkerAsync();
        await closed.CloseAsync();
        await RecoverAsync(null, dead);

        (await Store.OrderWorkerAsync(closed.Session, WorkerOrder.Stop, Cancel)).ShouldBeFalse();
        (await Store.OrderWorkerAsync(dead.Session, WorkerOrder.Stop, Cancel)).ShouldBeFalse();
        (await Store.OrderWorkerAsync(new SessionId(Make.Token()), WorkerOrder.Stop, Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_restart_stops_the_workers_that_are_there_and_no_later_one()
    {
        var first = await OpenWorkerAsync();
        var second = await OpenWorkerAsync();
        await (await OpenWorkerAsync()).CloseAsync();
        Clock.Advance(TimeSpan.FromSeconds(1));

        (await Store.RestartWorkersAsync(Cancel)).ShouldBe(2);

        Clock.Advance(TimeSpan.FromSeconds(1));
        var later = await OpenWorkerAsync();
        first.Beat().Order.ShouldBe(WorkerOrder.Stop);
        second.Beat(renew: false).Order.ShouldBe(WorkerOrder.Stop);
        later.Beat().Order.ShouldBe(WorkerOrder.None);
    }

    [Fact]
    public async Task A_watched_run_is_told_for_30_seconds()
    {
        var id = await EnqueueAsync();
        (await Store.WatchAsync(id, Cancel)).ShouldBeFalse();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        (await Store.WatchAsync(id, Cancel)).ShouldBeTrue();

        worker.OrdersFor(run).ShouldHaveSingleItem().Kind.ShouldBe(RunOrderKind.Watch);
        (await GetAsync(id)).Order.ShouldBeNull();
        Clock.Advance(TimeSpan.FromSeconds(20));
        (await Store.WatchAsync(id, Cancel)).ShouldBeTrue();
        Clock.Advance(TimeSpan.FromSeconds(29));
        worker.OrdersFor(run).Count.ShouldBe(1);
        Clock.Advance(TimeSpan.FromSeconds(2));
        worker.OrdersFor(run).ShouldBeEmpty();
        await worker.EndAsync(run, Outcome.Completed);
        (await Store.WatchAsync(id, Cancel)).ShouldBeFalse();
        (await Store.WatchAsync(new JobId(JobId.MaxValue), Cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_watched_run_can_be_ordered_too()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await Store.WatchAsync(id, Cancel);
        await ActAsync(JobAction.Cancel, id);
        await Store.WatchAsync(id, Cancel);

        worker.OrdersFor(run).Select(static order => order.Kind).ShouldBe([RunOrderKind.Cancel, RunOrderKind.Watch], ignoreOrder: true);
    }

    [Fact]
    public async Task A_watch_ends_with_its_run()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await Store.WatchAsync(id, Cancel);
        await worker.EndAsync(run, Outcome.HandedBack);

        worker.OrdersFor(await worker.ClaimOneAsync(id)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Clearing_a_queue_takes_its_pending_jobs_and_nothing_else()
    {
        var worker = await OpenWorkerAsync();
        var running = await EnqueueAsync();
        await worker.ClaimOneAsync(running);
        var other = await OpenWorkerAsync();
        var retrying = await EnqueueAsync();
        await other.EndAsync(await other.ClaimOneAsync(retrying), Outcome.Retry, static settlement => settlement with { Delay = TimeSpan.FromMinutes(1) });
        var held = await EnqueueAsync();
        await other.EndAsync(await other.ClaimOneAsync(held), Outcome.HandedBack, static settlement => settlement with { CodeStillRuns = true });
        var completed = await FinishedAsync();
        var paused = await EnqueueAsync();
        await ActAsync(JobAction.Pause, paused);
        var failed = await FinishedAsync(Outcome.Failed, null, static settlement => settlement with { FailedHook = true });
        var due = await EnqueueAsync();
        var scheduled = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromDays(1) });
        var elsewhere = await EnqueueAsync(static job => job with { Queue = "other" });

        (await Store.ClearAsync(JobDefaults.Queue, Cancel)).ShouldBe(3);

        foreach (var gone in new[] { retrying, due, scheduled })
            (await Store.GetJobAsync(gone, Cancel)).ShouldBeNull();
        foreach (var there in new[] { running, held, completed, paused, failed, elsewhere })
            await GetAsync(there);
        (await DueIdsAsync()).ShouldBe([failed, elsewhere]);
        (await Store.ClearAsync("never-heard-of", Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task All_queues_can_be_cleared_at_once()
    {
        await EnqueueAsync(static job => job with { Queue = "a" });
        await EnqueueAsync(static job => job with { Queue = "b" });

        (await Store.ClearAsync(null, Cancel)).ShouldBe(2);

        (await Store.ListJobsAsync(JobFilter.All, new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await DueIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_doctor_finds_nothing_wrong_with_a_store_in_use()
    {
        await FinishedAsync();
        await FinishedAsync(Outcome.Retry);
        await FinishedAsync(Outcome.Failed, static job => job with { Queue = "a" }, static settlement => settlement with { FailedHook = true });
        await (await OpenWorkerAsync()).ClaimAsync(5);
        await EnqueueManyAsync(3);

        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public void A_store_says_what_it_is()
    {
        Store.Info.Driver.ShouldNotBeNullOrWhiteSpace();
        Store.Info.Address.ShouldNotBeNullOrWhiteSpace();
        Store.SchemaScript.ShouldNotBeNull();
    }
}
