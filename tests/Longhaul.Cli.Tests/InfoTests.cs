using System.Text.RegularExpressions;
using Longhaul.Cli.Tests.Support;
using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Cli.Tests;

/// <summary><c>info</c>, <c>workers</c>, <c>doctor</c>, <c>monitor</c>.</summary>
public sealed class InfoTests : IAsyncDisposable
{
    private readonly World _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task The_badge_tells_how_the_whole_is()
    {
        (await BadgeAsync()).ShouldBe("unknown");
        var id = await _world.AddAsync();
        (await BadgeAsync()).ShouldBe("pending");
        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        (await BadgeAsync()).ShouldBe("stalled");
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        (await BadgeAsync()).ShouldBe("processing");
        await worker.EndAsync(run, Outcome.Completed);
        (await BadgeAsync()).ShouldBe("idle");
        await worker.CloseAsync();
        (await BadgeAsync()).ShouldBe("unknown");
    }

    [Fact]
    public async Task What_is_due_in_a_paused_queue_stalls_nothing()
    {
        using var worker = await _world.WorkerAsync();
        await _world.AddAsync();
        await _world.RunAsync("pause --queue default");
        _world.Clock.Advance(TimeSpan.FromSeconds(20));
        worker.Beat();
        _world.Clock.Advance(TimeSpan.FromSeconds(20));

        (await BadgeAsync()).ShouldBe("idle");
    }

    [Fact]
    public void A_stall_with_workers_names_the_job_that_nobody_handles()
    {
        var now = DateTimeOffset.UnixEpoch.AddDays(1);
        var queue = new QueueInfo { Name = "q", Due = 1, OldestDue = now.AddMinutes(-1) };
        var worker = new WorkerInfo(
            new WorkerRecord
            {
                Session = new SessionId(1),
                Name = "w",
                HostName = "h",
                Host = new HostIdentity(null, null, null),
                ProcessId = 1,
                Names = [],
                Concurrency = 1,
                Lease = TimeSpan.FromSeconds(30),
            },
            WorkerState.Active, now, now, now, 0);

        var (badge, hint) = QueueSummary.Judge([queue], [worker], [new UnhandledName("a.b", "q", 1, now)], now);

        badge.ShouldBe(Badge.Stalled);
        hint.ShouldContain("no running worker handles a.b on q");
    }

    [Theory]
    [InlineData("info --json")]
    [InlineData("queue/info --json")]
    public async Task As_json_it_has_the_shape_of_its_seed(string line)
    {
        await FillAsync();

        var json = (await _world.RunAsync(line)).Ends(0).Json;

        json.GetProperty("horizon").GetProperty("installed").GetBoolean().ShouldBeFalse();
        json.GetProperty("horizon").GetProperty("status").GetString().ShouldBe("inactive");
        var jobs = json.GetProperty("jobs");
        jobs.GetProperty("driver").GetString().ShouldBe("memory");
        jobs.GetProperty("pending").GetInt32().ShouldBe(3);
        jobs.GetProperty("reserved").GetInt32().ShouldBe(1);
        jobs.GetProperty("failed").GetInt32().ShouldBe(1);
        var worker = json.GetProperty("worker");
        worker.GetProperty("status").GetString().ShouldBe("processing");
        worker.GetProperty("likely_running").GetBoolean().ShouldBeTrue();
        worker.GetProperty("hint").GetString().ShouldBe("Jobs are being processed");
    }

    [Fact]
    public async Task A_pattern_chooses_queues()
    {
        await FillAsync();

        var json = (await _world.RunAsync("info --queue 'ingest*' --json")).Ends(0).Json;

        json.GetProperty("jobs").GetProperty("matching_pending").GetInt32().ShouldBe(2);
        json.GetProperty("jobs").GetProperty("pending").GetInt32().ShouldBe(3);
        json.GetProperty("queues").EnumerateArray().Select(static queue => queue.GetProperty("queue").GetString()).ShouldBe(["ingest", "ingest-preview"]);
    }

    [Fact]
    public async Task A_parent_of_workers_is_the_horizon()
    {
        using var worker = await _world.WorkerAsync(record => record with { Group = 7 });

        (await _world.RunAsync("info --json")).Json.GetProperty("horizon").GetProperty("status").GetString().ShouldBe("running");
    }

    [Fact]
    public async Task In_a_pipe_each_queue_is_a_line()
    {
        await FillAsync();

        var lines = (await _world.RunAsync("info")).Ends(0).Lines;

        lines.ShouldContain("status\tprocessing");
        lines.ShouldContain("workers\t1");
        lines.ShouldContain("queue\tdefault\t0\t1\t1\t1\t0\t-\t-");
        lines.ShouldContain("queue\tingest\t1\t0\t0\t0\t0\t2026-01-15T12:00:00Z\t-");
    }

    [Fact]
    public async Task On_a_terminal_queues_are_a_table()
    {
        await FillAsync();
        await _world.RunAsync("pause --queue ingest");

        var shown = (await _world.LookAsync("info")).Ends(0);

        foreach (var word in new[] { "processing", "Jobs are being processed", "Waiting", "Delayed", "Reserved", "Failed", "Done", "ingest (paused)" })
            shown.Out.ShouldContain(word);
    }

