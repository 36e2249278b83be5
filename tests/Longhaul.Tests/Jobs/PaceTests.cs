using Longhaul.Jobs;

namespace Longhaul.Tests.Jobs;

public sealed class PaceTests
{
    private readonly Pace _pace = new();

    [Fact]
    public void There_is_no_limit_until_it_is_slowed()
    {
        _pace.Limit.ShouldBeNull();
        for (var i = 0; i < 1_000; i++)
            _pace.TryStart(TimeSpan.Zero).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void It_slows_by_its_factor_and_comes_back_by_tenths()
    {
        Run(seconds: 5, perSecond: 100);

        _pace.Slow(At(5), 0.5);
        _pace.Limit!.Value.ShouldBe(50, 1);
        _pace.Slow(At(6), 0.5);
        _pace.Limit!.Value.ShouldBe(25, 1);

        for (var second = 7; second <= 13; second++)
            _pace.Quicken(At(second));
        _pace.Limit!.Value.ShouldBe(95, 1);
        _pace.Quicken(At(14));
        _pace.Limit.ShouldBeNull();
    }

    [Fact]
    public void Items_are_spread_evenly()
    {
        Run(seconds: 2, perSecond: 10);
        _pace.Slow(At(2), 0.5);

        var wait = _pace.TryStart(At(2));
        wait.TotalSeconds.ShouldBe(0.2, 0.02);
        _pace.TryStart(At(2) + wait).ShouldBe(TimeSpan.Zero);
        _pace.TryStart(At(2) + wait).TotalSeconds.ShouldBe(0.2, 0.02);
    }

    [Fact]
    public void It_never_stands_still()
    {
        for (var i = 0; i < 100; i++)
            _pace.Slow(At(i), 0.01);

        _pace.TryStart(At(200)).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Items_that_take_minutes_have_a_pace_too()
    {
        for (var minute = 0; minute < 5; minute++)
            _pace.TryStart(TimeSpan.FromMinutes(minute));

        _pace.Slow(TimeSpan.FromMinutes(5), 0.5);

        _pace.Limit!.Value.ShouldBe(1.0 / 60, 0.005);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private void Run(int seconds, int perSecond)
    {
        for (var i = 0; i < seconds * perSecond; i++)
            _pace.TryStart(At((double)i / perSecond));
    }
}
