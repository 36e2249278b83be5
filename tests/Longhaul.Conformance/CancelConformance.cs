using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Cancelling: at once where nothing runs, by an order where something does.</summary>
public abstract class CancelConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public async Task A_pending_job_is_cancelled_at_once(int delay)
    {
        var id = await EnqueueAsync(job => job with { Delay = TimeSpan.FromSeconds(delay) });

        (await ActAsync(JobAction.Cancel, id, "ann", "wrong folder")).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Cancelled));

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Cancelled);
        job.Derived.ShouldBe(DerivedState.None);
        job.Reason.ShouldBe("wrong folder (by ann)");
        job.FinishedAt.ShouldBe(Clock.Now);
        job.ExpiresAt.ShouldBe(Clock.Now + JobDefaults.CancelledRetention);
        Clock.Advance(TimeSpan.FromMinutes(2));
        (await DueIdsAsync()).ShouldBeEmpty();
        var record = (await Store.ListHistoryAsync(id, Cancel)).ShouldHaveSingleItem();
        record.Kind.ShouldBe(HistoryKind.Cancelled);
        record.By.ShouldBe("ann");
        record.Reason.ShouldBe("wrong folder");
    }

    [Fact]
    public async Task A_paused_job_is_cancelled_at_once()
    {
        var id = await EnqueueAsync();
        await ActAsync(JobAction.Pause, id, "ann", "later");

        (await ActAsync(JobAction.Cancel, id, "bob")).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Cancelled));

        (await GetAsync(id)).Reason.ShouldBe("by bob");
    }

    [Fact]
    public async Task A_running_job_is_ordered_to_stop_with_each_tick_until_it_is_settled()
    {
        await EnqueueManyAsync(2);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(2);
        var id = runs[0].Key.Job;
        Clock.Advance(TimeSpan.FromSeconds(1));

        (await ActAsync(JobAction.Cancel, id, "ann", "wrong folder")).ShouldBe(new ActionAnswer(id, ActionStatus.Ordered, JobState.Running));

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Running);
        job.Order.ShouldBe(RunOrderKind.Cancel);
        job.OrderedAt.ShouldBe(Clock.Now);
        for (var tick = 0; tick < 3; tick++)
            worker.Beat(runs, renew: false).Orders.ShouldBe([new RunOrder(runs[0].Key, RunOrderKind.Cancel, "ann", "wrong folder")]);
        (await Store.RunsOfAsync(worker.Session, Cancel)).Single(run => run.Key == runs[0].Key).Order.ShouldBe(RunOrderKind.Cancel);
        await worker.EndAsync(runs[0], Outcome.Cancelled);
        worker.Beat([runs[1]], renew: false).Orders.ShouldBeEmpty();
        (await GetAsync(id)).Reason.ShouldBe("wrong folder (by ann)");
    }

    [Fact]
    public async Task An_order_goes_to_the_worker_that_has_the_run()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var other = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        await ActAsync(JobAction.Cancel, id);

        other.Beat().Orders.ShouldBeEmpty();
        worker.Beat([run]).Orders.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_first_to_cancel_is_remembered()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await ActAsync(JobAction.Cancel, id, "ann", "first");

        (await ActAsync(JobAction.Cancel, id, "bob", "second")).Status.ShouldBe(ActionStatus.Ordered);

        worker.OrdersFor(run).ShouldHaveSingleItem().By.ShouldBe("ann");
    }

    [Fact]
    public async Task A_cancel_takes_the_place_of_a_pause()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await ActAsync(JobAction.Pause, id, "ann");

        (await ActAsync(JobAction.Cancel, id, "bob")).Status.ShouldBe(ActionStatus.Ordered);

        worker.OrdersFor(run).ShouldBe([new RunOrder(run.Key, RunOrderKind.Cancel, "bob", null)]);
        (await ActAsync(JobAction.Pause, id)).Status.ShouldBe(ActionStatus.WrongState);
        (await ActAsync(JobAction.Resume, id)).Status.ShouldBe(ActionStatus.WrongState);
        (await worker.EndAsync(run, Outcome.Paused)).ShouldBe(JobState.Cancelled);
    }

    [Theory]
    [InlineData(Outcome.Completed, JobState.Completed)]
    [InlineData(Outcome.Failed, JobState.Failed)]
    [InlineData(Outcome.Cancelled, JobState.Cancelled)]
    public async Task An_ended_job_cannot_be_cancelled(Outcome outcome, JobState state)
    {
        var id = await FinishedAsync(outcome);
        var before = await GetAsync(id);

        (await ActAsync(JobAction.Cancel, id)).ShouldBe(new ActionAnswer(id, ActionStatus.WrongState, state));

        (await GetAsync(id) with { Payload = before.Payload }).ShouldBeEquivalentTo(before); // memories are equal only over the same array
    }

    [Fact]
    public async Task An_unknown_job_cannot_be_acted_on()
    {
        var unknown = new JobId(JobId.MaxValue);

        foreach (var action in Enum.GetValues<JobAction>())
            (await ActAsync(action, unknown)).ShouldBe(new ActionAnswer(unknown, ActionStatus.NotFound, null));
    }

    [Fact]
    public async Task Many_jobs_are_answered_one_by_one()
    {
        var ids = await EnqueueManyAsync(3);
        var worker = await OpenWorkerAsync();
        await worker.ClaimOneAsync(ids[0]);
        await ActAsync(JobAction.Cancel, ids[1]);

        var answers = await Store.ActAsync(JobAction.Cancel, [ids[2], new JobId(JobId.MaxValue), ids[1], ids[0]], new ActionContext("ann"), Cancel);

        answers.Select(static answer => answer.Status).ShouldBe([ActionStatus.Done, ActionStatus.NotFound, ActionStatus.WrongState, ActionStatus.Ordered]);
        answers.Select(static answer => answer.Job).ShouldBe([ids[2], new JobId(JobId.MaxValue), ids[1], ids[0]]);
    }

    [Fact]
    public async Task More_than_a_thousand_jobs_in_one_call_are_refused()
        => await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ActAsync(
            JobAction.Cancel, [.. Enumerable.Range(1, 1_001).Select(static i => new JobId(i))], new ActionContext("ann"), Cancel));

    [Fact]
    public async Task Who_and_why_are_cleaned()
    {
        var id = await EnqueueAsync();

        await ActAsync(JobAction.Cancel, id, "a\0", "b\ud800");

        (await GetAsync(id)).Reason.ShouldBe("b\ufffd (by a\ufffd)");
    }

    [Fact]
    public async Task A_cancelled_job_can_be_retried_by_a_person()
    {
        var id = await EnqueueAsync();
        await ActAsync(JobAction.Cancel, id, "ann", "wrong");

        (await ActAsync(JobAction.Retry, id, "ann")).ShouldBe(new ActionAnswer(id, ActionStatus.Done, JobState.Pending));

        var job = await GetAsync(id);
        job.Reason.ShouldBeNull();
        job.FinishedAt.ShouldBeNull();
        job.ExpiresAt.ShouldBeNull();
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_cancel_and_a_completion_at_the_same_moment_have_one_winner()
    {
        for (var round = 0; round < 25; round++)
        {
            var id = await EnqueueAsync();
            var worker = await OpenWorkerAsync();
            var run = await worker.ClaimOneAsync(id);
            using var start = new Barrier(2);

            var cancel = Task.Run(() => AtTheSameMoment(start, () => ActAsync(JobAction.Cancel, id)), Cancel);
            var settle = Task.Run(() => AtTheSameMoment(start, () => worker.SettleAsync(run, Outcome.Completed)), Cancel);
            var (cancelled, settled) = (await Await.WithinAsync(cancel, "the cancel"), await Await.WithinAsync(settle, "the completion"));

            settled.ShouldBe(new SettleAnswer(SettleStatus.Settled, JobState.Completed));
            cancelled.Status.ShouldBeOneOf(ActionStatus.Ordered, ActionStatus.WrongState);
            if (cancelled.Status == ActionStatus.WrongState)
                cancelled.State.ShouldBe(JobState.Completed);
            (await StateOfAsync(id)).ShouldBe(JobState.Completed);
            (await GetAsync(id)).Order.ShouldBeNull();
        }
    }

    private static async Task<T> AtTheSameMoment<T>(Barrier start, Func<Task<T>> act)
    {
        start.SignalAndWait(Await.Patience, Cancel);
        return await act();
    }
}
