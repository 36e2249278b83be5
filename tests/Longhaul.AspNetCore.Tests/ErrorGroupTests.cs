using System.Text;
using System.Text.RegularExpressions;
using Longhaul.AspNetCore.ManyActions;

namespace Longhaul.AspNetCore.Tests;

/// <summary>What makes two errors alike.</summary>
[Trait("Part", "web")]
public sealed partial class ErrorGroupTests
{
    /// <summary>What is left out, as an expression: slow, but easy to believe.</summary>
    [GeneratedRegex(
        """'[^']*'|"[^"]*"|(?<=^|[\s(=:])/[^\s,;)]+|\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b0x[0-9a-fA-F]+\b|\b[0-9a-fA-F]{16,}\b|\d+([.,]\d+)*""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Variable { get; }

    [Theory]
    [InlineData("no space left on device", "no space left on device")]
    [InlineData("Job 17 failed at '/data/17.bin'.", "Job # failed at '…'.")]
    [InlineData("cannot read /photos/2026/a b.tif, 3 tries", "cannot read /… b.tif, # tries")]
    [InlineData("and/or (path=/a/b) or:/c;/d", "and/or (path=/…) or:/…;/d")]
    [InlineData("key 7c9e6679-7425-40de-944b-e07fc1f90ae7 is gone", "key # is gone")]
    [InlineData("at 0xDEADBEEF of deadbeefdeadbeef, not of dead", "at # of #, not of dead")]
    [InlineData("took 1,234.5 s of 10. Then 3.", "took # s of #. Then #.")]
    [InlineData("it's 5 o'clock", "it'…'clock")]
    [InlineData("it's one \"quoted\" word", "it's one \"…\" word")]
    [InlineData("two\r\nlines\nof x86_64", "two lines of x#_#")]
    [InlineData("", "")]
    [InlineData("/", "/")]
    public void What_differs_is_left_out(string message, string left) => ErrorGroup.Message(message).ShouldBe(left);

    [Fact]
    public void It_leaves_out_what_the_expression_finds()
    {
        string[] parts =
        [
            "a", "Z", "_", "é", "数", "٣", " ", "\t", ".", ",", ";", ":", "=", "(", ")", "/", "/x", "//", "'", "\"", "-", "0", "9", "12", "0x", "0x1f", "x", "beef", "Failed", "ffffffffffffffff",
            "0123456789abcdef", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "7c9e6679-7425-40de-944b-e07fc1f90ae",
        ];
        var random = new Random(20_261_129);
        for (var round = 0; round < 50_000; round++)
        {
            var message = new StringBuilder();
            for (var i = random.Next(1, 14); i > 0; i--)
                message.Append(parts[random.Next(parts.Length)]);

            ErrorGroup.Message(message.ToString()).ShouldBe(Expected(message.ToString()), message.ToString());
        }
    }

    [Fact]
    public void A_long_message_is_cut()
    {
        ErrorGroup.Message(new string('x', 1_000)).ShouldBe(new string('x', 200));
        ErrorGroup.Message(string.Concat(Enumerable.Repeat("'a' ", 300))).Length.ShouldBe(200);
    }

    private static string Expected(string message)
    {
        var line = Variable.Replace(message, static match => match.ValueSpan[0] switch { '\'' => "'…'", '"' => "\"…\"", '/' => "/…", _ => "#" });
        return line.Length > 200 ? line[..200] : line;
    }
}
