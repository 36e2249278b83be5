using Longhaul.Cli.Hosting;
using Longhaul.Cli.Parsing;
using Longhaul.Cli.Tests.Support;
using Longhaul.Memory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longhaul.Cli.Tests;

/// <summary><c>work</c> and <c>run</c> inside an application.</summary>
public sealed partial class WorkTests : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly Terminal _terminal = new();

    public WorkTests()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddLonghaul(longhaul => longhaul
            .UseStore(_ => new MemoryStore())
            .AddHandler<Hello>(static (job, context, _) =>
            {
                Said(context.Log, job.Name);
                context.Log.LogDebug("a detail");
                return Task.CompletedTask;
            })
            .AddHandler<Bad>(static (job, _, _) => throw new InvalidOperationException(job.Message)));
        _services = services.BuildServiceProvider();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task On_a_terminal_it_says_what_it_does()
    {
        await RunAsync(_terminal, """push test.hello --payload '{"name":"Ann"}'""");

        var run = (await RunAsync(Looking, "run")).Ends(0);

        var lines = run.Lines;
        lines.Length.ShouldBe(3);
        lines[0].ShouldBe("Processing: test.hello");
        lines[1].ShouldBe("Hello Ann");
        lines[2].ShouldMatch(@"^Processed:  test\.hello \(\d+(\.\d+)?s\)$");
    }

    [Fact]
    public async Task A_failure_says_why()
    {
        await RunAsync(_terminal, """push test.bad --payload '{"message":"disk \u001b[2Jfull"}' --max-attempts 2""");

        var lines = (await RunAsync(Looking, "work --stop-when-empty")).Ends(0).Lines;

        lines.ShouldBe(["Processing: test.bad", @"Failed: test.bad: disk \x1b[2Jfull (attempt 1 of 2, next in 1 min)"]);
        (await RunAsync(_terminal, "jobs --state retrying")).Lines.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Tries_on_the_command_line_win()
    {
        await RunAsync(_terminal, """push test.bad --payload '{"message":"no"}'""");

        (await RunAsync(Looking, "run --tries 1")).Ends(0).Lines[^1].ShouldBe("Failed: test.bad: no");

        (await RunAsync(_terminal, "failed")).Out.ShouldContain("System.InvalidOperationException: no");
    }

    [Fact]
    public async Task In_a_pipe_each_line_has_its_time_and_job()
    {
        var id = (await RunAsync(_terminal, """push test.hello --payload '{"name":"Ann"}'""")).Out.Trim();

        var lines = (await RunAsync(_terminal, "run")).Ends(0).Lines;

        lines.ShouldAllBe(static line => line.Length > 21 && line[10] == 'T' && line[19] == 'Z');
        lines.ShouldContain(line => line.EndsWith($" [{id}] Processing: test.hello", StringComparison.Ordinal));
        lines.ShouldContain(line => line.EndsWith($" [{id}] Hello Ann", StringComparison.Ordinal));
        lines[0].ShouldContain("began");
    }

    [Fact]
    public async Task Verbose_shows_all_lines()
    {
        await RunAsync(_terminal, """push test.hello --payload '{"name":"Ann"}'""");

        var run = (await RunAsync(Looking, "run -v")).Ends(0);

        run.Out.ShouldContain("a detail");
        run.Out.ShouldContain("Worker ");
    }

    [Fact]
    public async Task Once_does_one_job()
    {
        for (var i = 0; i < 3; i++)
            await RunAsync(_terminal, "push test.hello");

        (await RunAsync(Looking, "queue:work --once")).Ends(0).Lines.Count(static line => line.StartsWith("Processed", StringComparison.Ordinal)).ShouldBe(1);
        (await RunAsync(_terminal, "jobs --state pending")).Lines.Length.ShouldBe(2);
        (await RunAsync(Looking, "queue:work --once --queue empty")).Ends(0).Out.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("run --queue emails", 1)]
    [InlineData("queue/run emails", 1)]
    [InlineData("run --queue emails,default", 2)]
    [InlineData("run", 2)]
    [InlineData("run --max-jobs 1", 1)]
    [InlineData("work emails --stop-when-empty --concurrency 1 --memory 100000 --max-time 1h --timeout 60 --sleep 3 --shutdown-timeout 5 --fair --time-slice --long 1", 1)]
    public async Task Queues_and_limits_are_obeyed(string line, int expected)
    {
        await RunAsync(_terminal, "push test.hello --queue emails");
        await RunAsync(_terminal, "push test.hello");

        var run = (await RunAsync(_terminal, line)).Ends(0);

        (await RunAsync(_terminal, "jobs --state completed")).Lines.Length.ShouldBe(expected, run.Out);
    }

    [Fact]
    public async Task A_log_file_takes_the_lines()
    {
        var folder = Directory.CreateTempSubdirectory("longhaul-cli-");
        var file = Path.Combine(folder.FullName, "worker.log");
        await RunAsync(_terminal, """push test.hello --payload '{"name":"Ann"}'""");

        (await RunAsync(Looking, $"run --log-file {file}")).Ends(0).Out.ShouldBeEmpty();

        (await File.ReadAllTextAsync(file, Cancel)).ShouldContain("Hello Ann");
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_log_file_that_cannot_be_written_is_wrong_use()
        => (await RunAsync(_terminal, "run --log-file /no/such/folder/x.log")).Ends(2).Error.ShouldContain("--log-file");

    [Fact]
    public async Task A_worker_that_is_told_to_stop_ends_with_0()
    {
        using var stop = new CancellationTokenSource();
        var lines = new LineWriter();
        var working = (_terminal with { Output = lines }).RunAsync(new HostApplication(_services), ["work"], stop.Token);
        await RunAsync(_terminal, """push test.hello --payload '{"name":"Ann"}'""");
        await lines.UntilAsync("Processed:");

        await stop.CancelAsync();

        (await working).Ends(0);
        lines.Text.ShouldContain("ended");
    }

    [Fact]
    public async Task A_payload_is_checked_against_its_type()
        => (await RunAsync(_terminal, """push test.hello --payload '{"name":5}'""")).Ends(2).Error.ShouldContain("test.hello");

    /// <summary>B78.</summary>
    [Theory]
    [InlineData("Lease", "2")]
    [InlineData("Lease", "0")]
    [InlineData("Lease", "-30")]
    [InlineData("Heartbeat", "-1")]
    [InlineData("Concurrency", "0")]
    public async Task Settings_of_a_worker_that_do_not_hold_are_refused_by_name(string key, string value)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("Longhaul:Worker:" + key, value)]).Build());
        services.AddLonghaul(static longhaul => longhaul.UseStore(static _ => new MemoryStore()).AddHandler<Hello>(static (_, _, _) => Task.CompletedTask));
        await using var provider = services.BuildServiceProvider();

        var run = (await _terminal.RunAsync(new HostApplication(provider), ["run"], Cancel)).Ends(2);

        run.Error.ShouldContain(key);
        run.Out.ShouldBeEmpty();
    }

    [Fact]
    public void Options_win_over_what_the_application_says()
    {
        var options = Apply("work emails --queue reports --concurrency 3 --long 2 --memory 512 --max-jobs 10 --max-time 1h --sleep 3 --shutdown-timeout 00:05:00 --fair --time-slice 2m --exit-when-code-hangs", new WorkerOptions { QueueNames = ["x"] });

        options.QueueNames.ShouldBe(["emails", "reports"]);
        options.Concurrency.ShouldBe(3);
        options.LongSlots.ShouldBe(2);
        options.MemoryLimitMegabytes.ShouldBe(512);
        options.MaxJobs.ShouldBe(10);
        options.MaxTime.ShouldBe(TimeSpan.FromHours(1));
        options.PollInterval.ShouldBe(TimeSpan.FromSeconds(3));
        options.ShutdownTimeout.ShouldBe(TimeSpan.FromMinutes(5));
        options.Fair.ShouldBeTrue();
        options.TimeSlice.ShouldBe(TimeSpan.FromMinutes(2));
        options.ExitWhenCodeHangs.ShouldBeTrue();
        options.OverrideJobs.ShouldBeFalse();
        Apply("work --time-slice", new WorkerOptions()).TimeSlice.ShouldBe(TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void What_is_not_said_stays_as_the_application_says()
    {
        var options = Apply("work", new WorkerOptions { QueueNames = ["x"], Concurrency = 7, Timeout = TimeSpan.FromMinutes(1), StopWhenEmpty = true, Fair = true });

        options.QueueNames.ShouldBe(["x"]);
        options.Concurrency.ShouldBe(7);
        options.Timeout.ShouldBe(TimeSpan.FromMinutes(1));
        options.StopWhenEmpty.ShouldBeTrue();
        options.Fair.ShouldBeTrue();
    }

    [Fact]
    public void Only_tries_and_timeouts_that_are_said_here_win_over_jobs()
    {
        var options = Apply("work --tries 5", new WorkerOptions { Timeout = TimeSpan.FromMinutes(1) });

        options.OverrideJobs.ShouldBeTrue();
        options.MaxAttempts.ShouldBe(5);
        options.Timeout.ShouldBeNull("the application's own is a default for jobs that say nothing, which cannot be had together with an override");
    }

    [Theory]
    [InlineData("work --processes 3 --queue a", "work --queue a")]
    [InlineData("--store sqlite:x work --processes=3", "--store sqlite:x work")]
    [InlineData("worker:multi --queue a", "work --queue a")]
    [InlineData("queue:work emails --processes 2 -v", "queue:work emails -v")]
    public void A_child_of_several_processes_is_one(string parent, string child)
        => Working.Processes.ChildArguments(parent.Split(' '), "worker:multi").ShouldBe(child.Split(' '));

    private static WorkerOptions Apply(string line, WorkerOptions options)
    {
        var parser = new WorkOptionsParser();
        var verb = new Verb("work", "") { Group = VerbGroup.Work, Examples = [], Run = static (_, _, _) => Task.FromResult(0) };
        parser.AddTo(verb);
        parser.Apply(new System.CommandLine.RootCommand { verb }.Parse(line), options);
        return options;
    }

    [LoggerMessage(1, LogLevel.Information, "Hello {Name}")]
    private static partial void Said(ILogger logger, string? name);

    private Terminal Looking => _terminal.With("TERM", "dumb") with { IsTerminal = true };

    private Task<CliRun> RunAsync(Terminal terminal, string line) => terminal.RunAsync(new HostApplication(_services), Words.Of(line), Cancel);

    [Job("test.hello")]
    public sealed record Hello(string? Name = null);

    [Job("test.bad")]
    public sealed record Bad(string Message);
}
