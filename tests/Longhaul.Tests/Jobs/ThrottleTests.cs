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
        var loop = Loop(context, 1, new() { Throttle = new Throttle(_ => new(Seconds < 3_600 ? ThrottleSignal.Wait(TimeSpan.FromHours(1), "closed") : ThrottleSignal.Go)) });
        var told = 0;

        await Await.AdvanceUntilAsync(_job.Clock, TimeSpan.FromSeconds(60), Watch(), "the loop");

        told.ShouldBeGreaterThan(30);

        async Task Watch()
        {
            while (!loop.IsCompleted)
            {
                told += context.Run.TakeUpdate(final: false) is { Progress.Note: "waiting: closed" } ? 1 : 0;
                await Task.Yield();
            }

            await loop;
        }
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
        var loop = _job.Claim().ForEachAsync((int? after) => LoopTests.Numbers(after, 1), n => n, (n, _) =>
        {
            _started.Add((Seconds, n));
            return refusals-- > 0 ? throw new ThrottledException(null, "busy") : Task.CompletedTask;
        });

        await Await.AdvanceUntilAsync(_job.Clock, TimeSpan.FromSeconds(0.5), loop, "the loop");

        _started.Zip(_started.Skip(1), static (a, b) => b.At - a.At).Select(static wait => Math.Floor(wait)).ToArray()
            .ShouldBe([1, 2, 4, 8], "pauses double");
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
        var loop = _job.Claim().ForEachAsync((int? after) => LoopTests.Numbers(after, 20), n => n, (n, item, _) =>
        {
            _started.Add((Seconds, n));
            item.ReportBytes(500);
            return Task.CompletedTask;
        }, new() { BytesPerSecond = 1_000 });

        await Await.AdvanceUntilAsync(_job.Clock, TimeSpan.FromMilliseconds(100), loop, "the loop");

        // A second's worth at once, and one item may overdraw it; then two items a second.
        _started.Count(static s => s.At < 0.1).ShouldBe(3);
        _started[^1].At.ShouldBeInRange(8, 11);
    }

    [Fact]
    public async Task A_body_that_moves_much_waits_in_its_midst()
    {
        var loop = _job.Claim().ForEachAsync((int? after) => LoopTests.Numbers(after, 1), n => n, async (n, item, stop) =>
        {
            for (var piece = 0; piece < 5; piece++)
            {
                _started.Add((Seconds, n));
                await item.ReportBytesAsync(1_000, stop);
            }
        }, new() { BytesPerSecond = 1_000 });

        await Await.AdvanceUntilAsync(_job.Clock, TimeSpan.FromMilliseconds(100), loop, "the loop");

        _started[^1].At.ShouldBeInRange(2.9, 4);
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

    private Task<LoopResult> Loop(JobContext context, int count, LoopOptions options)
        => context.ForEachAsync((int? after) => LoopTests.Numbers(after, count), n => n, (n, _) =>
        {
            _started.Add((Seconds, n));
            return Task.CompletedTask;
        }, options);
}
