using Longhaul.AspNetCore.Events;
using Longhaul.Conformance;

namespace Longhaul.AspNetCore.Tests;

/// <summary>What waits for a client, and what one who comes back is told.</summary>
[Trait("Part", "web")]
public sealed class EventClientTests
{
    private static readonly HashSet<long> Nothing = [];

    private readonly ManualClock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_later_event_about_the_same_takes_the_place_of_an_earlier_one()
    {
        var client = new EventClient(null, EventTopics.All, Nothing);
        client.Post(Frame("job 1", 1));
        client.Post(Frame("job 2", 2));
        client.Post(Frame("job 1", 3));

        (await client.TakeAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Cancel)).Select(static frame => frame.Id).ShouldBe([2, 3]);
    }

    [Fact]
    public void Who_falls_too_far_behind_is_cut_off_and_keeps_nothing()
    {
        var client = new EventClient(null, EventTopics.All, Nothing);
        for (var i = 0; i < 1_000_000; i++)
            client.Post(Frame("job 1", i)); // always the same: nothing grows
        client.IsLost.ShouldBeFalse();

        for (var i = 0; i < 10_000; i++)
            client.Post(Frame($"log {i}", i));

        client.IsLost.ShouldBeTrue();
    }

    [Fact]
    public void So_is_who_leaves_too_much_lying()
    {
        var client = new EventClient(null, EventTopics.All, Nothing);
        var large = new byte[1 << 20];
        for (var i = 0; i < 100; i++)
            client.Post(new EventFrame("job 1", i, large)); // always the same: the last takes the place of the others
        client.IsLost.ShouldBeFalse();

        for (var i = 0; i < 20; i++)
            client.Post(new EventFrame($"log {i}", i, large));

        client.IsLost.ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_comes_while_nothing_happens()
    {
        var client = new EventClient(null, EventTopics.All, Nothing);

        (await client.TakeAsync(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public void Who_comes_back_is_told_what_changed_and_after_five_minutes_everything()
    {
        var log = new ChangeLog(_clock);
        var client = new EventClient(null, EventTopics.All, Nothing);
        log.Begin();
        Set(log, 1);
        _clock.Advance(TimeSpan.FromMinutes(1));
        var seen = Set(log, 2);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Set(log, 3);

        Keys(log.Since(seen, client), resumed: true).ShouldBe(["job 2", "job 3"]); // a little is told again
        Keys(log.Since(null, client), resumed: false).ShouldBe(["job 1", "job 2", "job 3"]);
        Keys(log.Since(seen - 600_000, client), resumed: false).Length.ShouldBe(3);
        Keys(log.Since(seen + 600_000, client), resumed: false).Length.ShouldBe(3); // a number that was never given out

        _clock.Advance(TimeSpan.FromMinutes(6));
        Set(log, 4);
        log.Forget(static job => job == 1);
        Keys(log.Since(null, client), resumed: false).ShouldBe(["job 1", "job 4"]); // 1 is still shown
        Keys(log.Since(seen, client), resumed: false).ShouldBe(["job 1", "job 4"]);
    }

    [Fact]
    public void What_is_kept_is_bounded_and_who_missed_what_was_dropped_gets_everything()
    {
        var log = new ChangeLog(_clock);
        var client = new EventClient(null, EventTopics.All, Nothing);
        log.Begin();
        _clock.Advance(TimeSpan.FromSeconds(10));
        var first = Set(log, 1);
        for (var i = 2; i <= 6_000; i++)
            Set(log, i);
        _clock.Advance(TimeSpan.FromSeconds(30));
        log.Forget(static _ => true);

        log.Since(null, client).Frames.Count.ShouldBe(5_000);
        log.Since(first, client).Resumed.ShouldBeFalse();
    }

    private static string[] Keys((bool Resumed, IReadOnlyList<EventFrame> Frames) told, bool resumed)
    {
        told.Resumed.ShouldBe(resumed);
        return [.. told.Frames.Select(static frame => frame.Key)];
    }

    private static EventFrame Frame(string key, long id) => EventFrame.Of("job", key, id, "{}"u8);

    private static long Set(ChangeLog log, long job)
    {
        var frame = Frame($"job {job}", log.NextId());
        log.Set(new ChangeLog.Entry(frame, [], EventTopics.Jobs, job, null));
        return frame.Id;
    }
}
