using Longhaul.Storage;

namespace Longhaul.Tests.Jobs;

public sealed class ItemFailureTests
{
    private readonly FakeJob _job = new();
    private readonly List<int> _ran = [];

    [Fact]
    public async Task A_failed_item_is_recorded_with_what_is_needed_to_run_it_again()
    {
        await _job.RunAsync(context => context.PhaseAsync("copy", 1, phase => phase.ForEachAsync(
            (int? after) => LoopTests.Numbers(after, 5), n => n, (n, item, _) =>
            {
                item.Label = $"photo {n}";
                return n == 3 ? throw new IOException("unreadable") : Task.CompletedTask;
            }, new() { ItemErrors = ItemErrors.Record() })));

        var failure = _job.Failures.ShouldHaveSingleItem();
        failure.Item.ShouldBe(new ItemKey("copy", "3"));
        failure.After.ShouldBe("2");
        failure.Label.ShouldBe("photo 3");
        failure.Tries.ShouldBe(1);
        (failure.Error.Type, failure.Error.Message).ShouldBe(("System.IO.IOException", "unreadable"));
        failure.Error.Detail!.ShouldContain(nameof(ItemFailureTests));
        _job.CheckpointText.ShouldContain("{\"low\":5,\"count\":5,\"failed\":1,\"ended\":true}");
    }

    [Fact]
    public async Task The_first_item_of_all_has_none_before_it()
    {
        await _job.RunAsync(context => Loop(context, 3, n => n == 1));

        _job.Failures.ShouldHaveSingleItem().After.ShouldBeNull();
    }

    [Fact]
    public async Task The_first_item_of_a_resumed_run_has_the_low_cursor_before_it()
    {
        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(context => context.ForEachAsync(
            (int? after) => LoopTests.Numbers(after, 5), n => n, (n, _) => n == 3 ? throw new TimeoutException() : Task.CompletedTask)));

        await _job.RunAsync(context => Loop(context, 5, n => n == 3));

