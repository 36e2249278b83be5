using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Opening a store: again, at the same moment, and after its process ended. A store's own migrations are tested beside the store.</summary>
public abstract class MigrationConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Opening_again_changes_nothing()
    {
        var id = await EnqueueAsync();

        await Store.OpenAsync(migrate: true, Cancel);
        await Store.OpenAsync(migrate: false, Cancel);

        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task What_was_accepted_is_there_after_the_process_ended()
    {
        Needs(StoreCapabilities.Durability);
        var done = await FinishedAsync(Outcome.Completed, null, static settlement => settlement with { Update = new RunUpdate { Key = settlement.Key, Result = Make.Json("1"), Logs = [Make.Line("x")] } });
        var failed = await FinishedAsync(Outcome.Failed, static job => job with { Unique = new UniqueKey("f", UniqueScope.UntilFinished) }, static settlement => settlement with { FailedHook = true });
        var running = await EnqueueAsync(static job => job with { Priority = 0 });
        var dead = await OpenWorkerAsync();
        var run = await dead.ClaimOneAsync(running);
        await dead.WriteAsync(run, static update => update with { Checkpoint = Make.Checkpoint("7"), Progress = new ProgressRecord { Done = 7 } });
        var scheduled = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromMinutes(1), Tags = ["t"], Policy = new JobPolicy { MaxAttempts = 9 } });
        var unique = await EnqueueAsync(static job => job with { Unique = new UniqueKey("k", UniqueScope.UntilFinished) });
        await Store.SetQueuePausedAsync("nights", true, default, Cancel);
        var lastId = await Store.TakeIdsAsync(1, null, Cancel);

        Store = await Fixture.ReopenAsync(Store, Cancel);

        Make.Text((await GetAsync(done)).Result).ShouldBe("1");
        (await Store.ListLogsAsync(new LogFilter { Job = done }, new PageRequest(10), Cancel)).Items.Count.ShouldBe(1);
        (await StateOfAsync(failed)).ShouldBe(JobState.Failed);
        (await StateOfAsync(running)).ShouldBe(JobState.Running);
        (await GetAsync(scheduled)).Policy.ShouldBe(new JobPolicy { MaxAttempts = 9 });
        (await Store.ListQueuesAsync(Cancel)).ShouldContain(static queue => queue.Name == "nights" && queue.Paused);
        (await WriteAsync(await NewJobAsync(static job => job with { Unique = new UniqueKey("k", UniqueScope.UntilFinished) }))).Id.ShouldBe(unique);
        (await Store.TakeIdsAsync(1, null, Cancel)).Value.ShouldBeGreaterThan(lastId.Value);
        (await Store.RecoverAsync(null, [dead.Session], null, Cancel)).Recovered.ShouldBe([running]);
        var worker = await OpenWorkerAsync();
        var again = await worker.ClaimOneAsync(running);
        Make.Text(again.Checkpoint).ShouldBe("7");
        again.FenceToken.ShouldBeGreaterThan(run.FenceToken);
        (await worker.ClaimIdsAsync()).ShouldBe([failed, unique], ignoreOrder: true);
        Clock.Advance(TimeSpan.FromMinutes(1));
        (await worker.ClaimIdsAsync()).ShouldBe([scheduled]);
    }

    [Fact]
    public async Task A_repeated_write_over_a_restart_makes_no_second_job()
    {
        Needs(StoreCapabilities.Durability);
        var job = await NewJobAsync();
        await WriteAsync(job);

        Store = await Fixture.ReopenAsync(Store, Cancel);

        (await WriteAsync(job)).Status.ShouldBe(EnqueueStatus.Repeated);
        (await DueIdsAsync()).ShouldBe([job.Id]);
    }

    [Fact]
    public async Task A_session_goes_on_after_its_store_was_opened_again()
    {
        Needs(StoreCapabilities.Durability);
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        Store = await Fixture.ReopenAsync(Store, Cancel);

        using var heart = Store.OpenHeart(worker.Session);
        heart.Beat(new Beat { Renew = true, RunCount = 1, RunHash = run.Key.Token }).ShouldSatisfyAllConditions(
            static answer => answer.Lease.ShouldBe(LeaseReply.Held),
            static answer => answer.RunsAgree.ShouldBeTrue());
        (await Store.SettleAsync([Make.Settlement(run, Outcome.Completed)], Cancel)).ShouldBe([new SettleAnswer(SettleStatus.Settled, JobState.Completed)]);
    }

    [Fact]
    public async Task Many_processes_may_open_a_new_store_at_once()
    {
        Needs(StoreCapabilities.ManyProcesses);
        await using var fixture = new TFixture();
        await fixture.PrepareAsync(Cancel);

        var stores = await Await.WithinAsync(
            Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => fixture.OpenStoreAsync(Cancel), Cancel))), "six stores that open the same data");

        var blocks = new List<long>();
        foreach (var store in stores)
            blocks.Add((await store.TakeIdsAsync(10, null, Cancel)).Value);
        blocks.Distinct().Count().ShouldBe(6);
    }

    [Fact]
    public async Task What_one_process_writes_another_sees_and_claims()
    {
        Needs(StoreCapabilities.ManyProcesses);
        var other = await Fixture.OpenStoreAsync(Cancel);
        var id = await EnqueueAsync();

        (await other.GetJobAsync(id, Cancel)).ShouldNotBeNull().State.ShouldBe(JobState.Pending);
        var worker = await OpenWorkerAsync(store: other);
        var run = await worker.ClaimOneAsync(id);
        (await StateOfAsync(id)).ShouldBe(JobState.Running);
        await ActAsync(JobAction.Cancel, id, "ann");
        worker.OrdersFor(run).ShouldHaveSingleItem().By.ShouldBe("ann");
        await worker.EndAsync(run, Outcome.Cancelled);
        (await StateOfAsync(id)).ShouldBe(JobState.Cancelled);
    }

    [Fact]
    public async Task A_death_declared_by_one_process_holds_in_all()
    {
        Needs(StoreCapabilities.ManyProcesses);
        var other = await Fixture.OpenStoreAsync(Cancel);
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync(store: other);
        var run = await worker.ClaimOneAsync(id);

        (await RecoverAsync(null, worker)).Recovered.ShouldBe([id]);

        worker.Beat([run]).Lease.ShouldBe(LeaseReply.Lost);
        (await worker.AskAsync()).Lease.ShouldBe(LeaseReply.Lost);
        (await worker.SettleAsync(run, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
    }
}
