using Longhaul.Cli.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Cli.Tests;

/// <summary>B75: what jobs and people wrote is shown escaped, on terminals and in pipes.</summary>
public sealed class EscapingTests : IAsyncDisposable
{
    private const string Nasty = "\u001b[2J\u001b]0;owned\a [bold red]x[/] \u202eevil\r\nsecond";

    private readonly World _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("jobs")]
    [InlineData("failed")]
    [InlineData("show 1 --history --items --traces")]
    [InlineData("logs")]
    [InlineData("workers")]
    [InlineData("info")]
    [InlineData("monitor")]
    public async Task Nothing_that_jobs_wrote_reaches_the_terminal_as_it_is(string line)
    {
        using var worker = await NastyWorldAsync();

        foreach (var variant in new[] { line, line + " --json" })
        {
            var run = (await _world.RunAsync(variant)).Ends(0);
            run.Out.ShouldNotContain('\u001b');
            run.Out.ShouldNotContain('\a');
            run.Out.ShouldNotContain('\u202e');
        }

        var shown = (await _world.LookPlainAsync(line)).Ends(0);
        shown.Out.ShouldNotContain('\u001b');
        shown.Out.ShouldNotContain('\a');
        shown.Out.ShouldNotContain('\u202e');
    }

    [Fact]
    public async Task Markup_is_shown_as_text()
    {
        using var worker = await NastyWorldAsync();

        (await _world.LookAsync("show 1")).Ends(0).Out.ShouldContain("[bold red]x[/]");
        (await _world.LookAsync("logs 1")).Ends(0).Out.ShouldContain("[bold red]x[/]");
    }

    private async Task<TestWorker> NastyWorldAsync()
    {
        var id = await _world.AddAsync(static job => job with { Description = Nasty, Tags = [Nasty], Unique = new UniqueKey(Nasty, UniqueScope.UntilFinished) });
        var worker = await _world.WorkerAsync(static record => record with { Name = Nasty, HostName = Nasty });
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, static update => update with
        {
            Progress = new ProgressRecord { Note = Nasty, Phase = Nasty },
            Logs = [Make.Line(Nasty)],
            ItemFailures = [Make.ItemFailure("1", Nasty) with { Label = Nasty }],
            Traces = [new TraceRecord { At = ManualClock.Start, Type = Nasty, Subject = Nasty, Method = Nasty, Success = false, Reason = Nasty }],
        });
        await worker.EndAsync(run, Outcome.Failed, static settlement => settlement with { Error = new JobError(Nasty, Nasty, Nasty) });
        return worker;
    }
}
