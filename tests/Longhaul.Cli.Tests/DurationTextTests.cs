using Longhaul.Cli.Parsing;

namespace Longhaul.Cli.Tests;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("0", 0)]
    [InlineData("1.5", 1.5)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5_400)]
    [InlineData("2d", 172_800)]
    [InlineData("1d2h3m4s", 93_784)]
    [InlineData("500ms", 0.5)]
    [InlineData("10min", 600)]
    [InlineData("00:05:00", 300)]
    [InlineData("1.00:00:00", 86_400)]
    public void Durations_are_read_as_people_write_them(string text, double seconds)
    {
        DurationText.TryParse(text, out var duration).ShouldBeTrue();
        duration.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-5")]
    [InlineData("-00:05:00")]
    [InlineData("5x")]
    [InlineData("m")]
    [InlineData("5m5m")]
    [InlineData("30m1h")]
    [InlineData("1e9")]
    [InlineData("99999999999999999999")]
    [InlineData("999999999999d")]
    [InlineData("NaN")]
    [InlineData("PT5S")]
    [InlineData("1..5s")]
    public void What_is_no_duration_is_refused(string text) => DurationText.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("2027-01-31T08:00:00Z", "2027-01-31T08:00:00Z")]
    [InlineData("2027-01-31T08:00+02:00", "2027-01-31T06:00:00Z")]
    [InlineData("2027-01-31 08:00:00-05:30", "2027-01-31T13:30:00Z")]
    [InlineData("2027-01-31T08:00:00.25Z", "2027-01-31T08:00:00.25Z")]
    public void Moments_are_read_with_their_offset(string text, string expected)
    {
        MomentText.TryParse(text, out var moment).ShouldBeTrue();
        moment.ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("2027-01-31T08:00:00")]
    [InlineData("2027-01-31")]
    [InlineData("tomorrow")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("2027-02-30T08:00:00Z")]
    public void Moments_without_offset_or_out_of_reach_are_refused(string text) => MomentText.TryParse(text, out _).ShouldBeFalse();
}
