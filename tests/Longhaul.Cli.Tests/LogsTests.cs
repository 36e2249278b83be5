using Longhaul.Cli.Output;
using Longhaul.Cli.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Cli.Tests;

public sealed class LogsTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Nothing_logged_is_said_on_a_terminal_and_nothing_in_a_pipe()
    {
        await _world.AddAsync();

        (await _world.LookAsync("logs 1")).Ends(0).Out.ShouldContain("No lines.");
        (await _world.RunAsync("logs 1")).Ends(0).Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task Lines_are_shown_oldest_first()
    {
        await LogAsync("default", "one", "two\nlines", "three");

        var run = (await _world.RunAsync("logs 1")).Ends(0);

        run.Lines.ShouldBe(
        [
            "2026-01-15T12:00:00Z\t1\t1\ttest.job\tinfo\tone",
            "2026-01-15T12:00:00Z\t1\t1\ttest.job\tinfo\ttwo\\nlines",
            "2026-01-15T12:00:00Z\t1\t1\ttest.job\tinfo\tthree",
        ]);
        (await _world.LookAsync("logs 1")).Ends(0).Out.ShouldContain("lines");
        (await _world.RunAsync("logs 1 --json")).Ends(0).Json.GetProperty("logs")[1].GetProperty("text").GetString().ShouldBe("two\nlines");
    }

    [Theory]
    [InlineData("logs", 4)]
    [InlineData("logs --lines 1", 1)]
    [InlineData("logs --lines 0", 0)]
    [InlineData("logs --queue emails", 1)]
    [InlineData("logs --queue 'e*'", 1)]
    [InlineData("logs --name 'test.*'", 4)]
    [InlineData("logs --name other", 0)]
    [InlineData("logs --level warning", 1)]
    [InlineData("logs 2", 1)]
    public async Task Lines_are_chosen(string line, int expected)
    {
        await LogAsync("default", "one", "two", "!three");
        await LogAsync("emails", "four");

        (await _world.RunAsync(line)).Ends(0).Lines.Length.ShouldBe(expected);
    }

    [Fact]
    public async Task Following_a_job_that_has_ended_ends()
    {
        var id = await _world.AddFailedAsync();

        (await _world.RunAsync($"logs {id} --follow")).Ends(0);
    }

    [Fact]
    public async Task Following_shows_each_new_line_once()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());
        await worker.WriteAsync(run, update => update with { Logs = [Make.Line("before")] });
        var lines = new LineWriter();
        _world.Terminal = _world.Terminal with { Output = lines };

        var following = _world.RunAsync(["logs", run.Key.Job.ToString(), "--follow"]);
        await lines.UntilAsync("before");
        while (!worker.OrdersFor(run).Any(static order => order.Kind == RunOrderKind.Watch)) // who follows is said to watch before anything new is read
            await Task.Yield();
        await worker.WriteAsync(run, update => update with { Logs = [Make.Line("after 1"), Make.Line("after 2")] });
        await lines.UntilAsync("after 2", () => _world.Clock.Advance(TimeSpan.FromSeconds(1)));
        await worker.EndAsync(run, Outcome.Completed, settlement => settlement with { Update = new RunUpdate { Key = run.Key, Logs = [Make.Line("last")] } });
        await lines.UntilAsync("last", () => _world.Clock.Advance(TimeSpan.FromSeconds(1)));
        while (!following.IsCompleted)
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await following).Ends(0);
        lines.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split('\t')[^1]).ShouldBe(["before", "after 1", "after 2", "last"]);
    }

    [Fact]
    public async Task A_tail_misses_nothing_however_much_comes_at_once()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());
        await worker.WriteAsync(run, update => update with { Logs = [Make.Line("first")] });
        var tail = new LogTail(_world.Store, new LogFilter());
        (await tail.LastAsync(10, Cancel)).Count.ShouldBe(1);
        await worker.WriteAsync(run, update => update with { Logs = [.. Enumerable.Range(0, 5_000).Select(static i => Make.Line($"line {i}"))] });

        (await tail.NewAsync(Cancel)).Select(static line => line.Line.Text).ShouldBe(Enumerable.Range(0, 5_000).Select(static i => $"line {i}"));
        (await tail.NewAsync(Cancel)).ShouldBeEmpty();
    }

    private async Task LogAsync(string queue, params string[] lines)
    {
        using var worker = await _world.WorkerAsync(record => record with { Queues = [queue] });
        var run = await worker.ClaimOneAsync(await _world.AddAsync(job => job with { Queue = queue }));
        await worker.WriteAsync(run, update => update with { Logs = [.. lines.Select(static line => Make.Line(line, line[0] == '!' ? 3 : 2))] });
    }
}