        _job.Failures.ShouldHaveSingleItem().After.ShouldBe("2");
    }

    [Theory]
    [InlineData(2L, null, 4)]
    [InlineData(null, 0.3, 5)]
    [InlineData(1L, 0.9, 3)]
    public async Task More_failures_than_the_budget_end_the_loop(long? count, double? share, int ranUntilThen)
    {
        var error = await Should.ThrowAsync<ItemBudgetExceededException>(() => _job.RunAsync(context => context.ForEachAsync(
            (int? after) => LoopTests.Numbers(after, 10), n => n, (n, _) =>
            {
                _ran.Add(n);
                return n >= 2 ? throw new IOException() : Task.CompletedTask;
            }, new() { Total = 10, ItemErrors = ItemErrors.Record(count, share) })));

        _ran.Count.ShouldBe(ranUntilThen);
        error.Message.ShouldContain("failed, more than");
    }

    [Fact]
    public async Task A_share_without_a_total_counts_from_100_items_on()
    {
        await Should.ThrowAsync<ItemBudgetExceededException>(() => _job.RunAsync(context => Loop(context, 1_000, n => n % 10 == 1, ItemErrors.Record(upToShare: 0.05))));

        _ran.Count.ShouldBe(101);
    }

    [Fact]
    public async Task A_share_is_of_the_items_done_at_the_end()
        => await Should.ThrowAsync<ItemBudgetExceededException>(() => _job.RunAsync(context => context.ForEachAsync(
            (int? after) => LoopTests.Numbers(after, 10), n => n, (n, _) => n == 1 ? throw new IOException() : Task.CompletedTask,
            new() { Total = 1_000, ItemErrors = ItemErrors.Record(upToShare: 0.05) })));

    [Fact]
    public async Task Failures_of_earlier_runs_count()
    {
        await Should.ThrowAsync<OperationCanceledException>(() => _job.RunAsync(context => context.ForEachAsync(
            (int? after) => LoopTests.Numbers(after, 10), n => n, (n, _) =>
            {
                if (n == 2)
                    context.Run.Stop(StopReason.Shutdown);
                throw new IOException();
            }, new() { ItemErrors = ItemErrors.Record(2) })));
        _job.Failures.Count.ShouldBe(2);

        await Should.ThrowAsync<ItemBudgetExceededException>(() => _job.RunAsync(context => Loop(context, 10, n => n == 4, ItemErrors.Record(2))));

        _ran.ShouldBe([3, 4]);
    }

    [Theory]
    [InlineData(typeof(FailNowException))]
    [InlineData(typeof(RetryAfterException))]
    [InlineData(typeof(LeaseLostException))]
    public async Task What_is_said_about_the_job_is_no_failure_of_an_item(Type type)
    {
        Exception error = type == typeof(FailNowException) ? new FailNowException("no")
            : type == typeof(RetryAfterException) ? new RetryAfterException(TimeSpan.FromMinutes(1), "later")
            : new LeaseLostException();

        var thrown = await Should.ThrowAsync<Exception>(() => _job.RunAsync(context => context.ForEachAsync(
            (int? after) => LoopTests.Numbers(after, 3), n => n, (_, _) => throw error, new() { ItemErrors = ItemErrors.Record() })));

        thrown.ShouldBeSameAs(error);
        _job.Failures.ShouldBeEmpty();
    }

    [Theory, InlineData(1), InlineData(3)]
    public async Task A_run_for_failed_items_runs_them_alone_and_takes_the_mended_off_the_record(int parallelism)
    {
        var bad = new HashSet<int> { 2, 5, 9 };
        await _job.RunAsync(Handle);
        _job.Failures.Count.ShouldBe(3);
        _ran.Clear();
        bad = [5];

        await _job.RunAsync(Handle, RunKind.FailedItems);

        _ran.Order().ShouldBe([2, 5, 9]);
        var left = _job.Failures.ShouldHaveSingleItem();
        (left.Item.Cursor, left.Tries).ShouldBe(("5", 2));
        _job.CheckpointText.ShouldContain("\"count\":10,\"failed\":1,\"ended\":true");

        async Task Handle(JobContext context)
        {
            await context.PhaseAsync("clean", 0.1, _ =>
            {
                lock (_ran)
                    _ran.Add(-1);
                return Task.CompletedTask;
            });
            if (context.Run.Claim.Kind == RunKind.Job)
                _ran.Clear();
            await context.PhaseAsync("copy", 0.9, phase => phase.ForEachAsync(
                (int? after) => LoopTests.Numbers(after, 10), n => n, async (n, _) =>
                {
                    await Task.Yield();
                    lock (_ran)
                        _ran.Add(n);
                    if (bad.Contains(n))
                        throw new IOException();
                }, new() { Parallelism = parallelism, ItemErrors = ItemErrors.Record() }));
        }
    }

    [Fact]
    public async Task A_failed_item_of_a_nested_phase_is_found()
    {
        var fail = true;
        await _job.RunAsync(Handle);
        fail = false;
        _ran.Clear();

        await _job.RunAsync(Handle, RunKind.FailedItems);

        _ran.ShouldBe([2]);
        _job.Failures.ShouldBeEmpty();

        Task Handle(JobContext context) => context.PhaseAsync("outer", 1, outer => outer.PhaseAsync("inner", 1, inner => inner.ForEachAsync(
            (int? after) => LoopTests.Numbers(after, 3), n => n, (n, _) =>
            {
                _ran.Add(n);
                return fail && n == 2 ? throw new IOException() : Task.CompletedTask;
            }, new() { ItemErrors = ItemErrors.Record() })));
    }

    [Fact]
    public async Task A_run_for_failed_items_finishes_a_loop_that_had_not_ended()
    {
        await Should.ThrowAsync<ItemBudgetExceededException>(() => _job.RunAsync(context => Loop(context, 10, n => n is 2 or 4, ItemErrors.Record(1))));
        _ran.Clear();

        await _job.RunAsync(context => Loop(context, 10, _ => false, ItemErrors.Record(1)), RunKind.FailedItems);

        _ran.ShouldBe([2, 4, 5, 6, 7, 8, 9, 10]);
        _job.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_item_that_is_gone_from_the_source_stays_on_record()
    {
        await _job.RunAsync(context => Loop(context, 5, n => n == 3));
        _ran.Clear();

        await _job.RunAsync(
            context => context.ForEachAsync((int? after) => LoopTests.Numbers(after, 5).Where(n => n != 3), n => n, (n, _) =>
            {
                _ran.Add(n);
                return Task.CompletedTask;
            }),
            RunKind.FailedItems);

        _ran.ShouldBeEmpty();
        _job.Failures.ShouldHaveSingleItem().Error.Type.ShouldBe("gone");
    }

    [Fact]
    public async Task Many_failures_are_flushed_on_the_way()
    {
        var context = _job.Claim();

        await Loop(context, 2_500, _ => true);

        _job.Failures.Count.ShouldBeGreaterThanOrEqualTo(2_000);
    }

    private Task<LoopResult> Loop(JobContext context, int count, Func<int, bool> fails, ItemErrors? errors = null) => context.ForEachAsync(
        (int? after) => LoopTests.Numbers(after, count), n => n, (n, _) =>
        {
            _ran.Add(n);
            return fails(n) ? throw new IOException() : Task.CompletedTask;
        }, new() { ItemErrors = errors ?? ItemErrors.Record() });
}
