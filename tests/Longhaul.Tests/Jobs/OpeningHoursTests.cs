using Longhaul.Jobs;

namespace Longhaul.Tests.Jobs;

public sealed class OpeningHoursTests
{
    [Theory]
    [InlineData("08:00", "18:00", "07:59:59", false)]
    [InlineData("08:00", "18:00", "08:00", true)]
    [InlineData("08:00", "18:00", "17:59:59", true)]
    [InlineData("08:00", "18:00", "18:00", false)]
    [InlineData("22:00", "06:00", "23:00", true)]
    [InlineData("22:00", "06:00", "05:59", true)]
    [InlineData("22:00", "06:00", "06:00", false)]
    [InlineData("22:00", "06:00", "12:00", false)]
    public void A_loop_runs_between_its_hours_also_over_midnight(string from, string to, string now, bool open)
    {
        var hours = new OpeningHours(Time(from), Time(to), TimeZoneInfo.Utc);

        (hours.At(new DateTimeOffset(new DateOnly(2026, 3, 29), Time(now), TimeSpan.Zero)) == ThrottleSignal.Go).ShouldBe(open);
    }

    [Fact]
    public void The_hours_are_those_of_the_zone_and_follow_its_summer_time()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var hours = new OpeningHours(Time("22:00"), Time("06:00"), zone);

        hours.At(new DateTimeOffset(2026, 1, 15, 20, 59, 0, TimeSpan.Zero)).ShouldNotBe(ThrottleSignal.Go);
        hours.At(new DateTimeOffset(2026, 1, 15, 21, 0, 0, TimeSpan.Zero)).ShouldBe(ThrottleSignal.Go);
        hours.At(new DateTimeOffset(2026, 7, 15, 20, 0, 0, TimeSpan.Zero)).ShouldBe(ThrottleSignal.Go);
    }

    [Fact]
    public void A_closed_loop_looks_again_when_it_opens_and_at_least_by_the_minute()
    {
        var hours = new OpeningHours(Time("08:00"), Time("18:00"), TimeZoneInfo.Utc);

        var early = hours.At(new DateTimeOffset(2026, 1, 15, 7, 59, 30, TimeSpan.Zero));
        early.WaitFor.ShouldBe(TimeSpan.FromSeconds(30));
        early.Reason.ShouldBe("waits for its hours, 08:00 to 18:00 UTC");

        hours.At(new DateTimeOffset(2026, 1, 15, 19, 0, 0, TimeSpan.Zero)).WaitFor.ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_disk_without_room_is_waited_for()
    {
        var free = 10L;
        var throttle = FreeSpace.AsThrottle("/data", 1_000_000_000, _ => free);

        var full = await throttle.LookAsync(TimeProvider.System, TestContext.Current.CancellationToken);
        full.Reason.ShouldBe("waits for room on the disk of /data: 0 MB free, 1000 MB needed");
        free = 1_000_000_000;
        (await throttle.LookAsync(TimeProvider.System, TestContext.Current.CancellationToken)).ShouldBe(ThrottleSignal.Go);
    }

    [Fact]
    public async Task The_room_of_a_real_disk_can_be_asked_for()
        => (await Throttle.DiskSpace(Path.GetTempPath(), 0).LookAsync(TimeProvider.System, TestContext.Current.CancellationToken)).ShouldBe(ThrottleSignal.Go);

    private static TimeOnly Time(string text) => TimeOnly.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
