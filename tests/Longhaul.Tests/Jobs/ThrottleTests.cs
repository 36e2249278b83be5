using Longhaul.Conformance;

namespace Longhaul.Tests.Jobs;

public sealed class ThrottleTests
{
    private readonly FakeJob _job = new();
    private readonly List<(double At, int Item)> _started = [];

    private double Seconds => (_job.Clock.Now - ManualClock.Start).TotalSeconds;

    [Fact]
    public async Task No_item_starts_while_the_signal_says_wait_and_the_note_says_why()
    {
        var context = _job.Claim();
        var lag = 30;
        var loop = Loop(context, 3, new() { Throttle = new Throttle(_ => new(lag > 10 ? ThrottleSignal.Wait(TimeSpan.FromSeconds(5), $"replica is {lag} s behind") : ThrottleSignal.Go)) });
        context.Progress.Note("copying");
        _job.Flush();
        (_job.Progress!.Note, _started.Count).ShouldBe(("waiting: replica is 30 s behind", 0));

        lag = 5;
        await Await.AdvanceUntilAsync(_job.Clock, TimeSpan.FromSeconds(1), loop, "the loop");

        _started.ShouldAllBe(static s => s.At >= 5);
        _job.Flush();
        _job.Progress.Note.ShouldBe("copying");
    }

    [Fact]
    public async Task Who_waits_long_for_a_reason_tells_so_again_by_the_minute()
    {
        var context = _job.Claim();
        var told = 0;

        await DriveAsync(
            () => Loop(context, 1, new() { Throttle = new Throttle(_ => new(Seconds < 3_600 ? ThrottleSignal.Wait(TimeSpan.FromHours(1), "closed") : ThrottleSignal.Go)) }),
            TimeSpan.FromSeconds(60),
            () => told += context.Run.TakeUpdate(final: false) is { Progress.Note: "waiting: closed" } ? 1 : 0);

        told.ShouldBeInRange(59, 61);
    }

    [Fact]
    public async Task The_signal_is_looked_at_once_a_second_unless_said_otherwise()
    {
        var looks = 0;
        var throttle = new Throttle(_ =>
        {
            looks++;
            return new(ThrottleSignal.Go);
        });

        await Loop(_job.Claim(), 100, new() { Throttle = throttle });
        looks.ShouldBe(1);

        looks = 0;
        await Loop(_job.Claim(), 100, new() { Throttle = Throttle.All(throttle, new Throttle(_ => new(ThrottleSignal.Go)) { LookEveryItems = 10 }) });
        looks.ShouldBe(11); // the last one before the end of the source is seen
    }

    [Fact]
    public async Task A_loop_that_waits_for_its_signal_ends_when_the_run_is_to_stop()
    {
        var context = _job.Claim();
        var loop = Loop(context, 3, new() { Throttle = new Throttle(_ => new(ThrottleSignal.Wait(TimeSpan.FromHours(9), "closed"))) });

        context.Run.Stop(StopReason.Shutdown);

        await Await.WithinAsync(Should.ThrowAsync<OperationCanceledException>(() => loop), "the end of the loop");
    }

    [Fact]
    public async Task A_slowed_loop_goes_on_at_a_share_of_its_pace_and_says_so()
    {
        var context = _job.Claim();
        var notes = new HashSet<string?>();

        await DriveAsync(
            () => context.ForEachAsync((int? after) => LoopTests.Numbers(after, 120), n => n, async (n, _) =>
            {
                _started.Add((Seconds, n));
                await Task.Delay(TimeSpan.FromMilliseconds(100), _job.Clock, CancellationToken.None).ConfigureAwait(false);
            }, new() { Throttle = new Throttle(_ => new(Seconds is >= 5 and < 6 ? ThrottleSignal.Slow(0.5, "replica is behind") : ThrottleSignal.Go)) }),
            TimeSpan.FromMilliseconds(50),
            () => notes.Add(context.Run.TakeUpdate(final: false)?.Progress?.Note));

        notes.ShouldContain(static note => note != null && note.StartsWith("slowed to 5", StringComparison.Ordinal) && note.EndsWith("items/s: replica is behind", StringComparison.Ordinal));
        _started.Count(static s => s.At is >= 3 and < 4).ShouldBeInRange(9, 11);
        _started.Count(static s => s.At is >= 5.1 and < 6.1).ShouldBeInRange(4, 6);
        _started.Count(static s => s.At is >= 11.5 and < 12.5).ShouldBeInRange(9, 11);
        notes.ShouldContain((string?)null);
    }

    [Fact]
    public async Task Refusals_of_items_side_by_side_are_all_tried_again()
    {
        var refused = new HashSet<int>();
        var done = new List<int>();
        var loop = _job.Claim().ForEachAsync((int? after) => LoopTests.Numbers(after, 20), n => n, (n, _) =>
        {
            lock (done)
            {
                if (n % 3 == 0 && refused.Add(n))
                    throw new ThrottledException(TimeSpan.FromSeconds(2), "HTTP 429");
                done.Add(n);
            }

            return Task.CompletedTask;
        }, new() { Parallelism = 4 });

        await Await.AdvanceUntilAsync(_job.Clock, TimeSpan.FromSeconds(0.5), loop, "the loop");

        done.Order().ShouldBe(Enumerable.Range(1, 20));
    }

    [Fact]
    public async Task What_the_signal_throws_ends_the_loop()
        => await Should.ThrowAsync<TimeoutException>(() => Loop(_job.Claim(), 3, new() { Throttle = new Throttle(_ => throw new TimeoutException()) }));

