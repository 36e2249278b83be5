using System.Text;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Tests.Jobs;

public sealed class RunStateTests
{
    private readonly FakeJob _job = new();

    [Fact]
    public void A_run_with_nothing_to_tell_makes_no_update()
    {
        var run = _job.Claim().Run;

        run.TakeUpdate(final: false).ShouldBeNull();
        run.TakeUpdate(final: true).ShouldBeNull();
    }

    [Fact]
    public void What_was_taken_is_not_taken_again()
    {
        var context = _job.Claim();
        context.Progress.Report(1, 10);
        context.Log.LogInformation("hello");
        context.Checkpoint.Set(1);
        context.SetResult(2);

        context.Run.TakeUpdate(final: false).ShouldNotBeNull();

        context.Run.TakeUpdate(final: false).ShouldBeNull();
    }

    [Fact]
    public void Of_many_reports_the_latest_is_written()
    {
        var context = _job.Claim();

        for (var done = 0; done <= 1_000; done++)
        {
            context.Progress.Report(done, 1_000, $"at {done}");
            context.Checkpoint.Set(done);
        }

        var update = context.Run.TakeUpdate(final: false)!;
        (update.Progress!.Done, update.Progress.Note).ShouldBe((1_000, "at 1000"));
        Encoding.UTF8.GetString(update.Checkpoint!.Body.Span).ShouldContain("\"state\":1000");
    }

    [Fact]
    public async Task An_update_that_is_put_back_comes_again_in_order_and_newer_values_win()
    {
        var context = _job.Claim();
        context.Log.LogInformation("one");
        context.Trace("step", "first", null, 1, success: true);
        var child = await context.EnqueueAsync("first", cancellationToken: TestContext.Current.CancellationToken);
        context.SetResult("old");
        context.Checkpoint.Set("old");
        context.Progress.Report(1);
        var lost = context.Run.TakeUpdate(final: false)!;

        context.Log.LogInformation("two");
        context.Trace("step", "second", null, 1, success: true);
        var second = await context.EnqueueAsync("second", cancellationToken: TestContext.Current.CancellationToken);
        context.SetResult("new");
        context.Checkpoint.Set("new");
        context.Progress.Report(2);
        context.Run.PutBack(lost);

        var update = context.Run.TakeUpdate(final: false)!;
        update.Logs.Select(static l => l.Text).ShouldBe(["one", "two"]);
        update.Traces.Select(static t => t.Subject).ShouldBe(["first", "second"]);
        update.Children.Select(static c => c.Id).ShouldBe([child, second]);
        Encoding.UTF8.GetString(update.Result!.Value.Span).ShouldBe("\"new\"");
        Encoding.UTF8.GetString(update.Checkpoint!.Body.Span).ShouldContain("new");
        update.Checkpoint.Order.ShouldBeGreaterThan(lost.Checkpoint!.Order);
        update.Progress!.Done.ShouldBe(2);
    }

    [Fact]
    public void What_is_put_back_alone_comes_again_as_it_was()
    {
        var context = _job.Claim();
        context.SetResult("kept");
        context.Checkpoint.Set("kept");
        context.Run.NoteHeadway();
        context.Run.PutBack(context.Run.TakeUpdate(final: true)!);

        var update = context.Run.TakeUpdate(final: false)!;

        update.Result.ShouldNotBeNull();
        update.Checkpoint!.Keep.ShouldBeTrue();
        update.Headway.ShouldBeTrue();
    }

    [Fact]
    public void Of_more_than_10_000_log_lines_the_oldest_go_and_one_line_says_so()
    {
        var context = _job.Claim();
        for (var i = 0; i < JobLimits.LogLinesPerJob + 5; i++)
            context.Run.Buffers.Add(new LogLine(default, 2, $"line {i}"));

        var logs = context.Run.TakeUpdate(final: true)!.Logs;

        logs.Count.ShouldBe(JobLimits.LogLinesPerJob + 1);
        logs[0].Text.ShouldStartWith("5 log lines");
        logs[1].Text.ShouldBe("line 5");
    }

    [Fact]
    public void An_update_is_at_most_about_4_MiB_unless_it_is_the_last()
    {
        var context = _job.Claim();
        for (var i = 0; i < 1_000; i++)
            context.Run.Buffers.Add(new LogLine(default, 2, new string('x', 8_000)));

        var first = context.Run.TakeUpdate(final: false)!;
        var rest = context.Run.TakeUpdate(final: true)!;

        first.Size.ShouldBeInRange(JobLimits.FlushBytes / 2, JobLimits.FlushBytes + 50_000);
        (first.Logs.Count + rest.Logs.Count).ShouldBe(1_000);
    }

    [Fact]
    public void The_last_update_keeps_a_copy_of_the_checkpoint_even_when_it_was_flushed_before()
    {
        var context = _job.Claim();
        context.Checkpoint.Set(1);
        context.Run.TakeUpdate(final: false)!.Checkpoint!.Keep.ShouldBeFalse();

        context.Run.TakeUpdate(final: true)!.Checkpoint!.Keep.ShouldBeTrue();
    }

    [Fact]
    public async Task A_run_that_changes_nothing_keeps_no_copy()
    {
        await _job.RunAsync(context =>
        {
            context.Checkpoint.Set(1);
            return Task.CompletedTask;
        });

        _job.Claim().Run.TakeUpdate(final: true).ShouldBeNull();
    }

    [Fact]
    public void A_large_checkpoint_is_paced_by_its_last_write()
    {
        var context = _job.Claim();
        context.Checkpoint.Set(new string('x', JobLimits.SmallCheckpointBytes));
        var first = context.Run.TakeUpdate(final: false)!;
        context.Run.Written(first, TimeSpan.FromSeconds(1));
        context.Checkpoint.Set(new string('y', JobLimits.SmallCheckpointBytes));

        context.Run.TakeUpdate(final: false).ShouldBeNull();
        _job.Clock.Advance(TimeSpan.FromSeconds(9));
        context.Run.TakeUpdate(final: false).ShouldBeNull();
        _job.Clock.Advance(TimeSpan.FromSeconds(1));
        context.Run.TakeUpdate(final: false)!.Checkpoint.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_large_checkpoint_is_written_at_once_at_the_end_and_when_asked_for()
    {
        var context = _job.Claim();
        context.Checkpoint.Set(new string('x', JobLimits.SmallCheckpointBytes));
        context.Run.Written(context.Run.TakeUpdate(final: false)!, TimeSpan.FromSeconds(1));
        context.Checkpoint.Set(new string('y', JobLimits.SmallCheckpointBytes));

        await context.Checkpoint.SaveAsync(TestContext.Current.CancellationToken);
        _job.CheckpointText.ShouldContain("yyy");
        context.Checkpoint.Set(new string('z', JobLimits.SmallCheckpointBytes));

        context.Run.TakeUpdate(final: true)!.Checkpoint.ShouldNotBeNull();
    }

    [Fact]
    public void Headway_is_told_once_noted()
    {
        var run = _job.Claim().Run;

        run.NoteHeadway();

        run.TakeUpdate(final: false)!.Headway.ShouldBeTrue();
    }

    [Fact]
    public void A_handlers_own_state_is_no_headway()
    {
        var context = _job.Claim();

        context.Checkpoint.Set(1);

        context.Run.TakeUpdate(final: false)!.Headway.ShouldBeFalse();
    }
}
