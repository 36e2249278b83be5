using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Log lines and traces: kept in order, cleaned, capped, found.</summary>
public abstract class LogsAndTracesConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Log_lines_are_kept_in_order_with_their_run()
    {
        var (worker, run) = await RunningAsync();
        var line = new LogLine(ManualClock.Start.AddMilliseconds(1_234), 3, "first");
        await worker.WriteAsync(run, update => update with { Logs = [line, Make.Line("second", level: 0)] });
        await worker.EndAsync(run, Outcome.HandedBack);
        var again = await worker.ClaimOneAsync();
        await worker.WriteAsync(again, static update => update with { Logs = [Make.Line("third")] });

        var logs = await LogsAsync(new LogFilter { Job = run.Key.Job });

        logs.Select(static log => (log.RunNumber, log.Line.Text)).ShouldBe([(1, "first"), (1, "second"), (2, "third")]);
        logs[0].Line.ShouldBe(line);
        logs.ShouldAllBe(log => log.Job == run.Key.Job && log.Name == Make.Name);
        logs.Select(static log => log.Sequence).ShouldBeInOrder();
        logs.Select(static log => log.Sequence).ShouldBeUnique();
    }

    [Fact]
    public async Task Log_lines_are_cleaned_and_cut()
    {
        var (worker, run) = await RunningAsync();

        await worker.WriteAsync(run, static update => update with { Logs = [Make.Line("a\0b\ud800c"), Make.Line(new string('x', JobLimits.LogLineLength + 1)), Make.Line("")] });

        (await LogsAsync(new LogFilter { Job = run.Key.Job })).Select(static log => log.Line.Text)
            .ShouldBe(["a\ufffdb\ufffdc", new string('x', JobLimits.LogLineLength), ""]);
    }

    [Fact]
    public async Task A_job_keeps_its_last_10000_log_lines()
    {
        var (worker, run) = await RunningAsync();
        var (_, other) = await RunningAsync();
        await worker.FlushAsync(other, static update => update with { Logs = [Make.Line("other")] });
        foreach (var part in Enumerable.Range(0, JobLimits.LogLinesPerJob + 500).Chunk(1_500))
            await worker.WriteAsync(run, update => update with { Logs = [.. part.Select(static i => Make.Line($"{i}"))] });

        var logs = await LogsAsync(new LogFilter { Job = run.Key.Job });

        logs.Count.ShouldBe(JobLimits.LogLinesPerJob);
        logs[0].Line.Text.ShouldBe("500");
        logs[^1].Line.Text.ShouldBe($"{JobLimits.LogLinesPerJob + 499}");
    }

    [Fact]
    public async Task Log_lines_are_found_by_name_queue_and_level()
    {
        await LoggedAsync("photos.preview", "ingest-preview", "a", 1);
        await LoggedAsync("photos.ingest", "ingest", "b", 2);
        await LoggedAsync("mail.welcome", "emails", "c", 4);

        (await TextsAsync(new LogFilter())).ShouldBe(["a", "b", "c"]);
        (await TextsAsync(new LogFilter { Name = "photos.*" })).ShouldBe(["a", "b"]);
        (await TextsAsync(new LogFilter { Name = "mail.welcome" })).ShouldBe(["c"]);
        (await TextsAsync(new LogFilter { Queue = "*ingest*" })).ShouldBe(["a", "b"]);
        (await TextsAsync(new LogFilter { Queue = "ingest" })).ShouldBe(["b"]);
        (await TextsAsync(new LogFilter { MinLevel = 2 })).ShouldBe(["b", "c"]);
        (await TextsAsync(new LogFilter { Queue = "ingest*", MinLevel = 2 })).ShouldBe(["b"]);
        (await TextsAsync(new LogFilter { Name = "Photos.*" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_last_lines_that_match_can_be_asked_for()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with { Logs = [.. Enumerable.Range(0, 20).Select(static i => Make.Line($"{i}", level: i % 2))] });

        (await TextsAsync(new LogFilter { Job = run.Key.Job, Last = 3 })).ShouldBe(["17", "18", "19"]);
        (await TextsAsync(new LogFilter { Job = run.Key.Job, Last = 3, MinLevel = 1 })).ShouldBe(["15", "17", "19"]);
        (await TextsAsync(new LogFilter { Last = 2 })).ShouldBe(["18", "19"]);
        (await TextsAsync(new LogFilter { Last = 100 })).Count.ShouldBe(20);
    }

    [Fact]
    public async Task The_last_lines_are_paged_oldest_first()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with { Logs = [.. Enumerable.Range(0, 50).Select(static i => Make.Line($"{i}"))] });

        (await TextsAsync(new LogFilter { Job = run.Key.Job, Last = 12 }, limit: 5)).ShouldBe(Enumerable.Range(38, 12).Select(static i => $"{i}"));
    }

    [Fact]
    public async Task Lines_of_many_jobs_come_in_the_order_in_which_they_were_written()
    {
        await EnqueueManyAsync(3);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(3);
        for (var i = 0; i < 9; i++)
            await worker.WriteAsync(runs[i % 3], update => update with { Logs = [Make.Line($"{i}")] });

        (await TextsAsync(new LogFilter(), limit: 4)).ShouldBe(Enumerable.Range(0, 9).Select(static i => $"{i}"));
    }

    [Fact]
    public async Task A_lost_lease_cannot_log_or_trace()
    {
        var (worker, run) = await RunningAsync();
        await RecoverAsync(null, worker);

        (await worker.FlushAsync(run, update => update with { Logs = [Make.Line("stale")], Traces = [Trace("stale")] })).ShouldBe(WriteAnswer.LeaseLost);

        (await LogsAsync(new LogFilter())).ShouldBeEmpty();
        (await TracesAsync(new TraceFilter())).ShouldBeEmpty();
    }

    [Fact]
    public async Task Traces_are_kept_whole()
    {
        var (worker, run) = await RunningAsync();
        var told = new TraceRecord
        {
            At = ManualClock.Start.AddMilliseconds(5),
            Type = "preview_extraction",
            Subject = "3f1c-uuid",
            Method = "exiftool_preview",
            Order = 2,
            Success = false,
            Reason = "no preview\0",
            Milliseconds = 12.75,
            ResultInfo = Make.Json("""{"size":1e400}"""),
        };
        await worker.WriteAsync(run, update => update with { Traces = [told] });

        var row = (await TracesAsync(new TraceFilter { Job = run.Key.Job })).ShouldHaveSingleItem();

        row.Job.ShouldBe(run.Key.Job);
        row.RunNumber.ShouldBe(1);
        Make.Text(row.Trace.ResultInfo).ShouldBe("""{"size":1e400}""");
        (row.Trace with { ResultInfo = told.ResultInfo }).ShouldBe(told with { Reason = "no preview\ufffd" });
    }

    [Fact]
    public async Task Traces_are_found_over_all_jobs_by_what_they_say()
    {
        await EnqueueManyAsync(2);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(2);
        await worker.WriteAsync(runs[0], static update => update with
        {
            Traces =
            [
                Trace("photo-1", "preview", "exiftool", success: false),
                Trace("photo-1", "preview", "vips"),
                Trace("photo-2", "thumbnail", "vips"),
            ],
        });
        await worker.WriteAsync(runs[1], static update => update with { Traces = [Trace("photo-1", "thumbnail", "vips")] });

        (await TracesAsync(new TraceFilter { Subject = "photo-1" })).Select(static row => (row.Job, row.Trace.Type))
            .ShouldBe([(runs[0].Key.Job, "preview"), (runs[0].Key.Job, "preview"), (runs[1].Key.Job, "thumbnail")]);
        (await TracesAsync(new TraceFilter { Subject = "photo-1", Success = true })).Count.ShouldBe(2);
        (await TracesAsync(new TraceFilter { Success = false })).ShouldHaveSingleItem().Trace.Method.ShouldBe("exiftool");
        (await TracesAsync(new TraceFilter { Type = "thumbnail" })).Count.ShouldBe(2);
        (await TracesAsync(new TraceFilter { Method = "vips", Job = runs[0].Key.Job })).Count.ShouldBe(2);
        (await TracesAsync(new TraceFilter { Subject = "photo" })).ShouldBeEmpty();
        (await TracesAsync(new TraceFilter())).Select(static row => row.Sequence).ShouldBeUnique();
    }

    [Fact]
    public async Task Traces_are_paged_in_both_orders()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with { Traces = [.. Enumerable.Range(0, 25).Select(static i => Trace($"{i}", success: i % 2 == 0))] });

        (await TracesAsync(new TraceFilter { Job = run.Key.Job }, limit: 10)).Select(static row => row.Trace.Subject).ShouldBe(Enumerable.Range(0, 25).Select(static i => $"{i}"));
        (await TracesAsync(new TraceFilter { Success = true }, limit: 5)).Count.ShouldBe(13);

        foreach (var filter in (TraceFilter[])[new(), new() { Job = run.Key.Job }, new() { Type = "step" }, new() { Subject = "7" }, new() { Success = true }])
        {
            var rows = await TracesAsync(filter with { NewestFirst = true }, limit: 4);
            rows.ShouldNotBeEmpty();
            rows.Select(static row => row.Sequence).ShouldBe(Enumerable.Reverse((await TracesAsync(filter)).Select(static row => row.Sequence)), $"{filter}");
        }
    }

    private static TraceRecord Trace(string subject, string type = "step", string? method = null, bool success = true)
        => new() { At = ManualClock.Start, Type = type, Subject = subject, Method = method, Success = success };

    private async Task<(TestWorker Worker, ClaimedRun Run)> RunningAsync()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        return (worker, await worker.ClaimOneAsync(id));
    }

    private Task<JobId> LoggedAsync(string name, string queue, string text, int level) => FinishedAsync(
        Outcome.Completed,
        job => job with { Name = name, Queue = queue },
        settlement => settlement with { Update = new RunUpdate { Key = settlement.Key, Logs = [Make.Line(text, level)] } });

    private async Task<List<string>> TextsAsync(LogFilter filter, int limit = 1_000) => [.. (await LogsAsync(filter, limit)).Select(static log => log.Line.Text)];

    private async Task<List<LogRecord>> LogsAsync(LogFilter filter, int limit = 1_000)
    {
        var (rows, after) = (new List<LogRecord>(), default(string));
        do
        {
            var page = await Store.ListLogsAsync(filter, new PageRequest(limit, after), Cancel);
            page.Items.Count.ShouldBeLessThanOrEqualTo(limit);
            rows.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        return rows;
    }

    private async Task<List<TraceRow>> TracesAsync(TraceFilter filter, int limit = 1_000)
    {
        var (rows, after) = (new List<TraceRow>(), default(string));
        do
        {
            var page = await Store.ListTracesAsync(filter, new PageRequest(limit, after), Cancel);
            page.Items.Count.ShouldBeLessThanOrEqualTo(limit);
            rows.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        return rows;
    }
}