    [Fact]
    public async Task A_refused_item_is_tried_again_after_the_time_asked_for_and_is_no_failure()
    {
        var context = _job.Claim();
        var refusals = 2;
        var loop = context.ForEachAsync((int? after) => LoopTests.Numbers(after, 3), n => n, (n, _) =>
        {
            _started.Add((Seconds, n));
            return n == 2 && refusals-- > 0 ? throw new ThrottledException(TimeSpan.FromSeconds(30), "HTTP 429") : Task.CompletedTask;
        }, new() { ItemErrors = ItemErrors.Record(0) });
        _job.Flush();
        _job.Progress!.Note.ShouldBe("waiting: HTTP 429");

        await Await.AdvanceUntilAsync(_job.Clock, TimeSpan.FromSeconds(1), loop, "the loop");

        _started.Select(static s => s.Item).ShouldBe([1, 2, 2, 2, 3]);
        _started[2].At.ShouldBeGreaterThanOrEqualTo(30);
        _started[3].At.ShouldBeGreaterThanOrEqualTo(60);
        _job.Failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_time_asked_for_the_loop_waits_longer_each_time_in_a_row()
    {
        var refusals = 4;

        await DriveAsync(
            () => _job.Claim().ForEachAsync((int? after) => LoopTests.Numbers(after, 1), n => n, (n, _) =>
            {
                _started.Add((Seconds, n));
                return refusals-- > 0 ? throw new ThrottledException(null, "busy") : Task.CompletedTask;
            }),
            TimeSpan.FromSeconds(0.25));

        _started.Zip(_started.Skip(1), static (a, b) => b.At - a.At).Select(Math.Floor).ShouldBe([1, 2, 4, 8]);
    }

    [Fact]
    public async Task A_refused_item_waits_no_longer_when_the_run_is_to_stop()
    {
        var context = _job.Claim();
        var loop = context.ForEachAsync((int? after) => LoopTests.Numbers(after, 1), n => n, (_, _) => throw new ThrottledException(TimeSpan.FromHours(1), "busy"));

        context.Run.Stop(StopReason.Shutdown);

        await Await.WithinAsync(Should.ThrowAsync<OperationCanceledException>(() => loop), "the end of the loop");
        context.Run.TakeUpdate(final: true)?.ItemFailures.ShouldBeEmpty();
    }

    [Fact]
    public async Task Bytes_a_second_hold_over_all_bodies()
    {
        await DriveAsync(
            () => _job.Claim().ForEachAsync((int? after) => LoopTests.Numbers(after, 20), n => n, (n, item, _) =>
            {
                _started.Add((Seconds, n));
                item.ReportBytes(500);
                return Task.CompletedTask;
            }, new() { BytesPerSecond = 1_000 }),
            TimeSpan.FromMilliseconds(100));

        // A second's worth at once, and one item may overdraw it; then two items a second.
        _started.Count(static s => s.At < 0.1).ShouldBe(3);
        _started[^1].At.ShouldBe(8.5, 0.3);
    }

    [Fact]
    public async Task A_body_that_moves_much_waits_in_its_midst()
    {
        await DriveAsync(
            () => _job.Claim().ForEachAsync((int? after) => LoopTests.Numbers(after, 1), n => n, async (n, item, stop) =>
            {
                for (var piece = 0; piece < 5; piece++)
                {
                    _started.Add((Seconds, n));
                    await item.ReportBytesAsync(1_000, stop);
                }
            }, new() { BytesPerSecond = 1_000 }),
            TimeSpan.FromMilliseconds(100));

        _started[^1].At.ShouldBe(3, 0.1);
    }

    [Fact]
    public async Task Negative_bytes_are_refused()
        => await Should.ThrowAsync<ArgumentOutOfRangeException>(() => _job.Claim().ForEachAsync(
            (int? after) => LoopTests.Numbers(after, 1), n => n, (_, item, _) =>
            {
                item.ReportBytes(-1);
                return Task.CompletedTask;
            }));

    [Fact]
    public void Signals_without_sense_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => ThrottleSignal.Wait(TimeSpan.Zero, "why"));
        Should.Throw<ArgumentOutOfRangeException>(() => ThrottleSignal.Slow(1, "why"));
        Should.Throw<ArgumentOutOfRangeException>(() => ThrottleSignal.Slow(0, "why"));
        Should.Throw<ArgumentException>(() => ThrottleSignal.Slow(0.5, " "));
        Should.Throw<ArgumentException>(() => Throttle.Hours(new TimeOnly(6, 0), new TimeOnly(6, 0)));
        Should.Throw<ArgumentOutOfRangeException>(() => new ThrottledException(TimeSpan.FromSeconds(-1), "why"));
    }

    // On the pool, where what waits for a timer goes on within Advance: nothing is left to chance but for loops that run side by side.
    private Task DriveAsync(Func<Task> start, TimeSpan step, Action? afterStep = null) => Task.Run(async () =>
    {
        var loop = start();
        for (var steps = 0; !loop.IsCompleted && steps < 10_000; steps++)
        {
            _job.Clock.Advance(step);
            afterStep?.Invoke();
        }

        await Await.WithinAsync(loop, "the loop");
    });

    private Task<LoopResult> Loop(JobContext context, int count, LoopOptions options)
        => context.ForEachAsync((int? after) => LoopTests.Numbers(after, count), n => n, (n, _) =>
        {
            _started.Add((Seconds, n));
            return Task.CompletedTask;
        }, options);
}
