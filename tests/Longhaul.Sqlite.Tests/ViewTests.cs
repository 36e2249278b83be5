using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Sqlite.Tests;

/// <summary>The views that people and other programs read.</summary>
public sealed class ViewTests : ConformanceTest<SqliteFixture>
{
    [Fact]
    public async Task Unfinished_jobs_are_in_jobs_and_queue()
    {
        var id = await EnqueueAsync(static job => job with { Queue = "emails", Description = "Welcome", Delay = TimeSpan.FromMinutes(5) });
        await FinishedAsync();

        Fixture.Ask("SELECT group_concat(id || ' ' || queue || ' ' || payload || ' ' || attempts || ' ' || (available_at - created_at)) FROM jobs")
            .ShouldBe($$"""{{id}} emails {"n":1} 0 300""");
        Fixture.Ask("SELECT group_concat(id || ' ' || description || ' ' || progress_label || ' ' || attempt || ' ' || fail) FROM queue")
            .ShouldBe($"{id} Welcome 0.0% 1 0");
    }

    [Fact]
    public async Task A_failed_job_is_in_failed_jobs_with_its_exception()
    {
        var id = await FinishedAsync(Outcome.Failed);

        Fixture.Ask("SELECT id || ' ' || connection || ' ' || queue || ' ' || failed_at FROM failed_jobs").ShouldBe($"{id} sqlite default 2026-01-15 12:00:00");
        Fixture.Ask("SELECT exception FROM failed_jobs").ShouldBe("TestException: it went wrong\nat Test.Run()");
    }

    [Fact]
    public async Task A_running_job_is_processing_with_its_worker_and_progress()
    {
        await EnqueueAsync(static job => job with { Owner = "ann" });
        var worker = await OpenWorkerAsync(static record => record with { Name = "host:7" });
        var run = await worker.ClaimOneAsync();
        await worker.WriteAsync(run, static update => update with { Progress = new ProgressRecord { Fraction = 0.65 } });

        Fixture.Ask("SELECT status || ' ' || owner || ' ' || worker || ' ' || attempts || ' ' || progress || ' ' || heartbeat_at FROM job_queue_status")
            .ShouldBe("processing ann host:7 1 0.65 2026-01-15 12:00:00");
        Fixture.Ask("SELECT progress_label FROM queue").ShouldBe("65.0%");
        await worker.EndAsync(run, Outcome.Retry);
        Fixture.Ask("SELECT status FROM job_queue").ShouldBe("retrying");
    }

    [Theory]
    [InlineData("jobs", "id,queue,payload,attempts,reserved_at,available_at,created_at")]
    [InlineData("queue", "id,description,progress,progress_label,time_pushed,attempt,fail,error")]
    [InlineData("failed_jobs", "id,connection,queue,payload,exception,failed_at,created_at")]
    [InlineData("job_queue", "id,name,owner,status,attempts,worker,heartbeat_at,created_at,updated_at")]
    [InlineData("job_queue_status", "id,name,owner,status,attempts,worker,heartbeat_at,created_at,updated_at,progress,error")]
    [InlineData("migration_state", "migration_id,job_id,status,phase,processed,total,progress,updated_at")]
    [InlineData("ingest_traces", "id,uuid,job_id,trace_type,method_tried,method_order,success,failure_reason,result_info,created_at")]
    public async Task A_view_has_the_columns_that_its_readers_know(string view, string columns)
    {
        await EnqueueAsync();

        Fixture.Ask($"SELECT group_concat(name) FROM pragma_table_info('{view}')").ShouldBe(columns);
    }

    [Theory]
    [InlineData("SELECT count(*) FROM jobs WHERE queue = 'emails' AND reserved_at IS NULL", 2L)]
    [InlineData("SELECT count(*) FROM jobs WHERE reserved_at IS NOT NULL", 1L)]
    [InlineData("SELECT count(*) FROM jobs WHERE available_at <= unixepoch('2026-01-15 12:00:00')", 3L)]
    [InlineData("SELECT count(*) FROM queue WHERE fail = 0 ORDER BY time_pushed DESC", 3L)]
    [InlineData("SELECT count(*) FROM failed_jobs WHERE queue = 'default' AND exception LIKE 'TestException%'", 1L)]
    [InlineData("SELECT count(*) FROM job_queue WHERE status = 'processing'", 1L)]
    [InlineData("SELECT count(*) FROM job_queue WHERE status = 'pending'", 2L)]
    [InlineData("SELECT count(*) FROM job_queue_status WHERE status = 'failed' AND error IS NOT NULL", 1L)]
    public async Task Other_programs_count_by_them(string sql, long expected)
    {
        await FinishedAsync(Outcome.Failed);
        await EnqueueManyAsync(3, static (job, _) => job with { Queue = "emails" });
        await (await OpenWorkerAsync()).ClaimOneAsync();

        Fixture.Ask(sql).ShouldBe(expected);
    }
}
