using Longhaul.Cli.Tests.Support;

namespace Longhaul.Cli.Tests;

/// <summary><c>clear</c> and <c>flush</c> ask with the count; without a terminal only --yes lets them.</summary>
public sealed class DestructiveTests : IAsyncDisposable
{
    private readonly World _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("clear", "2 pending jobs of the queue default")]
    [InlineData("queue:clear", "2 pending jobs of the queue default")]
    [InlineData("clear ingest", "1 pending job of the queue ingest")]
    [InlineData("clear --all", "3 pending jobs of all queues")]
    [InlineData("flush", "1 failed job of all queues")]
    [InlineData("queue:flush", "1 failed job of all queues")]
    [InlineData("flush --queue ingest", "0 failed jobs of the queue ingest")]
    public async Task Without_a_terminal_nothing_is_done(string line, string count)
    {
        await FillAsync();

        var run = (await _world.RunAsync(line)).Ends(2);

        run.Out.ShouldBeEmpty();
        run.Error.ShouldContain(count);
        run.Error.ShouldContain("--yes");
        (await _world.RunAsync(line + " --json")).Ends(2).Json.GetProperty("error").GetProperty("hint").GetString().ShouldBe("add --yes");
        (await _world.RunAsync("jobs")).Lines.Length.ShouldBe(4);
    }

    [Theory]
    [InlineData("clear --yes", "2 pending jobs of the queue default deleted", 2)]
    [InlineData("clear ingest -y", "1 pending job of the queue ingest deleted", 3)]
    [InlineData("clear --queue ingest,default --yes", "3 pending jobs of the queues ingest, default deleted", 1)]
    [InlineData("clear --all --yes", "3 pending jobs of all queues deleted", 1)]
    [InlineData("flush --yes", "1 failed job of all queues deleted", 3)]
    [InlineData("flush --queue ingest --yes", "0 failed jobs of the queue ingest deleted", 4)]
    public async Task With_yes_it_is_done(string line, string said, int left)
    {
        await FillAsync();

        (await _world.RunAsync(line)).Ends(0).Out.ShouldBe(said + "\n");

        (await _world.RunAsync("jobs")).Lines.Length.ShouldBe(left);
    }

    [Theory]
    [InlineData("y\n", 0, 2)]
    [InlineData("YES\n", 0, 2)]
    [InlineData("n\n", 1, 4)]
    [InlineData("\n", 1, 4)]
    [InlineData("", 1, 4)]
    public async Task On_a_terminal_it_asks(string answer, int exitCode, int left)
    {
        await FillAsync();
        _world.Terminal = _world.Terminal.Typing(answer);

        var run = (await _world.LookAsync("clear")).Ends(exitCode);

        run.Error.ShouldStartWith("Delete 2 pending jobs of the queue default? [y/N]");
        (await _world.RunAsync("jobs")).Lines.Length.ShouldBe(left);
    }

    [Fact]
    public async Task Ctrl_C_at_the_question_ends_it_and_nothing_is_done()
    {
        await FillAsync();
        using var stop = new CancellationTokenSource();
        using var silent = new SilentInput();
        var terminal = _world.Terminal;
        _world.Terminal = terminal with { IsTerminal = true, InputStream = silent };

        var run = _world.RunAsync(["clear"], stop.Token);
        await silent.Asked.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await stop.CancelAsync();

        (await run.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Ends(130).Error.ShouldEndWith("[y/N] \nlonghaul: interrupted\n");
        _world.Terminal = terminal;
        (await _world.RunAsync("jobs")).Lines.Length.ShouldBe(4);
    }

    [Fact]
    public async Task What_runs_is_not_touched()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());

        (await _world.RunAsync("clear --yes --json")).Ends(0).Json.GetProperty("deleted").GetInt32().ShouldBe(0);

        (await _world.StateAsync(run.Key.Job)).ShouldBe(JobState.Running);
    }

    [Fact]
    public async Task The_default_queue_is_that_of_the_environment()
    {
        await FillAsync();
        _world.Terminal = _world.Terminal.With("QUEUE_DEFAULT", "ingest");

        (await _world.RunAsync("clear --yes")).Ends(0).Out.ShouldContain("the queue ingest");
    }

    [Fact]
    public async Task Everything_and_one_queue_do_not_go_together()
        => (await _world.RunAsync("clear ingest --all --yes")).Ends(2);

    private async Task FillAsync()
    {
        await _world.AddFailedAsync();
        await _world.AddAsync();
        await _world.AddAsync(job => job with { Delay = TimeSpan.FromHours(1) });
        await _world.AddAsync(job => job with { Queue = "ingest" });
    }
}
