using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Sessions and the heart: the lease, what a tick brings back, and how sessions end.</summary>
public abstract class HeartbeatConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task A_new_session_is_alive_for_its_lease()
    {
        var worker = await OpenWorkerAsync(record => record with { Lease = TimeSpan.FromSeconds(20), Queues = ["a", "b"], Names = ["x", "y"], Version = "1.2", Group = 7 });

        var info = (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem();
        info.State.ShouldBe(WorkerState.Active);
        info.StartedAt.ShouldBe(Clock.Now);
        info.LastBeatAt.ShouldBe(Clock.Now);
        info.LeaseEndsAt.ShouldBe(Clock.Now.AddSeconds(20));
        info.Running.ShouldBe(0);
        info.Worker.Queues.ShouldBe(["a", "b"]);
        info.Worker.Names.ShouldBe(["x", "y"], ignoreOrder: true);
        (info.Worker with { Queues = worker.Record.Queues, Names = worker.Record.Names }).ShouldBe(worker.Record);
        worker.Beat().Lease.ShouldBe(LeaseReply.Held);
    }

    [Fact]
    public async Task A_session_of_all_queues_is_shown_as_such()
    {
        await OpenWorkerAsync();

        (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem().Worker.Queues.ShouldBeNull();
    }

    [Fact]
    public async Task Opening_a_living_session_again_renews_it()
    {
        var worker = await OpenWorkerAsync();
        await EnqueueAsync();
        var run = await worker.ClaimOneAsync();
        Clock.Advance(TimeSpan.FromSeconds(20));

        await Store.OpenSessionAsync(worker.Record, Cancel);

        (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem().LeaseEndsAt.ShouldBe(Clock.Now + Make.Lease);
        worker.Beat([run]).RunsAgree.ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_that_has_ended_cannot_be_opened_again()
    {
        var closed = await OpenWorkerAsync();
        var dead = await OpenWorkerAsync();
        await closed.CloseAsync();
        await RecoverAsync(null, dead);

        await Assert.ThrowsAnyAsync<StoreException>(() => Store.OpenSessionAsync(closed.Record, Cancel));
        await Assert.ThrowsAnyAsync<StoreException>(() => Store.OpenSessionAsync(dead.Record, Cancel));
    }

    [Fact]
    public async Task A_tick_renews_the_lease_only_when_asked()
    {
        var worker = await OpenWorkerAsync();
        Clock.Advance(TimeSpan.FromSeconds(10));

        worker.Beat(renew: false);
        (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem().LeaseEndsAt.ShouldBe(ManualClock.Start + Make.Lease);

        worker.Beat(renew: true);
        var info = (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem();
        info.LastBeatAt.ShouldBe(Clock.Now);
        info.LeaseEndsAt.ShouldBe(Clock.Now + Make.Lease);
    }

    [Fact]
    public async Task A_late_renewal_is_accepted_while_nobody_declared_the_session_dead()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync();
        Clock.Advance(TimeSpan.FromHours(1));

        worker.Beat([run]).Lease.ShouldBe(LeaseReply.Held);

        (await RecoverAsync()).Dead.ShouldBeEmpty();
        (await worker.EndAsync(run, Outcome.Completed)).ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task Late_writes_are_accepted_while_nobody_took_the_run_over()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync();
        Clock.Advance(TimeSpan.FromHours(1));

        await worker.WriteAsync(run, static update => update with { Progress = new ProgressRecord { Done = 1 } });
        (await worker.EndAsync(run, Outcome.Completed)).ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_dead_session_is_told_that_its_lease_is_lost()
    {
        var worker = await OpenWorkerAsync();
        worker.Beat();
        await RecoverAsync(null, worker);

        worker.Beat(renew: true).Lease.ShouldBe(LeaseReply.Lost);
        worker.Beat(renew: false).Lease.ShouldBe(LeaseReply.Lost);
        (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem().State.ShouldBe(WorkerState.Dead);
    }

    [Fact]
    public void A_session_that_was_never_opened_has_no_lease()
    {
        using var heart = Store.OpenHeart(new SessionId(Make.Token()));

        heart.Beat(new Beat { Renew = true, RunCount = 0, RunHash = 0 }).Lease.ShouldBe(LeaseReply.Lost);
    }

    [Fact]
    public async Task A_closed_session_has_no_lease()
    {
        var worker = await OpenWorkerAsync();
        await worker.CloseAsync();

        worker.Beat().Lease.ShouldBe(LeaseReply.Lost);
        (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem().State.ShouldBe(WorkerState.Gone);
    }

    [Fact]
    public async Task The_lease_clock_runs_with_the_stores_time()
    {
        var worker = await OpenWorkerAsync();
        var before = worker.Beat().LeaseClock;
        Clock.Advance(TimeSpan.FromSeconds(7));

        (worker.Beat().LeaseClock - before).ShouldBe(TimeSpan.FromSeconds(7), TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_tick_compares_the_runs_by_count_and_hash()
    {
        await EnqueueManyAsync(3);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(3);

        worker.Beat(runs).RunsAgree.ShouldBeTrue();
        worker.Beat([runs[0], runs[1]]).RunsAgree.ShouldBeFalse();
        worker.Beat([runs[0], runs[1], runs[2] with { Key = new RunKey(runs[2].Key.Job, Make.Token()) }]).RunsAgree.ShouldBeFalse();
        worker.Beat([]).RunsAgree.ShouldBeFalse();
        await worker.EndAsync(runs[2], Outcome.Completed);
        worker.Beat([runs[0], runs[1]]).RunsAgree.ShouldBeTrue();
        worker.Beat(runs).RunsAgree.ShouldBeFalse();
    }

    [Fact]
    public async Task A_run_that_was_released_no_longer_agrees()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync();
        await ActAsync(JobAction.Release, id);

        worker.Beat([run]).RunsAgree.ShouldBeFalse();
        worker.Beat([]).RunsAgree.ShouldBeTrue();
    }

    [Fact]
    public async Task Runs_of_other_sessions_do_not_count()
    {
        await EnqueueManyAsync(2);
        var worker = await OpenWorkerAsync();
        var other = await OpenWorkerAsync();
        var mine = await worker.ClaimAsync();
        await other.ClaimAsync();

        worker.Beat(mine).RunsAgree.ShouldBeTrue();
        (await Store.RunsOfAsync(worker.Session, Cancel)).ShouldHaveSingleItem().Key.ShouldBe(mine[0].Key);
        (await Store.RunsOfAsync(new SessionId(Make.Token()), Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_tick_tells_what_the_worker_does()
    {
        var worker = await OpenWorkerAsync();

        worker.Beat([], renew: false, static beat => beat with { State = WorkerState.Stopping });

        (await Store.ListWorkersAsync(Cancel)).ShouldHaveSingleItem().State.ShouldBe(WorkerState.Stopping);
    }

    [Fact]
    public async Task A_tick_names_live_sessions_of_the_same_host()
    {
        var worker = await OpenWorkerAsync();
        var neighbour = await OpenWorkerAsync(record => record with { ProcessId = 4711, ProcessStart = "99" });
        await OpenWorkerAsync(record => record with { Host = new HostIdentity("boot-2", "machine-1", "pids-1") });
        await OpenWorkerAsync(record => record with { Host = new HostIdentity("boot-1", "machine-1", "pids-2") });
        await OpenWorkerAsync(record => record with { Host = new HostIdentity("boot-1", "machine-1", null) });
        await (await OpenWorkerAsync()).CloseAsync();
        await RecoverAsync(null, await OpenWorkerAsync());

        var peer = worker.Beat().Peers.ShouldHaveSingleItem();

        peer.Session.ShouldBe(neighbour.Session);
        peer.Host.ShouldBe(neighbour.Record.Host);
        peer.ProcessId.ShouldBe(4711);
        peer.ProcessStart.ShouldBe("99");
        peer.LeaseExpired.ShouldBeFalse();
    }

    [Fact]
    public async Task Where_the_host_is_unknown_no_pid_is_a_proof()
    {
        var unknown = new HostIdentity(null, "machine-1", "pids-1");
        var worker = await OpenWorkerAsync(record => record with { Host = unknown });
        await OpenWorkerAsync(record => record with { Host = unknown });

        worker.Beat().Peers.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_tick_names_sessions_whose_lease_has_run_out_wherever_they_are()
    {
        var worker = await OpenWorkerAsync();
        var late = await OpenWorkerAsync(record => record with { Host = new HostIdentity(null, null, null), Lease = TimeSpan.FromSeconds(30) });
        await OpenWorkerAsync(record => record with { Host = new HostIdentity(null, null, null), Lease = TimeSpan.FromSeconds(90) });

        Clock.Advance(TimeSpan.FromSeconds(29));
        worker.Beat().Peers.ShouldBeEmpty();
        Clock.Advance(TimeSpan.FromSeconds(2));

        var peer = worker.Beat().Peers.ShouldHaveSingleItem();
        peer.Session.ShouldBe(late.Session);
        peer.LeaseExpired.ShouldBeTrue();
    }

    [Fact]
    public async Task A_jump_of_the_wall_clock_ends_no_lease_that_is_renewed()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync();

        Clock.JumpWall(TimeSpan.FromMinutes(-5));
        worker.Beat([run]).Lease.ShouldBe(LeaseReply.Held);
        Clock.Advance(TimeSpan.FromSeconds(20));

        (await RecoverAsync()).Dead.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_closes_hands_its_runs_back()
    {
        var ids = await EnqueueManyAsync(2);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(2);
        Clock.Advance(TimeSpan.FromSeconds(5));

        await worker.CloseAsync();

        var job = await GetAsync(ids[0]);
        job.State.ShouldBe(JobState.Pending);
        job.DueAt.ShouldBe(ManualClock.Start);
        job.FailedAttempts.ShouldBe(0);
        job.LostRuns.ShouldBe(0);
        (await worker.SettleAsync(runs[0], Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
        (await DueIdsAsync()).ShouldBe(ids);
        await worker.CloseAsync();
        (await StateOfAsync(ids[0])).ShouldBe(JobState.Running);
    }

    [Fact]
    public async Task A_session_that_closes_carries_out_the_orders_for_its_runs()
    {
        var ids = await EnqueueManyAsync(2);
        var worker = await OpenWorkerAsync();
        await worker.ClaimAsync(2);
        await ActAsync(JobAction.Cancel, ids[0]);
        await ActAsync(JobAction.Pause, ids[1]);

        await worker.CloseAsync();

        (await StateOfAsync(ids[0])).ShouldBe(JobState.Cancelled);
        (await StateOfAsync(ids[1])).ShouldBe(JobState.Paused);
    }

    [Fact]
    public async Task Ended_sessions_are_shown_for_an_hour()
    {
        var closed = await OpenWorkerAsync();
        var dead = await OpenWorkerAsync();
        await closed.CloseAsync();
        await RecoverAsync(null, dead);

        Clock.Advance(TimeSpan.FromMinutes(59));
        (await Store.ListWorkersAsync(Cancel)).Count.ShouldBe(2);
        Clock.Advance(TimeSpan.FromMinutes(2));
        (await Store.ListWorkersAsync(Cancel)).ShouldBeEmpty();
    }
}
