using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>What is claimed, in which order, and when the next is due.</summary>
public abstract class ClaimOrderConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task In_a_queue_priority_comes_first_then_due_time_then_id()
    {
        var late = await EnqueueAsync(job => job with { Priority = 100, RunAt = Clock.Now.AddSeconds(-1) });
        var early = await EnqueueAsync(job => job with { Priority = 100, RunAt = Clock.Now.AddSeconds(-9) });
        var same = await EnqueueManyAsync(3, (job, _) => job with { Priority = 100, RunAt = Clock.Now.AddSeconds(-5) });
        var last = await EnqueueAsync(job => job with { Priority = 255, RunAt = Clock.Now.AddDays(-1) });
        var first = await EnqueueAsync(job => job with { Priority = 0 });

        (await DueIdsAsync()).ShouldBe([first, early, .. same, late, last]);
    }

    [Fact]
    public async Task The_order_holds_from_one_claim_to_the_next()
    {
        var low = await EnqueueManyAsync(3, (job, i) => job with { Priority = 200, RunAt = Clock.Now.AddSeconds(-i) });
        var high = await EnqueueManyAsync(3, (job, i) => job with { Priority = 50, RunAt = Clock.Now.AddSeconds(-i) });
        var worker = await OpenWorkerAsync();

        var order = new List<JobId>();
        while (await worker.ClaimAsync() is [var run])
            order.Add(run.Key.Job);

        order.ShouldBe([.. high.Reverse(), .. low.Reverse()]);
    }

    [Fact]
    public async Task Queues_are_served_in_the_order_given()
    {
        var a = await EnqueueAsync(job => job with { Queue = "a", Priority = 255 });
        var b = await EnqueueAsync(job => job with { Queue = "b", Priority = 0 });
        var c = await EnqueueAsync(job => job with { Queue = "c", Priority = 100 });
        var worker = await OpenWorkerAsync();

        (await worker.ClaimIdsAsync(1, request => request with { Queues = ["c", "a"] })).ShouldBe([c]);
        (await worker.ClaimIdsAsync(9, request => request with { Queues = ["a", "b", "c"] })).ShouldBe([a, b]);
    }

    [Fact]
    public async Task A_queue_that_is_not_asked_for_gives_nothing()
    {
        await EnqueueAsync(job => job with { Queue = "a" });
        var worker = await OpenWorkerAsync();

        (await worker.ClaimIdsAsync(9, request => request with { Queues = ["b", "never-heard-of"] })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_queues_all_are_served_by_rank_and_then_by_name()
    {
        string[] queues = ["maintenance", "zebra", "low", "default", "critical", "Ant", "high", "ant"];
        var jobs = new Dictionary<string, JobId>();
        foreach (var queue in queues)
            jobs[queue] = await EnqueueAsync(job => job with { Queue = queue });

        (await DueIdsAsync()).ShouldBe(
            new[] { "critical", "high", "Ant", "ant", "default", "zebra", "low", "maintenance" }.Select(queue => jobs[queue]));
    }

    [Fact]
    public async Task The_longest_due_is_first_over_all_queues_and_priorities_when_asked_for()
    {
        var late = await EnqueueAsync(job => job with { Queue = "critical", Priority = 0, RunAt = Clock.Now.AddSeconds(-1) });
        var middle = await EnqueueAsync(job => job with { Queue = "b", Priority = 255, RunAt = Clock.Now.AddSeconds(-5) });
        var early = await EnqueueAsync(job => job with { Queue = "low", Priority = 100, RunAt = Clock.Now.AddSeconds(-9) });
        await EnqueueAsync(job => job with { Queue = "low", Delay = TimeSpan.FromSeconds(1) });
        var worker = await OpenWorkerAsync();

        (await worker.ClaimIdsAsync(9, request => request with { Queues = ["critical", "b"], OldestFirst = true, Slots = 1 })).ShouldBe([middle]);
        (await worker.ClaimIdsAsync(9, request => request with { OldestFirst = true })).ShouldBe([early, late]);
    }

    [Fact]
    public async Task A_name_that_the_worker_does_not_handle_is_left()
    {
        var other = await EnqueueAsync(job => job with { Name = "other", Priority = 0 });
        var mine = await EnqueueAsync();
        var worker = await OpenWorkerAsync();

        (await worker.ClaimIdsAsync()).ShouldBe([mine]);
        (await StateOfAsync(other)).ShouldBe(JobState.Pending);
        (await DueIdsAsync("other")).ShouldBe([other]);
    }

    [Fact]
    public async Task Jobs_of_several_names_keep_their_common_order()
    {
        var ids = await EnqueueManyAsync(20, (job, i) => job with { Name = $"name-{i % 4}" });

        (await DueIdsAsync("name-0", "name-2", "name-3")).ShouldBe(ids.Where((_, i) => i % 4 != 1));
    }

    [Fact]
    public async Task Names_and_queues_are_told_apart_by_case()
    {
        await EnqueueAsync(job => job with { Name = "Mail" });
        await EnqueueAsync(job => job with { Name = "mail", Queue = "Default" });
        var mine = await EnqueueAsync(job => job with { Name = "mail" });
        var worker = await OpenWorkerAsync(record => record with { Names = ["mail"], Queues = ["default"] });

        (await worker.ClaimIdsAsync()).ShouldBe([mine]);
    }

    [Fact]
    public async Task Never_more_is_claimed_than_asked_for()
    {
        var ids = await EnqueueManyAsync(10);
        var worker = await OpenWorkerAsync();

        (await worker.ClaimIdsAsync(3)).ShouldBe(ids[..3]);
        (await worker.ClaimIdsAsync(3, request => request with { Prefetch = 2 })).ShouldBe(ids[3..8]);
        (await worker.ClaimIdsAsync(3)).ShouldBe(ids[8..]);
        (await worker.ClaimIdsAsync(3)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_goes_beyond_the_slots_is_marked_as_prefetched()
    {
        await EnqueueManyAsync(5);
        var worker = await OpenWorkerAsync();

        var runs = await worker.ClaimAsync(2, request => request with { Prefetch = 2 });

        runs.Select(static run => run.Prefetched).ShouldBe([false, false, true, true]);
    }

    [Fact]
    public async Task Prefetched_runs_may_be_asked_for_alone()
    {
        var ids = await EnqueueManyAsync(3);
        var worker = await OpenWorkerAsync();

        var runs = await worker.ClaimAsync(0, request => request with { Prefetch = 2 });

        runs.Select(static run => run.Key.Job).ShouldBe(ids[..2]);
        runs.ShouldAllBe(static run => run.Prefetched);
    }

    [Fact]
    public async Task A_claimed_job_is_running_in_every_read()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync(record => record with { Name = "host:77" });
        Clock.Advance(TimeSpan.FromSeconds(3));
        var run = await worker.ClaimOneAsync(id);

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Running);
        job.Session.ShouldBe(worker.Session);
        job.Worker.ShouldBe("host:77");
        job.StartedAt.ShouldBe(Clock.Now);
        job.RunNumber.ShouldBe(1);
        run.ClaimedAt.ShouldBe(Clock.Now);
        (await Store.ListJobsAsync(new JobFilter { States = [JobState.Running] }, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem().Id.ShouldBe(id);
        (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem().Running.ShouldBe(1);
        (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem().Running.ShouldBe(1);
        (await Store.RunsOfAsync(worker.Session, Cancel)).ShouldHaveSingleItem().Key.ShouldBe(run.Key);
    }

    [Fact]
    public async Task A_claimed_job_is_not_claimed_again()
    {
        await EnqueueAsync();
        var first = await OpenWorkerAsync();
        var second = await OpenWorkerAsync();

        await first.ClaimOneAsync();
        Clock.Advance(TimeSpan.FromDays(1));

        (await second.ClaimIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_paused_queue_gives_nothing_until_it_is_resumed()
    {
        var paused = await EnqueueAsync(job => job with { Queue = "a" });
        var open = await EnqueueAsync(job => job with { Queue = "b" });
        await Store.SetQueuePausedAsync("a", true, new ActionContext("ann"), Cancel);

        (await DueIdsAsync()).ShouldBe([open]);
        var worker = await OpenWorkerAsync();
        (await worker.ClaimIdsAsync(9, request => request with { Queues = ["a"] })).ShouldBeEmpty();
        (await worker.ClaimIdsAsync(9, request => request with { OldestFirst = true })).ShouldBeEmpty();

        await Store.SetQueuePausedAsync("a", false, new ActionContext("ann"), Cancel);
        (await worker.ClaimIdsAsync()).ShouldBe([paused]);
    }

    [Fact]
    public async Task A_session_that_was_never_opened_claims_nothing()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();

        var answer = await worker.AskAsync(1, request => request with { Session = new SessionId(Make.Token()) });

        answer.Lease.ShouldBe(LeaseReply.Lost);
        answer.Runs.ShouldBeEmpty();
        (await worker.ClaimIdsAsync()).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_closed_session_claims_nothing()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.CloseAsync();

        var answer = await worker.AskAsync();

        answer.Lease.ShouldBe(LeaseReply.Lost);
        answer.Runs.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_claim_tells_when_the_next_job_is_due()
    {
        await EnqueueAsync(job => job with { Delay = TimeSpan.FromSeconds(90), Priority = 0 });
        await EnqueueAsync(job => job with { Delay = TimeSpan.FromSeconds(40) });
        await EnqueueAsync(job => job with { Delay = TimeSpan.FromSeconds(5), Queue = "other" });
        await EnqueueAsync(job => job with { Delay = TimeSpan.FromSeconds(2), Name = "other" });
        var worker = await OpenWorkerAsync(record => record with { Queues = [JobDefaults.Queue] });

        (await worker.AskAsync()).NextDue.ShouldBe(TimeSpan.FromSeconds(40));
        Clock.Advance(TimeSpan.FromSeconds(30));
        (await worker.AskAsync()).NextDue.ShouldBe(TimeSpan.FromSeconds(10));
        (await worker.AskAsync(1, request => request with { Queues = null })).Runs.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_claim_that_finds_nothing_scheduled_says_so()
    {
        await EnqueueAsync(job => job with { Name = "other", Delay = TimeSpan.FromSeconds(1) });
        var worker = await OpenWorkerAsync();

        var answer = await worker.AskAsync();

        answer.Lease.ShouldBe(LeaseReply.Held);
        answer.Runs.ShouldBeEmpty();
        answer.NextDue.ShouldBeNull();
    }

    [Fact]
    public async Task A_retry_that_waits_counts_as_next_due()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(), Outcome.Retry, settlement => settlement with { Delay = TimeSpan.FromMinutes(2) });

        (await worker.AskAsync()).NextDue.ShouldBe(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task A_scheduled_job_takes_its_place_by_its_due_time()
    {
        var scheduled = await EnqueueAsync(job => job with { Delay = TimeSpan.FromSeconds(5) });
        Clock.Advance(TimeSpan.FromSeconds(10));
        var fresh = await EnqueueAsync();
        var older = await EnqueueAsync(job => job with { RunAt = Clock.Now.AddSeconds(-6) });

        (await DueIdsAsync()).ShouldBe([older, scheduled, fresh]);
    }

    [Fact]
    public async Task Many_scheduled_jobs_ahead_do_not_hide_a_due_one()
    {
        await EnqueueManyAsync(2_000, (job, i) => job with { Priority = (byte)(i % 16), Delay = TimeSpan.FromHours(1 + (i % 7)) });
        await EnqueueManyAsync(2_000, (job, i) => job with { Priority = (byte)(i % 16), Name = $"unhandled-{i % 64}" });
        var due = await EnqueueAsync(job => job with { Priority = 255 });

        (await DueIdsAsync()).ShouldBe([due]);
    }
}