    [Fact]
    public async Task Workers_are_listed()
    {
        (await _world.LookAsync("workers")).Ends(0).Out.ShouldContain("No worker is running.");
        using var worker = await _world.WorkerAsync(record => record with { Queues = ["a", "b"] });

        (await _world.RunAsync("workers")).Ends(0).Lines.ShouldHaveSingleItem()
            .ShouldBe("worker\tactive\thost\t1000\t0/8\ta,b\t2026-01-15T12:00:00Z\t2026-01-15T12:00:00Z");
        var json = (await _world.RunAsync("workers --json")).Json.GetProperty("workers")[0];
        json.GetProperty("id").GetString().ShouldBe(worker.Session.ToString());
        json.GetProperty("state").GetString().ShouldBe("active");

        await worker.CloseAsync();
        (await _world.RunAsync("workers")).Out.ShouldBeEmpty();
        (await _world.RunAsync("workers --all")).Out.ShouldContain("\tgone\t");
    }

    [Fact]
    public async Task Doctor_finds_nothing_where_nothing_is_wrong()
    {
        (await _world.LookAsync("doctor")).Ends(0).Out.ShouldContain("nothing wrong was found");
        (await _world.RunAsync("doctor --json")).Ends(0).Json.GetProperty("healthy").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Doctor_tells_what_is_wrong_and_how_to_mend_it()
    {
        await _world.AddAsync(job => job with { Name = "a.b" });
        await _world.AddAsync(job => job with { Queue = "late" });
        await _world.RunAsync("pause --queue late");
        using var worker = await _world.WorkerAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(31));

        var run = (await _world.RunAsync("doctor")).Ends(1);

        run.Out.ShouldContain("no running worker handles a.b on default: 1 job due 31 s ago");
        run.Out.ShouldContain("longhaul resume --queue late");
        run.Out.ShouldContain("has not been heard of");
        (await _world.LookAsync("doctor")).Ends(1).Out.ShouldContain("longhaul recover");
        (await _world.RunAsync("doctor --json")).Ends(1).Json.GetProperty("findings").GetArrayLength().ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task The_monitor_shows_itself_until_q_is_pressed()
    {
        await FillAsync();
        _world.Terminal = _world.Terminal with { Keys = new([new ConsoleKeyInfo('x', ConsoleKey.X, false, false, false), new ConsoleKeyInfo('q', ConsoleKey.Q, false, false, false)]) };

        var shown = (await _world.LookAsync("monitor", width: 140)).Ends(0);

        shown.Out.ShouldStartWith("\u001b[?1049h");
        shown.Out.ShouldEndWith("\u001b[?1049l");
        foreach (var word in new[] { "PROCESSING", "test.job", "50.0%", "ingest-preview", "worker", "q quits" })
            shown.Out.ShouldContain(word);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    public async Task A_narrow_monitor_leaves_out_columns_and_breaks_no_line(int width)
    {
        await FillAsync();
        _world.Terminal = _world.Terminal with { Keys = new([new ConsoleKeyInfo('q', ConsoleKey.Q, false, false, false)]) };

        var shown = (await _world.LookAsync("monitor", width)).Ends(0);

        var lines = Regex.Replace(shown.Out, @"\u001b\[[0-9;?]*[A-Za-z]", "", RegexOptions.NonBacktracking).Split('\n');
        lines.ShouldAllBe(line => line.TrimEnd().Length <= width);
        lines.ShouldContain(static line => line.Contains(" 1 ") && line.Contains("test.job") && line.Contains("50.0%"));
        lines.ShouldContain(static line => line.Contains("Queue") && line.Contains("Waiting") && line.Contains("Failed"));
    }

    [Fact]
    public async Task Without_a_terminal_the_monitor_is_a_snapshot()
    {
        await FillAsync();

        var run = (await _world.RunAsync("monitor")).Ends(0);

        run.Lines.ShouldContain("status\tprocessing");
        run.Lines.ShouldContain(static line => line.StartsWith("job\t1\ttest.job\tdefault\trunning\t50.0%", StringComparison.Ordinal));
        (await _world.RunAsync("monitor --json")).Json.GetProperty("running")[0].GetProperty("progress").GetProperty("fraction").GetDouble().ShouldBe(0.5);
    }

    private async Task FillAsync()
    {
        var id = await _world.AddAsync();
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, update => update with { Progress = new ProgressRecord { Fraction = 0.5, Done = 5, Total = 10, Rate = 2, TimeLeft = TimeSpan.FromSeconds(3) } });
        await _world.AddFailedAsync();
        await _world.AddAsync(job => job with { Delay = TimeSpan.FromHours(1) });
        await _world.AddAsync(job => job with { Queue = "ingest" });
        await _world.AddAsync(job => job with { Queue = "ingest-preview", Delay = TimeSpan.FromHours(1) });
    }

    private async Task<string> BadgeAsync() => (await _world.RunAsync("info --json")).Ends(0).Json.GetProperty("worker").GetProperty("status").GetString()!;
}
