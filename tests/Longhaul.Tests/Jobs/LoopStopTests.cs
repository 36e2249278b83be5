using Longhaul.Conformance;

namespace Longhaul.Tests.Jobs;

public sealed class LoopStopTests
{
    private readonly FakeJob _job = new();
    private readonly TaskCompletionSource _inFlight = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<int> _done = [];

    [Theory]
    [InlineData(StopReason.Shutdown, 1)]
    [InlineData(StopReason.Paused, 1)]
    [InlineData(StopReason.TimeSlice, 4)]
    public async Task Items_in_flight_are_let_finish_and_no_more_are_started(StopReason reason, int parallelism)
    {
        var (context, run) = Start(parallelism);
        await Await.WithinAsync(_inFlight.Task, "an item in flight");
        context.Run.HasSafePoints.ShouldBeTrue();

        context.Run.Stop(reason);
        run.IsCompleted.ShouldBeFalse();
        _goOn.SetResult();

        var error = await Should.ThrowAsync<OperationCanceledException>(() => run);
        error.CancellationToken.ShouldBe(context.CancellationToken);
        _done.Order().ShouldBe(Enumerable.Range(1, parallelism));
        context.Run.HasSafePoints.ShouldBeFalse();
        _job.Flush(context.Run, final: true);
        _job.CheckpointText.ShouldContain($"\"low\":{parallelism},\"count\":{parallelism}");
    }

    [Theory]
    [InlineData(StopReason.Cancelled)]
    [InlineData(StopReason.LeaseLost)]
    [InlineData(StopReason.Timeout)]
    public async Task Items_in_flight_are_told_at_once_when_it_matters(StopReason reason)
    {
        var (context, run) = Start(2);
        await Await.WithinAsync(_inFlight.Task, "an item in flight");

        context.Run.Stop(reason);

        (await Should.ThrowAsync<OperationCanceledException>(() => run)).CancellationToken.ShouldBe(context.CancellationToken);
        _done.ShouldBeEmpty();
    }

    [Fact]
    public async Task Items_in_flight_are_told_when_the_workers_patience_ends()
    {
        var (context, run) = Start(1, ItemErrors.Record());
        await Await.WithinAsync(_inFlight.Task, "an item in flight");
        context.Run.Stop(StopReason.Shutdown);

        context.Run.StopHard();

        await Should.ThrowAsync<OperationCanceledException>(() => run);
        _job.Flush(context.Run, final: true);
        _job.Failures.ShouldBeEmpty();
        _job.CheckpointText.ShouldContain("\"count\":0");
    }

    [Fact]
    public async Task What_a_body_makes_of_its_token_is_no_failure_of_the_item()
    {
        var context = _job.Claim();

        var run = context.ForEachAsync((int? after) => LoopTests.Numbers(after, 5), n => n, (n, stop) =>
        {
            context.Run.Stop(StopReason.Cancelled);
            throw new IOException("wrapped", new OperationCanceledException(stop));
        }, new() { ItemErrors = ItemErrors.Record() });

        await Should.ThrowAsync<OperationCanceledException>(() => run);
        context.Run.TakeUpdate(final: true)?.ItemFailures.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cancellation_that_nobody_asked_for_is_an_error_of_the_item()
    {
        await _job.RunAsync(context => context.ForEachAsync(
            (int? after) => LoopTests.Numbers(after, 3), n => n, (n, _) => n == 2 ? throw new TaskCanceledException("HTTP timeout") : Task.CompletedTask,
            new() { ItemErrors = ItemErrors.Record() }));

        _job.Failures.ShouldHaveSingleItem().Error.Message.ShouldBe("HTTP timeout");
    }

    [Fact]
    public async Task A_source_that_honours_its_token_ends_at_once()
    {
        var context = _job.Claim();
        var run = context.ForEachAsync((int? _) => NeverAsync(), n => n, (_, _) => Task.CompletedTask);
        await Await.WithinAsync(_inFlight.Task, "the source");

        context.Run.Stop(StopReason.Shutdown);

        await Await.WithinAsync(Should.ThrowAsync<OperationCanceledException>(() => run), "the end of the loop");

        async IAsyncEnumerable<int> NeverAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop = default)
        {
            _inFlight.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _job.Clock, stop);
            yield return 1;
        }
    }

    [Fact]
    public async Task A_loop_that_waits_for_its_lease_ends_when_the_run_is_to_stop()
    {
        _job.Proof = new TaskCompletionSource();
        var context = _job.Claim();
        var run = context.ForEachAsync((int? after) => LoopTests.Numbers(after, 3), n => n, (_, _) => throw new InvalidOperationException("begun"));

        context.Run.Stop(StopReason.LeaseLost);

        await Await.WithinAsync(Should.ThrowAsync<OperationCanceledException>(() => run), "the end of the loop");
    }

    private (JobContext Context, Task Run) Start(int parallelism, ItemErrors? errors = null)
    {
        var context = _job.Claim();
        var begun = 0;
        return (context, context.ForEachAsync((int? after) => LoopTests.Numbers(after, 100), n => n, async (n, stop) =>
        {
            if (Interlocked.Increment(ref begun) == parallelism)
                _inFlight.SetResult();
            await _goOn.Task.WaitAsync(stop);
            lock (_done)
                _done.Add(n);
        }, new() { Parallelism = parallelism, ItemErrors = errors ?? ItemErrors.Fail }));
    }
}
