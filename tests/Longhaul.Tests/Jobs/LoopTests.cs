using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Tests.Jobs;

public sealed class LoopTests
{
    private readonly FakeJob _job = new();
    private readonly List<int> _seen = [];

    [Theory, InlineData(1), InlineData(4)]
    public async Task A_loop_runs_every_item_once_and_says_how_many(int parallelism)
    {
        LoopResult? result = null;

        await _job.RunAsync(async context => result = await context.ForEachAsync(
            (int? after) => Numbers(after, 100), n => n, (n, _) => See(n), new() { Parallelism = parallelism, Total = 100 }));

        _seen.Order().ShouldBe(Enumerable.Range(1, 100));
        result.ShouldBe(new LoopResult(100, 0));
        _job.Progress!.Done.ShouldBe(100);
        _job.Progress.Fraction.ShouldBe(1);
        _job.CheckpointText.ShouldBe("""{"longhaul":1,"phases":{"":{"loop":{"low":100,"count":100,"ended":true}}}}""");
        _job.Headway.ShouldBeTrue();
    }

    [Fact]
    public async Task A_loop_over_an_asynchronous_source_with_contexts_does_the_same()
    {
        await _job.RunAsync(context => context.ForEachAsync(
            (string? after) => NamesAsync(after), name => name, async (name, item, _) =>
            {
                item.Label = name;
                await Task.Yield();
                await See(name[^1] - '0');
            }));

        _seen.ShouldBe([1, 2, 3]);
        _job.CheckpointText.ShouldContain("\"low\":\"name-3\"");
    }

    [Fact]
    public async Task A_loop_goes_on_after_its_low_cursor()
    {
        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(context => Loop(context, n => n == 50)));
        _seen.Clear();

        await _job.RunAsync(context => Loop(context, _ => false));

        _seen.ShouldBe(Enumerable.Range(50, 51));

