using Longhaul.Cli.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Cli.Tests;

public sealed class ShowTests : IAsyncDisposable
{
    private readonly World _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_running_job_shows_how_far_it_is()
    {
        using var worker = await _world.WorkerAsync(record => record with { Name = "web-1:77" });
        var run = await worker.ClaimOneAsync(await _world.AddAsync(job => job with { Description = "Import of June", Owner = "ann", Tags = ["a"] }));
        await worker.WriteAsync(run, update => update with
        {
            Progress = new ProgressRecord { Fraction = 0.65, Done = 650, Total = 1_000, Phase = "copy", Note = "IMG_0042.jpg", Rate = 12.5, TimeLeft = TimeSpan.FromSeconds(28) },
            Checkpoint = Make.Checkpoint("""{"at":650}"""),
        });

        var shown = (await _world.LookAsync($"show {run.Key.Job}")).Ends(0).Out;

        foreach (var expected in new[]
        {
            "Job 1", "test.job", "Import of June", "running", "███████████████████░", "65.0%", "650 of 1,000", "12.5/s", "28 s left",
            "copy", "IMG_0042.jpg", "1 of 3", "web-1:77", "2026-01-15 12:00:00", "ann", "7 bytes",
        })
        {
            shown.ShouldContain(expected);
        }

        shown.ShouldNotContain("""{"n":1}""");
    }

    [Fact]
    public async Task In_a_pipe_it_is_names_and_values()
    {
        var id = await _world.AddAsync(job => job with { Delay = TimeSpan.FromMinutes(5), Priority = 5 });

        var rows = (await _world.RunAsync($"show {id}")).Ends(0).Lines.Select(static line => line.Split('\t')).ToDictionary(static row => row[0], static row => row[1]);

        rows["id"].ShouldBe("1");
        rows["state"].ShouldBe("scheduled");
        rows["due"].ShouldBe("2026-01-15T12:05:00Z");
        rows["queue"].ShouldBe("default, priority 5");
        rows["attempt"].ShouldBe("1 of 3");
    }

    [Fact]
    public async Task It_says_why_a_job_waits()
    {
        var id = await _world.AddAsync();
        (await _world.RunAsync($"show {id}")).Out.ShouldContain("waits for\tno worker for this job");

        await _world.RunAsync("pause --queue default");
        (await _world.RunAsync($"show {id}")).Out.ShouldContain("waits for\tqueue paused");
    }

    [Fact]
    public async Task A_run_that_does_not_answer_a_cancel_is_shown_so()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());
        await _world.RunAsync($"cancel {run.Key.Job}");

        (await _world.RunAsync($"show {run.Key.Job}")).Out.ShouldContain("asked\tcancel asked\n");
        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        (await _world.RunAsync($"show {run.Key.Job}")).Out.ShouldContain("not responding");
    }

    [Fact]
    public async Task A_failed_job_shows_its_error_with_the_stack()
    {
        var id = await _world.AddFailedAsync();

        var shown = (await _world.LookAsync($"show {id}")).Ends(0).Out;

        shown.ShouldContain("TestException: it went wrong");
        shown.ShouldContain("at Test.Main()");
        (await _world.RunAsync($"show {id}")).Out.ShouldContain("error\tTestException: it went wrong\n");
    }

    [Fact]
    public async Task Its_lists_are_shown_when_asked_for()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());
        await worker.WriteAsync(run, update => update with
        {
            Checkpoint = Make.Checkpoint("""{"at":5}""", keep: true, phase: "inventory"),
            ItemFailures = [Make.ItemFailure("\"k1\"") with { Label = "photo k1" }],
            Traces = [new TraceRecord { At = ManualClock.Start, Type = "preview_extraction", Subject = "u-1", Method = "vips_fallback", Order = 2, Success = false, Reason = "no jpeg", Milliseconds = 142 }],
        });
        _world.Clock.Advance(TimeSpan.FromSeconds(3));
        await worker.EndAsync(run, Outcome.Retry, settlement => settlement with { Delay = TimeSpan.FromMinutes(1), Duration = TimeSpan.FromSeconds(3) });
        await _world.RunAsync($"release {run.Key.Job}");
        const string All = "--history --checkpoints --items --traces";

        var lines = (await _world.RunAsync($"show {run.Key.Job} {All}")).Ends(0).Lines;
        var json = (await _world.RunAsync($"show {run.Key.Job} {All} --json")).Ends(0).Json;
        var shown = (await _world.LookAsync($"show {run.Key.Job} {All}", width: 160)).Ends(0).Out;

        lines.ShouldContain(static line => line.StartsWith("history\t2026-01-15T12:00:03Z\tretried\t1\t3\tworker\tTestException: it went wrong", StringComparison.Ordinal));
        lines.ShouldContain(static line => line.StartsWith("history\t", StringComparison.Ordinal) && line.EndsWith("release by ann", StringComparison.Ordinal));
        lines.ShouldContain(static line => line.StartsWith("checkpoint\t", StringComparison.Ordinal) && line.EndsWith("\tinventory\t8", StringComparison.Ordinal));
        lines.ShouldContain(static line => line.StartsWith("item\tcopy\tphoto k1\t1\t", StringComparison.Ordinal));
        lines.ShouldContain("trace\t2026-01-15T12:00:00Z\tpreview_extraction\tu-1\tvips_fallback\t2\tfailed\t142\tno jpeg");
        json.GetProperty("history").GetArrayLength().ShouldBe(2);
        json.GetProperty("checkpoints")[0].GetProperty("phase").GetString().ShouldBe("inventory");
        json.GetProperty("items")[0].GetProperty("label").GetString().ShouldBe("photo k1");
        json.GetProperty("traces")[0].GetProperty("method").GetString().ShouldBe("vips_fallback");
        shown.ShouldContain("vips_fallback");
        shown.ShouldContain("photo k1");
    }

    [Fact]
    public async Task As_json_it_has_the_result()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());
        await worker.EndAsync(run, Outcome.Completed, settlement => settlement with { Update = new RunUpdate { Key = run.Key, Result = Make.Json("""{"pages":3}""") } });

        var json = (await _world.RunAsync($"show {run.Key.Job} --json")).Ends(0).Json;

        json.GetProperty("state").GetString().ShouldBe("completed");
        json.GetProperty("result").GetProperty("pages").GetInt32().ShouldBe(3);
        json.TryGetProperty("payload", out _).ShouldBeFalse();
    }
}
