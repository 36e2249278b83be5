using System.Text.Json;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Tests.Jobs;

public sealed class JobContextTests
{
    private readonly FakeJob _job = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_context_says_what_the_run_is()
    {
        _job.FailedAttempts = 1;

        var context = _job.Claim(policy: new JobPolicy { MaxAttempts = 2 });

        context.Id.ShouldBe(FakeJob.Id);
        (context.Name, context.Queue, context.Owner).ShouldBe(("test.job", "tests", "ann"));
        (context.Attempt, context.MaxAttempts, context.IsLastAttempt).ShouldBe((2, 2, true));
        (context.RunNumber, context.FenceToken).ShouldBe((1, 1_001));
        context.CreatedAt.ShouldBe(Longhaul.Conformance.ManualClock.Start);
        context.StopReason.ShouldBe(StopReason.None);
    }

    [Fact]
    public void The_first_of_three_attempts_is_not_the_last()
    {
        var context = _job.Claim();

        (context.Attempt, context.MaxAttempts, context.IsLastAttempt).ShouldBe((1, JobDefaults.MaxAttempts, false));
    }

    [Fact]
    public void A_result_is_written_as_json_and_the_last_counts()
    {
        var context = _job.Claim();

        context.SetResult(new { Photos = 1 });
        context.SetResult(new { Photos = 2 });
        _job.Flush();

        _job.Result!.Value.GetProperty("photos").GetInt32().ShouldBe(2);
    }

    [Fact]
    public void A_result_over_1_MiB_is_refused_at_the_call()
        => Should.Throw<ArgumentException>(() => _job.Claim().SetResult(new string('x', JobLimits.ResultBytes))).Message.ShouldContain("1048576");

    [Fact]
    public async Task A_child_has_its_id_at_once_and_is_written_with_the_next_flush()
    {
        var context = _job.Claim();

        var id = await context.EnqueueAsync("payload", new EnqueueOptions { Queue = "other" }, Cancel);
        _job.Children.ShouldBeEmpty();
        _job.Flush();

        var child = _job.Children[id];
        (child.Queue, child.EnqueuedBy).ShouldBe(("other", FakeJob.Id));
        JsonSerializer.Deserialize<string>(child.Payload.Span).ShouldBe("payload");
    }

    [Fact]
    public async Task A_flood_of_children_is_flushed_on_the_way()
    {
        var context = _job.Claim();

        for (var i = 0; i < 10_000; i++)
            await context.EnqueueAsync(i, cancellationToken: Cancel);

        _job.Children.Count.ShouldBe(10_000);
    }

    [Fact]
    public void Lines_from_information_on_are_stored_and_all_go_to_the_host()
    {
        var host = new ListLogger();
        var job = new FakeJob { Logger = host };
        var context = job.Claim();
        var error = new IOException("disk");

        context.Log.LogDebug("hidden");
        context.Log.LogInformation("three photos");
        context.Log.LogError(error, "stopped");
        job.Flush();

        host.Lines.ShouldBe(["hidden", "three photos", "stopped"]);
        job.Logs.Select(static l => l.Level).ShouldBe([2, 4]);
        job.Logs[0].Text.ShouldBe("three photos");
        job.Logs[1].Text.ShouldStartWith("stopped\nSystem.IO.IOException: disk");
        job.Logs[0].At.ShouldBe(Longhaul.Conformance.ManualClock.Start);
    }

    [Theory]
    [InlineData('x', 1)]
    [InlineData('ä', 2)]
    [InlineData('語', 3)]
    public void A_long_line_is_cut_at_8_KiB(char letter, int bytes)
    {
        var text = JobLog.Shorten(new string(letter, 10_000));

        var size = System.Text.Encoding.UTF8.GetByteCount(text);
        size.ShouldBeLessThanOrEqualTo(JobLimits.LogLineLength);
        size.ShouldBeGreaterThan(JobLimits.LogLineLength - 20 - bytes);
    }

    [Fact]
    public async Task A_step_is_traced_with_its_outcome_and_time()
    {
        var context = _job.Claim();

        var size = await context.TraceAsync("preview_extraction", "photo-1", "exiftool", 2, step =>
        {
            _job.Clock.Advance(TimeSpan.FromMilliseconds(250));
            step.Info(new { Width = 640 });
            return Task.FromResult(640);
        });
        _job.Flush();

        size.ShouldBe(640);
        var trace = _job.Traces.ShouldHaveSingleItem();
        (trace.Type, trace.Subject, trace.Method, trace.Order, trace.Success, trace.Milliseconds).ShouldBe(("preview_extraction", "photo-1", "exiftool", 2, true, 250));
        System.Text.Encoding.UTF8.GetString(trace.ResultInfo.Span).ShouldBe("{\"width\":640}");
    }

    [Theory]
    [InlineData("a\0b", """{"text":"a\ufffdb"}""")]
    [InlineData("\0\0", """{"text":"\ufffd\ufffd"}""")]
    [InlineData("\\u0000 and \\\0", """{"text":"\\u0000 and \\\ufffd"}""")]
    public async Task What_a_step_tells_holds_no_nul(string text, string expected)
    {
        var context = _job.Claim();

        await context.TraceAsync("preview", "photo-1", null, 1, step =>
        {
            step.Info(new { text });
            return Task.CompletedTask;
        });
        _job.Flush();

        System.Text.Encoding.UTF8.GetString(_job.Traces.ShouldHaveSingleItem().ResultInfo.Span).ShouldBe(expected);
    }

    [Fact]
    public async Task A_step_that_throws_is_traced_and_thrown_on()
    {
        var context = _job.Claim();

        await Should.ThrowAsync<IOException>(() => context.TraceAsync("preview", "photo-1", null, 1, _ => throw new IOException("no preview")));
        await context.TraceAsync("preview", "photo-1", "other", 2, step =>
        {
            step.Fail("nothing found");
            return Task.CompletedTask;
        });
        _job.Flush();

        _job.Traces.Select(static t => (t.Success, t.Reason)).ShouldBe([(false, "no preview"), (false, "nothing found")]);
    }

    [Fact]
    public async Task A_step_that_was_interrupted_says_so()
    {
        var context = _job.Claim();
        context.Run.Stop(StopReason.Shutdown);

        await Should.ThrowAsync<OperationCanceledException>(() => context.TraceAsync("preview", "photo-1", null, 1, _ => throw new OperationCanceledException()));
        _job.Flush();

        _job.Traces.ShouldHaveSingleItem().Reason.ShouldBe("interrupted: Shutdown");
    }

    [Fact]
    public void A_trace_refuses_what_nobody_could_read()
    {
        var context = _job.Claim();

        Should.Throw<ArgumentException>(() => context.Trace("", "subject", null, 1, success: true));
        Should.Throw<ArgumentException>(() => context.Trace("type", "", null, 1, success: true));
        Should.Throw<ArgumentOutOfRangeException>(() => context.Trace("type", "subject", null, 0, success: true));
        Should.Throw<ArgumentOutOfRangeException>(() => context.Trace("type", new string('x', 1_001), null, 1, success: true));
        Should.Throw<ArgumentException>(() => context.Trace("type", "subject", null, 1, success: true, info: new string('x', 9_000))).Message.ShouldContain("8192");
    }

    private sealed class ListLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Lines.Add(formatter(state, exception));
    }
}