        Task Loop(JobContext context, Func<int, bool> fails) => context.ForEachAsync(
            (int? after) => Numbers(after, 100), n => n, (n, _) => fails(n) ? throw new TimeoutException() : See(n));
    }

    [Fact]
    public async Task A_loop_that_had_ended_takes_up_what_came_later()
    {
        await _job.RunAsync(context => context.ForEachAsync((int? after) => Numbers(after, 5), n => n, (n, _) => See(n)));

        await _job.RunAsync(context => context.ForEachAsync((int? after) => Numbers(after, 7), n => n, (n, _) => See(n)));

        _seen.ShouldBe(Enumerable.Range(1, 7));
    }

    [Fact]
    public async Task Finished_items_above_the_low_cursor_are_not_run_again()
    {
        var context = _job.Claim();
        var first = new TaskCompletionSource();
        var others = new TaskCompletionSource();
        var loop = context.ForEachAsync((int? after) => TenThenSignal(after), n => n, async (n, stop) =>
        {
            if (n == 1)
                await first.Task.WaitAsync(stop);
            await See(n);
        }, new() { Parallelism = 2 });
        await Await.WithinAsync(others.Task, "the other items");
        _job.Flush();
        _job.CheckpointText.ShouldContain("\"loop\":{\"above\":[2,3,4,5,6,7,8,9,10],\"count\":9}");
        _seen.Clear();

        await _job.RunAsync(next => next.ForEachAsync((int? after) => Numbers(after, 12), n => n, (n, _) => See(n)));

        _seen.ShouldBe([1, 11, 12]);
        _job.CheckpointText.ShouldContain("{\"low\":12,\"count\":12,\"ended\":true}");
        first.SetCanceled(TestContext.Current.CancellationToken);
        await Should.ThrowAsync<OperationCanceledException>(loop);

        // The one that is free asks for more when it has finished the tenth: a body that has only reached its end is not finished yet.
        IEnumerable<int> TenThenSignal(int? after)
        {
            foreach (var n in Numbers(after, 10))
                yield return n;
            others.SetResult();
        }
    }

    [Fact]
    public async Task The_source_waits_when_a_window_is_ahead_of_the_first_unfinished_item()
    {
        var context = _job.Claim();
        var first = new TaskCompletionSource();
        var read = 0;
        var finished = new SemaphoreSlim(0);
        var loop = context.ForEachAsync((int? after) => Numbers(after, 100).Select(n => read = n), n => n, async (n, _) =>
        {
            if (n == 1)
                await first.Task;
            await See(n);
            finished.Release();
        }, new() { Parallelism = 2, Window = 8 });
        for (var i = 0; i < 7; i++)
            (await finished.WaitAsync(Await.Patience, TestContext.Current.CancellationToken)).ShouldBeTrue();

        read.ShouldBeInRange(8, 9); // the ninth is fetched and waits
        _seen.Count.ShouldBe(7);

        first.SetResult();
        await Await.WithinAsync(loop, "the loop");
        _seen.Order().ShouldBe(Enumerable.Range(1, 100));
    }

    [Fact]
    public async Task No_more_bodies_run_at_once_than_was_said()
    {
        int running = 0, most = 0;

        await _job.Claim().ForEachAsync((int? after) => Numbers(after, 200), n => n, async (_, _) =>
        {
            var now = Interlocked.Increment(ref running);
            lock (_seen)
                most = Math.Max(most, now);
            await Task.Yield();
            Interlocked.Decrement(ref running);
        }, new() { Parallelism = 3 });

        most.ShouldBeInRange(1, 3);
    }

    [Fact]
    public async Task Bodies_really_run_side_by_side()
    {
        using var all = new Barrier(4);

        await Await.WithinAsync(
            _job.Claim().ForEachAsync((int? after) => Numbers(after, 4), n => n, (_, stop) =>
            {
                all.SignalAndWait(Await.Patience, stop).ShouldBeTrue();
                return Task.CompletedTask;
            }, new() { Parallelism = 4 }),
            "four bodies that wait for each other");
    }

    [Fact]
    public async Task The_first_error_ends_the_loop_once_the_items_in_flight_are_finished()
    {
        var second = new TaskCompletionSource();

        var error = await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(context => context.ForEachAsync(
            (int? after) => Numbers(after, 100), n => n, async (n, _) =>
            {
                if (n == 1)
                {
                    await second.Task;
                    throw new TimeoutException("one");
                }

                second.TrySetResult();
                await See(n);
            }, new() { Parallelism = 2 })));

        error.Message.ShouldBe("one");
        _seen.ShouldNotBeEmpty();
        foreach (var n in _seen)
            _job.CheckpointText.ShouldMatch($"[,\\[]{n}[,\\]]");
    }

    [Fact]
    public async Task An_error_ends_a_loop_whose_source_waits_for_room()
    {
        var full = new TaskCompletionSource();

        await Await.WithinAsync(
            Should.ThrowAsync<TimeoutException>(() => _job.Claim().ForEachAsync((int? after) => Numbers(after, 100), n => n, async (n, _) =>
            {
                if (n == 1)
                {
                    await full.Task;
                    throw new TimeoutException();
                }

                if (n == 2)
                    full.SetResult();
            }, new() { Parallelism = 2, Window = 2 })),
            "the end of the loop");
    }

    [Fact]
    public async Task An_error_of_the_source_is_an_error_of_the_loop()
        => await Should.ThrowAsync<TimeoutException>(() => _job.Claim().ForEachAsync(
            (int? after) => Numbers(after, 10).Select(n => n < 5 ? n : throw new TimeoutException()), n => n, (n, _) => See(n),
            new() { ItemErrors = ItemErrors.Record() }));

    [Fact]
    public async Task A_scope_has_one_loop()
    {
        var context = _job.Claim();
        await Loop(context);

        (await Should.ThrowAsync<InvalidOperationException>(() => Loop(context))).Message.ShouldContain("phase of its own");
        await context.PhaseAsync("second", 1, Loop);

        Task Loop(JobScope scope) => scope.ForEachAsync((int? after) => Numbers(after, 3), n => n, (n, _) => See(n));
    }

    [Fact]
    public async Task A_cursor_that_does_not_survive_json_is_refused()
    {
        var tuple = await Should.ThrowAsync<ArgumentException>(() => _job.Claim().ForEachAsync(
            ((int, string)? _) => new[] { (1, "a") }, pair => pair, (_, _) => Task.CompletedTask));
        tuple.Message.ShouldContain("comes back as");
    }

    [Fact]
    public async Task Two_items_in_a_row_with_one_cursor_are_refused()
        => await Should.ThrowAsync<InvalidOperationException>(() => _job.Claim().ForEachAsync((int? after) => Numbers(after, 9), n => n / 2, (n, _) => See(n)));

    [Fact]
    public async Task A_source_that_begins_with_its_cursor_instead_of_after_it_is_refused()
    {
        await Should.ThrowAsync<TimeoutException>(() => _job.RunAsync(context => Loop(context, n => n == 3)));

        await Should.ThrowAsync<InvalidOperationException>(() => _job.RunAsync(context => Loop(context, _ => false)));

        Task Loop(JobContext context, Func<int, bool> fails) => context.ForEachAsync(
            (int? from) => Numbers((from ?? 1) - 1, 9), n => n, (n, _) => fails(n) ? throw new TimeoutException() : See(n));
    }

    [Fact]
    public async Task A_saved_cursor_of_another_type_fails_the_job()
    {
        await _job.RunAsync(context => context.ForEachAsync((int? after) => Numbers(after, 3), n => n, (n, _) => See(n)));

        await Should.ThrowAsync<FailNowException>(() => _job.RunAsync(context => context.ForEachAsync(
            (DateTimeOffset? _) => Array.Empty<int>(), _ => default(DateTimeOffset?), (n, _) => See(n))));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(5_000, null)]
    [InlineData(4, 2)]
    [InlineData(1, 5_000)]
    public async Task Options_without_sense_are_refused(int parallelism, int? window)
        => await Should.ThrowAsync<ArgumentOutOfRangeException>(() => _job.Claim().ForEachAsync(
            (int? after) => Numbers(after, 3), n => n, (n, _) => See(n), new() { Parallelism = parallelism, Window = window }));

    [Fact]
    public void The_window_is_64_items_a_body_and_at_most_4096()
    {
        new LoopOptions().ActualWindow.ShouldBe(64);
        new LoopOptions { Parallelism = 8 }.ActualWindow.ShouldBe(512);
        new LoopOptions { Parallelism = 100 }.ActualWindow.ShouldBe(4_096);
    }

    [Fact]
    public async Task No_item_starts_while_the_lease_is_not_proven()
    {
        _job.Proof = new TaskCompletionSource();
        var loop = _job.Claim().ForEachAsync((int? after) => Numbers(after, 3), n => n, (n, _) => See(n));
        loop.IsCompleted.ShouldBeFalse();
        _seen.ShouldBeEmpty();

        _job.Proof.SetResult();

        await Await.WithinAsync(loop, "the loop");
        _seen.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_loop_flushes_after_so_many_items_when_asked_to()
    {
        List<string> saved = [];

        await _job.Claim().ForEachAsync((int? after) => Numbers(after, 6), n => n, (_, _) =>
        {
            saved.Add(_job.CheckpointText);
            return Task.CompletedTask;
        }, new() { FlushEvery = 2 });

        saved.Select(static text => text.Contains("\"count\":2", StringComparison.Ordinal) ? 2 : text.Contains("\"count\":4", StringComparison.Ordinal) ? 4 : 0)
            .ShouldBe([0, 0, 2, 2, 4, 4]);
    }

    [Fact]
    public async Task Children_of_an_item_are_written_with_its_place_and_only_when_it_is_finished()
    {
        var context = _job.Claim();

        await Should.ThrowAsync<TimeoutException>(() => context.ForEachAsync((int? after) => Numbers(after, 3), n => n, async (n, item, stop) =>
        {
            await item.EnqueueAsync($"child of {n}", cancellationToken: stop);
            if (n == 2)
                throw new TimeoutException();
        }));

        var update = context.Run.TakeUpdate(final: true)!;
        update.Children.ShouldHaveSingleItem().EnqueuedBy.ShouldBe(FakeJob.Id);
        update.Checkpoint.ShouldNotBeNull();
    }

    [Fact]
    public async Task Children_of_items_wait_for_a_checkpoint_that_is_held_back()
    {
        var context = _job.Claim();
        context.Checkpoint.Set(new string('x', JobLimits.SmallCheckpointBytes));
        context.Run.Written(context.Run.TakeUpdate(final: false)!, TimeSpan.FromSeconds(1));

        await context.ForEachAsync((int? after) => Numbers(after, 1), n => n, async (n, item, stop) => await item.EnqueueAsync("child", cancellationToken: stop));

        context.Run.TakeUpdate(final: false)?.Children.ShouldBeEmpty();
        context.Run.TakeUpdate(final: true)!.Children.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Children_that_were_put_back_wait_for_their_place_again()
    {
        var context = _job.Claim();
        await context.ForEachAsync((int? after) => Numbers(after, 1), n => n, async (n, item, stop) => await item.EnqueueAsync("of item", cancellationToken: stop));
        await context.EnqueueAsync("of job", cancellationToken: TestContext.Current.CancellationToken);
        var lost = context.Run.TakeUpdate(final: false)!;
        lost.Children.Count.ShouldBe(2);

        context.Run.PutBack(lost);

        var again = context.Run.TakeUpdate(final: false)!;
        again.Children.Count.ShouldBe(2);
        again.Checkpoint.ShouldNotBeNull();
    }

    internal static IEnumerable<int> Numbers(int? after, int upTo)
    {
        for (var n = (after ?? 0) + 1; n <= upTo; n++)
            yield return n;
    }

    private static async IAsyncEnumerable<string> NamesAsync(string? after)
    {
        foreach (var name in new[] { "name-1", "name-2", "name-3" }.Where(name => string.CompareOrdinal(name, after) > 0))
        {
            await Task.Yield();
            yield return name;
        }
    }

    private Task See(int n)
    {
        lock (_seen)
            _seen.Add(n);
        return Task.CompletedTask;
    }
}
