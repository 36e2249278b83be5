using Longhaul.Testing;
using Microsoft.Extensions.Logging;

namespace Longhaul.Tests.Testing;

public sealed class JobTestTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Job("harness.import", MaxAttempts = 2, RetryDelaySeconds = 30, Queue = "imports")]
    public sealed record Import(string File);

    [Job("harness.row")]
    public sealed record Row(int Number);

    public sealed record Place(int Row);

    private sealed class ImportHandler(Action<string>? log = null) : IJobHandler<Import>
    {
        public async Task HandleAsync(Import job, JobContext context, CancellationToken cancellationToken)
        {
            var from = context.Checkpoint.Get<Place>()?.Row ?? 0;
            log?.Invoke($"from {from}");
            context.Log.LogInformation("reading {File}", job.File);
            for (var row = from; row < 1_000; row++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                context.Checkpoint.Set(new Place(row + 1));
            }

            await context.EnqueueAsync(new Row(1_000), new() { Delay = TimeSpan.FromMinutes(1), Tags = ["last"] }, cancellationToken);
            context.Progress.Report(1_000, 1_000, "done");
            context.SetResult(new Place(1_000));
        }

        public Task FailedAsync(Import job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
        {
            log?.Invoke($"failed: {failure.Message}");
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_run_tells_all_that_it_did()
    {
        var from = "";

        var run = await JobTest.RunAsync(new ImportHandler(text => from = text), new Import("a.csv"), resumeFrom: new Place(500), cancellationToken: Stop);

        run.Outcome.ShouldBe(JobTestOutcome.Completed);
        run.Error.ShouldBeNull();
        from.ShouldBe("from 500");
        run.LastCheckpoint<Place>().Row.ShouldBe(1_000);
        run.ResultAs<Place>().Row.ShouldBe(1_000);
        run.Progress!.Done.ShouldBe(1_000);
        run.Progress.Note.ShouldBe("done");
        run.Logs.ShouldBe([new JobTestLog(LogLevel.Information, "reading a.csv")]);
        var child = run.Enqueued.ShouldHaveSingleItem();
        child.Name.ShouldBe("harness.row");
        child.PayloadAs<Row>().ShouldBe(new Row(1_000));
        child.Delay.ShouldBe(TimeSpan.FromMinutes(1));
        child.Tags.ShouldBe(["last"]);
    }

    [Fact]
    public async Task What_is_not_there_is_said()
    {
        var run = await JobTest.RunAsync<Import>(static (_, _, _) => Task.CompletedTask, new Import("a"), cancellationToken: Stop);

        run.HasCheckpoint().ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => run.LastCheckpoint<Place>()).Message.ShouldBe("Job 1 must have a state of the job, but has none.");
        Should.Throw<InvalidOperationException>(() => run.ResultAs<Place>()).Message.ShouldBe("Job 1 must have a result, but has none.");
        Should.Throw<InvalidOperationException>(() => run.LastCursor<int>("copy")).Message.ShouldBe("A cursor must have been saved, but the loop of phase 'copy' has none.");
    }

    private static Task Loop(JobContext context, List<int> seen, Func<int, bool>? fails = null) => context.PhaseAsync(
        "rows",
        1,
        phase => phase.ForEachAsync(
            (int? after) => Enumerable.Range((after ?? 0) + 1, 100 - (after ?? 0)),
            static row => (int?)row,
            (row, _) =>
            {
                seen.Add(row);
                return fails?.Invoke(row) == true ? throw new InvalidOperationException($"row {row} is bad") : Task.CompletedTask;
            },
            new() { ItemErrors = ItemErrors.Record(upToShare: 1) }));

    [Fact]
    public async Task A_loop_that_is_stopped_goes_on_where_it_was()
    {
        var seen = new List<int>();

        var first = await JobTest.RunAsync<Import>((_, context, _) => Loop(context, seen), new Import("a"), new() { StopAfterItems = 40 }, cancellationToken: Stop);
        first.Outcome.ShouldBe(JobTestOutcome.HandedBack);
        first.LastCursor<int>("rows").ShouldBe(40);
        first.ItemsDone("rows").ShouldBe(40);
        first.FinishedPhases.ShouldBeEmpty();
        var second = await JobTest.RunAsync<Import>((_, context, _) => Loop(context, seen), new Import("a"), resumeFrom: first, cancellationToken: Stop);

        second.Outcome.ShouldBe(JobTestOutcome.Completed);
        second.FinishedPhases.ShouldBe(["rows"]);
        seen.ShouldBe(Enumerable.Range(1, 100));
    }

    [Theory]
    [InlineData(StopReason.Paused, JobTestOutcome.Paused)]
    [InlineData(StopReason.Cancelled, JobTestOutcome.Cancelled)]
    [InlineData(StopReason.TimeSlice, JobTestOutcome.HandedBack)]
    [InlineData(StopReason.LeaseLost, JobTestOutcome.HandedBack)]
    public async Task Each_reason_to_stop_has_its_outcome(StopReason reason, JobTestOutcome outcome)
    {
        var run = await JobTest.RunAsync<Import>(
            static (_, context, _) => Loop(context, []), new Import("a"), new() { StopAfterItems = 3, StopReason = reason }, cancellationToken: Stop);

        run.Outcome.ShouldBe(outcome);
    }

    [Fact]
    public async Task Failed_items_are_told_and_can_be_run_alone()
    {
        var first = await JobTest.RunAsync<Import>(static (_, context, _) => Loop(context, [], static row => row % 40 == 0), new Import("a"), cancellationToken: Stop);
        first.Outcome.ShouldBe(JobTestOutcome.Completed);
        first.ItemFailures.Select(static f => (f.Phase, f.CursorAs<int>(), f.Message)).ShouldBe([("rows", 40, "row 40 is bad"), ("rows", 80, "row 80 is bad")]);

        var seen = new List<int>();
        var again = await JobTest.RunAsync<Import>((_, context, _) => Loop(context, seen, static row => row == 80), new Import("a"), new() { FailedItemsOf = first }, cancellationToken: Stop);

        seen.ShouldBe([40, 80]);
        again.ItemFailures.ShouldHaveSingleItem().Tries.ShouldBe(2);
    }

    [Theory]
    [InlineData(1, JobTestOutcome.Retried, 30)]
    [InlineData(2, JobTestOutcome.Failed, null)]
    public async Task An_error_is_tried_again_until_the_attempts_are_used_up(int attempt, JobTestOutcome outcome, int? seconds)
    {
        var run = await JobTest.RunAsync<Import>(static (_, _, _) => throw new IOException("disk"), new Import("a"), new() { Attempt = attempt }, cancellationToken: Stop);

        run.Outcome.ShouldBe(outcome);
        run.Error.ShouldBeOfType<IOException>();
        run.RetryDelay.ShouldBe(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    private sealed class Failing(List<string> log) : IJobHandler<Import>
    {
        public Task HandleAsync(Import job, JobContext context, CancellationToken cancellationToken) => throw new FailNowException("wrong file");

        public Task FailedAsync(Import job, JobContext context, JobFailure failure, CancellationToken cancellationToken)
        {
            log.Add(failure.Message);
            throw new IOException("mail");
        }
    }

    [Fact]
    public async Task A_job_that_fails_for_good_calls_FailedAsync()
    {
        var log = new List<string>();

        var run = await JobTest.RunAsync(new Failing(log), new Import("a"), cancellationToken: Stop);

        run.Outcome.ShouldBe(JobTestOutcome.Failed);
        log.ShouldBe(["wrong file"]);
        run.FailedError.ShouldBeOfType<IOException>();
    }

    [Fact]
    public async Task The_handler_sees_the_clock_and_the_attempt_of_the_test()
    {
        var clock = new JobTestClock();
        JobContext? seen = null;

        var run = await JobTest.RunAsync<Import>(
            async (_, context, stop) =>
            {
                seen = context;
                var delay = Task.Delay(TimeSpan.FromHours(1), clock, stop);
                clock.Advance(TimeSpan.FromMinutes(59));
                delay.IsCompleted.ShouldBeFalse();
                clock.Advance(TimeSpan.FromMinutes(1));
                await delay;
                await context.TraceAsync("step", "photo 1", "fast", 1, static _ => Task.FromResult(true));
            },
            new Import("a"),
            new() { Attempt = 2, Time = clock, Owner = "ann", JobId = new JobId(77), RunNumber = 5 },
            cancellationToken: Stop);

        run.Outcome.ShouldBe(JobTestOutcome.Completed);
        (seen!.Attempt, seen.MaxAttempts, seen.IsLastAttempt, seen.Owner, seen.Id, seen.RunNumber, seen.Queue).ShouldBe((2, 2, true, "ann", new JobId(77), 5, "imports"));
        var trace = run.Traces.ShouldHaveSingleItem();
        (trace.Subject, trace.Method, trace.Success, trace.At).ShouldBe(("photo 1", "fast", true, clock.GetUtcNow()));
    }

    [Job("harness.lossy")]
    public sealed record Lossy
    {
        [System.Text.Json.Serialization.JsonIgnore]
        public string Lost { get; init; } = "default";
    }

    [Fact]
    public async Task A_payload_goes_through_its_JSON_as_in_a_worker()
    {
        var run = await JobTest.RunAsync<Lossy>(static (job, context, _) =>
        {
            context.SetResult(job.Lost);
            return Task.CompletedTask;
        }, new Lossy { Lost = "set" }, cancellationToken: Stop);

        run.ResultAs<string>().ShouldBe("default");
    }
}
