using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Items that failed while their loop went on, and running them alone.</summary>
public abstract class ItemFailuresConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Item_failures_are_listed_as_they_were_recorded()
    {
        var (worker, run) = await RunningAsync();
        var told = new ItemFailureRecord
        {
            Item = new ItemKey("copy/inner", """{"key":"b"}"""),
            After = """{"key":"a"}""",
            Error = new JobError("IOException", "no space", "at X()"),
            At = ManualClock.Start.AddSeconds(1),
            Label = "b.jpg",
            Tries = 2,
        };
        await worker.WriteAsync(run, update => update with { ItemFailures = [Make.ItemFailure("9"), told] });
        await worker.WriteAsync(run, static update => update with { ItemFailures = [Make.ItemFailure("1")] });

        var items = (await Store.ListItemFailuresAsync(run.Key.Job, new PageRequest(10), Cancel)).Items;

        items.Select(static item => item.Item.Cursor).ShouldBe(["9", """{"key":"b"}""", "1"]);
        items[1].ShouldBe(told);
        (await GetAsync(run.Key.Job)).ItemFailures.ShouldBe(3);
    }

    [Fact]
    public async Task A_changed_item_failure_keeps_its_place()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with { ItemFailures = [Make.ItemFailure("1"), Make.ItemFailure("2")] });

        await worker.WriteAsync(run, static update => update with { ItemFailures = [Make.ItemFailure("1", "again", tries: 2)] });

        var items = (await Store.ListItemFailuresAsync(run.Key.Job, new PageRequest(10), Cancel)).Items;
        items.Select(static item => (item.Item.Cursor, item.Error.Message, item.Tries)).ShouldBe([("1", "again", 2), ("2", "bad item", 1)]);
        (await GetAsync(run.Key.Job)).ItemFailures.ShouldBe(2);
    }

    [Fact]
    public async Task Items_of_different_loops_are_different()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with
        {
            ItemFailures = [Make.ItemFailure("1"), Make.ItemFailure("1") with { Item = new ItemKey("other", "1") }],
        });

        await worker.WriteAsync(run, static update => update with { MendedItems = [new ItemKey("other", "1"), new ItemKey("other", "2")] });

        (await Store.ListItemFailuresAsync(run.Key.Job, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem().Item.ShouldBe(new ItemKey("copy", "1"));
        (await GetAsync(run.Key.Job)).ItemFailures.ShouldBe(1);
    }

    [Fact]
    public async Task Errors_and_labels_of_items_are_cleaned()
    {
        var (worker, run) = await RunningAsync();

        await worker.WriteAsync(run, static update => update with { ItemFailures = [Make.ItemFailure("1", "a\0") with { Label = "b\ud800" }] });

        var item = (await Store.ListItemFailuresAsync(run.Key.Job, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem();
        item.Error.Message.ShouldBe("a\ufffd");
        item.Label.ShouldBe("b\ufffd");
    }

    [Fact]
    public async Task A_job_with_failed_items_can_be_completed()
    {
        var id = await WithFailedItemsAsync(Outcome.Completed);

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Completed);
        job.ItemFailures.ShouldBe(2);
        (await Store.ListItemFailuresAsync(id, new PageRequest(10), Cancel)).Items.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(Outcome.Completed)]
    [InlineData(Outcome.Failed)]
    public async Task Failed_items_can_be_run_alone(Outcome outcome)
    {
        var id = await WithFailedItemsAsync(outcome);
        Clock.Advance(TimeSpan.FromSeconds(5));

        (await ActAsync(JobAction.RetryItems, id, "ann", "disk is back")).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Pending));

        var job = await GetAsync(id);
        job.DueAt.ShouldBe(Clock.Now);
        job.FailedAttempts.ShouldBe(0);
        job.FinishedAt.ShouldBeNull();
        job.ExpiresAt.ShouldBeNull();
        (await Store.ListHistoryAsync(id, Cancel)).ShouldContain(static record => record.Kind == HistoryKind.Asked && record.By == "ann" && record.Reason == "retry items: disk is back");
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        run.Kind.ShouldBe(RunKind.FailedItems);
        run.ItemFailures.ShouldBe(2);
        Make.Text(run.Checkpoint).ShouldBe("9");
        (await worker.EndAsync(run, Outcome.Completed, static settlement => settlement with
        {
            Update = new RunUpdate { Key = settlement.Key, MendedItems = [new ItemKey("copy", "1"), new ItemKey("copy", "2")] },
        })).ShouldBe(JobState.Completed);
        (await GetAsync(id)).ItemFailures.ShouldBe(0);
        (await ActAsync(JobAction.RetryItems, id)).Status.ShouldBe(ActionStatus.WrongState);
    }

    [Theory]
    [InlineData(Outcome.Retry)]
    [InlineData(Outcome.HandedBack)]
    public async Task A_run_of_failed_items_stays_one_when_it_runs_again(Outcome outcome)
    {
        var id = await WithFailedItemsAsync(Outcome.Completed);
        await ActAsync(JobAction.RetryItems, id);
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), outcome);

        (await worker.ClaimOneAsync(id)).Kind.ShouldBe(RunKind.FailedItems);
        await RecoverAsync(null, worker);
        (await (await OpenWorkerAsync()).ClaimOneAsync(id)).Kind.ShouldBe(RunKind.FailedItems);
    }

    [Theory]
    [InlineData(JobAction.Retry)]
    [InlineData(JobAction.Restart)]
    public async Task After_a_failed_run_of_items_the_whole_job_can_be_run(JobAction action)
    {
        var id = await WithFailedItemsAsync(Outcome.Completed);
        await ActAsync(JobAction.RetryItems, id);
        var worker = await OpenWorkerAsync();
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Failed);

        await ActAsync(action, id);

        (await worker.ClaimOneAsync(id)).Kind.ShouldBe(RunKind.Job);
    }

    [Fact]
    public async Task Only_ended_jobs_with_failed_items_can_run_them()
    {
        var pending = await EnqueueAsync();
        (await ActAsync(JobAction.RetryItems, pending)).Status.ShouldBe(ActionStatus.WrongState);
        await ActAsync(JobAction.Delete, pending);

        (await ActAsync(JobAction.RetryItems, await FinishedAsync())).Status.ShouldBe(ActionStatus.WrongState);
        (await ActAsync(JobAction.RetryItems, await WithFailedItemsAsync(Outcome.Cancelled))).Status.ShouldBe(ActionStatus.WrongState);
        (await ActAsync(JobAction.RetryItems, await WithFailedItemsAsync(Outcome.HandedBack))).Status.ShouldBe(ActionStatus.WrongState);
    }

    [Fact]
    public async Task A_lost_lease_records_no_items()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with { ItemFailures = [Make.ItemFailure("1")] });
        await ActAsync(JobAction.Release, run.Key.Job);

        (await worker.FlushAsync(run, static update => update with { ItemFailures = [Make.ItemFailure("2")], MendedItems = [new ItemKey("copy", "1")] }))
            .ShouldBe(WriteAnswer.LeaseLost);

        (await Store.ListItemFailuresAsync(run.Key.Job, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem().Item.Cursor.ShouldBe("1");
    }

    [Fact]
    public async Task Item_failures_are_paged_in_their_order()
    {
        var (worker, run) = await RunningAsync();
        var cursors = Enumerable.Range(0, 25).Select(static i => $"{(i * 7) % 25}").ToList();
        await worker.WriteAsync(run, update => update with { ItemFailures = [.. cursors.Select(static cursor => Make.ItemFailure(cursor))] });

        var (read, after) = (new List<string>(), default(string));
        do
        {
            var page = await Store.ListItemFailuresAsync(run.Key.Job, new PageRequest(10, after), Cancel);
            page.Items.Count.ShouldBeLessThanOrEqualTo(10);
            read.AddRange(page.Items.Select(static item => item.Item.Cursor));
            after = page.Next;
        }
        while (after is not null);

        read.ShouldBe(cursors);
    }

    private async Task<(TestWorker Worker, ClaimedRun Run)> RunningAsync()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        return (worker, await worker.ClaimOneAsync(id));
    }

    private Task<JobId> WithFailedItemsAsync(Outcome outcome) => FinishedAsync(outcome, null, static settlement => settlement with
    {
        Update = new RunUpdate { Key = settlement.Key, ItemFailures = [Make.ItemFailure("1"), Make.ItemFailure("2")], Checkpoint = Make.Checkpoint("9") },
    });
}
