using FsCheck;
using FsCheck.Fluent;
using Longhaul.Jobs;

namespace Longhaul.Tests.Jobs;

public sealed class RateWindowTests
{
    [Fact]
    public void Nothing_is_said_at_first()
    {
        var window = new RateWindow();

        window.Rate(0, 0).ShouldBeNull();
        window.Add(0, 10);
        window.Rate(0.01, 20).ShouldBeNull();
    }

    [Fact]
    public void A_slow_beat_still_has_a_sample_to_compare_with()
    {
        var window = new RateWindow();
        window.Add(0, 0);
        window.Add(100, 50);

        window.Rate(200, 100).ShouldBe(0.5);
    }

    [Fact]
    public void A_steady_pace_is_its_rate_however_it_is_sampled() => Prop.ForAll(
        Gen.Choose(1, 5_000).Select(static ms => ms / 1_000.0).NonEmptyListOf().ToArbitrary(),
        steps =>
        {
            var window = new RateWindow();
            var now = 0.0;
            window.Add(now, 0);
            foreach (var step in steps)
            {
                now += step;
                window.Add(now, now * 7);
            }

            now += 1;
            return Math.Abs(window.Rate(now, now * 7)!.Value - 7) < 1e-6;
        }).QuickCheckThrowOnFailure();
}
