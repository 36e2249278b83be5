using Longhaul.Cli.Output;

namespace Longhaul.Cli.Tests;

public sealed class ShownTests
{
    [Theory]
    [InlineData("plain - text é 日本 😀", "plain - text é 日本 😀")]
    [InlineData("a\u001b[2Jb", @"a\x1b[2Jb")]
    [InlineData("a\nb\tc\r", @"a\nb\tc\r")]
    [InlineData("\0\u007f\u009b", @"\x00\x7f\x9b")]
    [InlineData("abc\u202edef", @"abc\u202edef")]
    [InlineData("x\u2028y", @"x\u2028y")]
    [InlineData(null, "")]
    public void Nothing_can_steer_a_terminal(string? text, string shown) => Shown.Line(text).ShouldBe(shown);

    [Fact]
    public void A_cut_never_splits_a_pair()
    {
        Shown.Cut("123456😀89012", 10).ShouldBe("123456...");
        Shown.Cut("1234567890", 10).ShouldBe("1234567890");
        Shown.Cut("12345678901", 10).ShouldBe("1234567...");
    }

    [Theory]
    [InlineData("cannot reach postgres://ann:s3cret@db/app", "cannot reach postgres://ann:***@db/app")]
    [InlineData("redis://:p@ss:w@host:6379 away", "redis://:***@host:6379 away")]
    [InlineData("Host=db;Password=s3cret;Database=x", "Host=db;Password=***;Database=x")]
    [InlineData("sqlite:app.db", "sqlite:app.db")]
    public void Passwords_are_hidden(string text, string shown) => Secrets.Hide(text).ShouldBe(shown);

    [Theory]
    [InlineData(0.25, "250 ms")]
    [InlineData(9.5, "9.5 s")]
    [InlineData(42.9, "42 s")]
    [InlineData(185, "3 min 5 s")]
    [InlineData(7_800, "2 h 10 min")]
    [InlineData(3_600, "1 h")]
    [InlineData(360_000, "4 d 4 h")]
    public void Spans_have_two_units_at_most(double seconds, string shown) => When.Span(TimeSpan.FromSeconds(seconds)).ShouldBe(shown);
}
