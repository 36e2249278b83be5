using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Tests.Jobs;

public sealed class LoopTransactionTests
{
    private readonly FakeJob _job = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData(1), InlineData(4)]
    public async Task What_a_transaction_saved_is_not_run_again_though_nothing_was_flushed(int parallelism)
    {
        var committed = new List<int>();
        await Should.ThrowAsync<TimeoutException>(() => Loop(_job.Claim(), n => n == 20)); // killed: nothing is flushed
        committed.ShouldNotBeEmpty();
        var before = committed.Order().ToArray();

        await _job.RunAsync(context => Loop(context, _ => false));

        committed.Order().ShouldBe(Enumerable.Range(1, 40));
        before.Length.ShouldBeLessThan(40);

        Task Loop(JobContext context, Func<int, bool> fails) => context.ForEachAsync((int? after) => LoopTests.Numbers(after, 40), n => n, async (n, item, stop) =>
        {
            await Task.Yield();
            if (fails(n))
                throw new TimeoutException();
            await using var transaction = new FakeTransaction(_job);
            await item.SaveAsync(transaction, stop);
            await transaction.CommitAsync(stop);
            lock (committed)
                committed.Add(n);
        }, new() { Parallelism = parallelism });
    }

    [Fact]
    public async Task An_item_whose_transaction_did_not_commit_runs_again()
    {
        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(context => Loop(context, commit: false)));
        _job.CheckpointText.ShouldNotContain("\"low\":2");

        await _job.RunAsync(context => Loop(context, commit: true));

        _job.CheckpointText.ShouldContain("\"low\":3,\"count\":3");

        Task Loop(JobContext context, bool commit) => context.ForEachAsync((int? after) => LoopTests.Numbers(after, 3), n => n, async (n, item, stop) =>
        {
            await using var transaction = new FakeTransaction(_job);
            await item.SaveAsync(transaction, stop);
            if (!commit && n == 2)
                throw new TimeoutException("the commit failed");
            await transaction.CommitAsync(stop);
        });
    }

    [Fact]
    public async Task An_item_that_throws_after_its_commit_does_not_run_again()
    {
        List<int> ran = [];
        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(context => Loop(context, ItemErrors.Record())));
        ran.ShouldBe([1, 2]);
        ran.Clear();

        await _job.RunAsync(context => Loop(context, ItemErrors.Fail));

        ran.ShouldBe([3]);
        _job.Failures.ShouldBeEmpty();

        Task Loop(JobContext context, ItemErrors errors) => context.ForEachAsync((int? after) => LoopTests.Numbers(after, 3), n => n, async (n, item, stop) =>
        {
            ran.Add(n);
            await using var transaction = new FakeTransaction(_job);
            await item.SaveAsync(transaction, stop);
            await transaction.CommitAsync(stop);
            if (n == 2)
                throw new TimeoutException("after the commit");
        }, new() { ItemErrors = errors });
    }

    [Fact]
    public async Task Nothing_more_is_saved_by_a_run_whose_transaction_is_undecided()
    {
        var context = _job.Claim();
        var failed = new TaskCompletionSource();

        await Should.ThrowAsync<TimeoutException>(() => context.ForEachAsync((int? after) => LoopTests.Numbers(after, 2), n => n, async (n, item, stop) =>
        {
            await using var transaction = new FakeTransaction(_job);
            if (n == 1)
            {
                await item.SaveAsync(transaction, stop);
                await transaction.CommitAsync(stop);
                failed.SetResult();
                throw new TimeoutException();
            }

            await failed.Task;
            await Should.ThrowAsync<InvalidOperationException>(() => item.SaveAsync(transaction, stop));
        }, new() { Parallelism = 2 }));

        context.Run.TakeUpdate(final: true)?.Checkpoint.ShouldBeNull();
        _job.CheckpointText.ShouldContain("\"low\":1,\"count\":1");
    }

    [Fact]
    public async Task A_flush_between_save_and_commit_leaves_the_place_alone()
    {
        await _job.Claim().ForEachAsync((int? after) => LoopTests.Numbers(after, 3), n => n, async (n, item, stop) =>
        {
            await using var transaction = new FakeTransaction(_job);
            await item.SaveAsync(transaction, stop);
            _job.Flush();
            _job.CheckpointText.ShouldBe(n == 1 ? "" : $"{{\"longhaul\":1,\"phases\":{{\"\":{{\"loop\":{{\"low\":{n - 1},\"count\":{n - 1}}}}}}}}}");
            await transaction.CommitAsync(stop);
        });
    }

    [Fact]
    public async Task Items_save_one_after_the_other_and_each_holds_those_before_it()
    {
        var running = new SemaphoreSlim(0);
        var first = new TaskCompletionSource();
        var loop = _job.Claim().ForEachAsync((int? after) => LoopTests.Numbers(after, 2), n => n, async (n, item, stop) =>
        {
            await using var transaction = new FakeTransaction(_job);
            if (n == 2)
                await running.WaitAsync(stop);
            await item.SaveAsync(transaction, stop);
            running.Release();
            if (n == 1)
                await first.Task;
            await transaction.CommitAsync(stop);
        }, new() { Parallelism = 2 });
        first.SetResult();

        await Await.WithinAsync(loop, "the loop");

        _job.CheckpointText.ShouldContain("{\"low\":2,\"count\":2}");
    }

    [Fact]
    public async Task Children_and_failures_of_earlier_items_commit_with_it_and_are_not_written_twice()
    {
        var context = _job.Claim();

        await context.ForEachAsync((int? after) => LoopTests.Numbers(after, 3), n => n, async (n, item, stop) =>
        {
            await item.EnqueueAsync($"child {n}", cancellationToken: stop);
            if (n == 1)
                return;
            if (n == 2)
                throw new IOException();
            await using var transaction = new FakeTransaction(_job);
            await item.SaveAsync(transaction, stop);
            await transaction.CommitAsync(stop);
        }, new() { ItemErrors = ItemErrors.Record() });

        _job.Children.Count.ShouldBe(2);
        _job.Failures.Count.ShouldBe(1);
        context.Run.TakeUpdate(final: true)!.Children.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_item_is_mended_in_its_transaction()
    {
        await _job.RunAsync(context => Loop(context, fail: true));
        _job.Failures.Count.ShouldBe(1);

        await Loop(_job.Claim(RunKind.FailedItems), fail: false);

        _job.Failures.ShouldBeEmpty();

        Task Loop(JobContext context, bool fail) => context.ForEachAsync((int? after) => LoopTests.Numbers(after, 3), n => n, async (n, item, stop) =>
        {
            if (n == 2 && fail)
                throw new IOException();
            await using var transaction = new FakeTransaction(_job);
            await item.SaveAsync(transaction, stop);
            await transaction.CommitAsync(stop);
        }, new() { ItemErrors = ItemErrors.Record() });
    }

    [Fact]
    public async Task A_save_that_the_store_refuses_is_an_error_of_the_item_alone()
    {
        _job.RefuseTransactions = true;

        await _job.RunAsync(context => context.ForEachAsync((int? after) => LoopTests.Numbers(after, 2), n => n, async (n, item, stop) =>
        {
            if (n == 1)
                await item.SaveAsync(new FakeTransaction(_job), stop);
        }, new() { ItemErrors = ItemErrors.Record() }));

        _job.Failures.Count.ShouldBe(1);
        _job.CheckpointText.ShouldContain("\"low\":2,\"count\":2,\"failed\":1");
    }
}
