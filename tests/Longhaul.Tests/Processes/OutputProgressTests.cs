using Longhaul.Processes;

namespace Longhaul.Tests.Processes;

public sealed class OutputProgressTests
{
    private readonly OutputProgress _progress = new(new Dictionary<string, double> { ["copy"] = 0.8, ["inventory"] = 0.2 });
    private readonly OutputProgress _plain = new(new Dictionary<string, double>());

    [Theory]
    [InlineData("45%", 0.45)]
    [InlineData("Done: 12.5 % of all", 0.125)]
    [InlineData("[3/4] d.jpg", 0.75)]
    [InlineData("copied 10/40 files", 0.25)]
    [InlineData("progress=100%", 1.0)]
    [InlineData("{\"progress\":0.5}", 0.5)]
    [InlineData("{\"done\":1,\"total\":8}", 0.125)]
    public void A_line_says_how_far_it_is(string line, double share)
    {
        _plain.Take(line).ShouldBeTrue();
        _plain.Fraction.ShouldBe(share);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026/11/28 12:00 started")]
    [InlineData("reading /srv/1/2/a.jpg")]
    [InlineData("http://host/1/2")]
    [InlineData("120% more")]
    [InlineData("{\"progress\":2}")]
    [InlineData("{\"progress\":\"half\"}")]
    [InlineData("{no json}")]
    [InlineData("{\"done\":-1,\"total\":5}")]
    public void Other_lines_say_nothing(string line)
    {
        _plain.Take(line).ShouldBeFalse();
        _plain.Fraction.ShouldBeNull();
    }

    [Fact]
    public void Counts_stay_with_their_total()
    {
        _plain.Take("{\"done\":5,\"total\":20,\"note\":\"b.jpg\"}");
        _plain.Take("{\"done\":6}");

        (_plain.Done, _plain.Total, _plain.Note, _plain.Fraction).ShouldBe((6, 20, "b.jpg", 0.3));
    }

    [Fact]
    public void Phases_have_their_shares()
    {
        _progress.Take("{\"phase\":\"inventory\"}");
        _progress.Fraction.ShouldBe(0);
        _progress.Take("50%");
        _progress.Fraction!.Value.ShouldBe(0.1, 1e-9);
        _progress.Take("{\"phase\":\"copy\",\"done\":1,\"total\":4}");
        _progress.Fraction!.Value.ShouldBe(0.4, 1e-9);
        _progress.Take("{\"phase\":\"copy\",\"done\":4,\"total\":4}");
        _progress.Fraction!.Value.ShouldBe(1, 1e-9);
    }

    [Fact]
    public void A_phase_counts_once_however_often_it_is_named()
    {
        foreach (var phase in new[] { "inventory", "copy", "inventory", "copy" })
            _progress.Take($"{{\"phase\":\"{phase}\",\"progress\":1}}");

        _progress.Fraction!.Value.ShouldBe(1, 1e-9);
    }

    [Fact]
    public void The_last_cursor_is_kept()
    {
        _plain.Take("{\"cursor\":\"a\"}");
        _plain.Take("{\"cursor\":\"b/c 1\"}");
        _plain.Take("plain");

        _plain.Cursor.ShouldBe("b/c 1");
    }

    [Fact]
    public void A_cursor_that_is_too_long_is_not_taken()
    {
        _plain.Take("{\"cursor\":\"a\"}");
        _plain.Take($"{{\"cursor\":\"{new string('x', 70_000)}\"}}");

        _plain.Cursor.ShouldBe("a");
    }
}
