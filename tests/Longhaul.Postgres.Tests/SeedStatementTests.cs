using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Postgres.Tests;

/// <summary>Programs that were written for the queues of before go on working, with nothing but search_path set.</summary>
public sealed class SeedStatementTests : SqlTest
{
    public static TheoryData<string> Statements => [.. SeedStatements.All.Select(static statement => statement.Sql)];

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task A_statement_of_before_works_as_it_did(string sql)
    {
        var statement = SeedStatements.All.Single(s => s.Sql == sql);
        var failed = await FinishedAsync(Outcome.Failed);
        var ids = await EnqueueManyAsync(5);
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(ids[0]);
        var target = statement.Effect == SeedEffect.Forgets ? failed : ids[2];

        await Sql.ListAsync(sql.Replace(":id", target.ToString(), StringComparison.Ordinal));

        var taken = statement.Effect is SeedEffect.Releases or SeedEffect.Recovers;
        (await StatusAsync(failed)).ShouldBe(statement.Effect == SeedEffect.Forgets ? [] : ["failed 1"]);
        (await StatusAsync(ids[2])).ShouldBe([statement.Effect == SeedEffect.Cancels ? "cancelled 0" : "pending 0"]);
        (await StatusAsync(ids[0])).ShouldBe([taken ? "pending 0" : "processing 1"]);
        (await worker.SettleAsync(run, Outcome.Completed)).Status.ShouldBe(taken ? SettleStatus.LeaseLost : SettleStatus.Settled);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_query_for_what_is_stale_finds_it()
    {
        var id = await EnqueueAsync();
        await (await OpenWorkerAsync(static record => record with { Name = "host:7" })).ClaimOneAsync(id);

        (await Sql.ListAsync("SELECT id, worker FROM job_queue WHERE status = 'processing' AND heartbeat_at < NOW() - INTERVAL '5 minutes'")).ShouldBe([$"{id} host:7"]);
        (await Sql.AskAsync("SELECT recover_stale_jobs(20)")).ShouldBe(0);
        (await Sql.AskAsync("SELECT recover_stale_jobs(5)")).ShouldBe(1);
        (await Sql.ListAsync("SELECT id FROM job_queue WHERE status = 'processing'")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_running_job_is_told_to_stop()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        (await Sql.RunAsync($"DELETE FROM jobs WHERE id = {id}")).ShouldBe(1);

        worker.OrdersFor(run).ShouldBe([new RunOrder(run.Key, RunOrderKind.Cancel, "postgres", null)]);
        (await worker.EndAsync(run, Outcome.Cancelled)).ShouldBe(JobState.Cancelled);
    }

    [Fact]
    public async Task A_rollback_takes_a_cancel_back()
    {
        var ids = await EnqueueManyAsync(3);

        await Sql.RunAsync("BEGIN; DELETE FROM jobs; ROLLBACK");

        (await DueIdsAsync()).ShouldBe(ids);
    }

    [Theory]
    [InlineData("UPDATE jobs SET queue = 'other'")]
    [InlineData("UPDATE jobs SET reserved_at = 1, attempts = 0")]
    [InlineData("UPDATE jobs SET attempts = 2")]
    [InlineData("UPDATE jobs SET available_at = 0, reserved_at = NULL, attempts = 0")]
    public async Task Nothing_else_can_be_changed(string sql)
    {
        var id = await EnqueueAsync();

        (await Sql.RefusalAsync(sql)).ShouldContain("An UPDATE of jobs must set reserved_at to NULL");

        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_row_that_is_released_already_stays_as_it_is()
    {
        await EnqueueAsync(static job => job with { Delay = TimeSpan.FromHours(1) });

        (await Sql.RunAsync("UPDATE jobs SET reserved_at = NULL, attempts = 0")).ShouldBe(1);

        (await Sql.AskAsync("SELECT available_at > unix_timestamp() FROM jobs")).ShouldBe(true);
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
        => (await Sql.AskAsync("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0", view)).ShouldBe(columns);

    [Fact]
    public async Task The_views_tell_how_a_job_stands()
    {
        var id = await EnqueueAsync(static job => job with { Owner = "ann", Queue = "emails", Description = "Welcome" });
        var worker = await OpenWorkerAsync(static record => record with { Name = "host:7" });
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, static update => update with { Progress = new() { Phase = "copy", Done = 650, Total = 1_000, Fraction = 0.65 } });

        (await Sql.ListAsync("SELECT description, progress, progress_label, attempt, fail, error FROM queue")).ShouldBe(["Welcome 0.65 65.0% 1 0 -"]);
        (await Sql.ListAsync("SELECT id, name, owner, status, attempts, worker, progress FROM job_queue_status")).ShouldBe([$"{id} test.job ann processing 1 host:7 0.65"]);
        (await Sql.ListAsync("SELECT job_id, status, phase, processed, total, progress FROM migration_state")).ShouldBe([$"{id} running copy 650 1000 0.65"]);
        (await Sql.AskAsync("SELECT migration_id FROM migration_state")).ShouldBe($"queue-{Clock.Now.ToUnixTimeSeconds()}-{id.Value:x6}");
        (await Sql.ListAsync("SELECT id, queue, payload, attempts, reserved_at FROM jobs")).ShouldBe([$$"""{{id}} emails {"n":1} 1 {{Clock.Now.ToUnixTimeSeconds()}}"""]);
        await worker.EndAsync(run, Outcome.Retry);
        (await Sql.ListAsync("SELECT status, attempts FROM job_queue")).ShouldBe(["retrying 1"]);
    }

    [Fact]
    public async Task A_failed_job_is_in_failed_jobs_with_its_exception()
    {
        var id = await FinishedAsync(Outcome.Failed);

        (await Sql.ListAsync("SELECT id, connection, queue, exception FROM failed_jobs")).ShouldBe([$"{id} postgres default TestException: it went wrong\nat Test.Run()"]);
    }

    [Fact]
    public async Task Traces_are_found_by_their_subject()
    {
        var run = await (await OpenWorkerAsync()).ClaimOneAsync(await EnqueueAsync());
        await Store.FlushAsync([new() { Key = run.Key, Traces = [Trace("0f8b2c7e"), Trace("other")] }], Cancel);

        (await Sql.ListAsync("SELECT trace_type, method_tried, method_order, success, failure_reason, result_info->>'duration_ms', result_info->>'size' FROM ingest_traces WHERE uuid = '0f8b2c7e'"))
            .ShouldBe(["preview_extraction vips_fallback 2 False no such tag 142 34654"]);
    }

    [Theory]
    [InlineData("\"text\"", "text")]
    [InlineData("7", "7")]
    [InlineData("[1,2]", "[1, 2]")]
    [InlineData("null", "")]
    [InlineData("", "")]
    public async Task Traces_tell_of_any_kind_of_result(string info, string value)
    {
        var run = await (await OpenWorkerAsync()).ClaimOneAsync(await EnqueueAsync());
        await Store.FlushAsync([new() { Key = run.Key, Traces = [Trace("x") with { ResultInfo = Make.Json(info) }] }], Cancel);

        (await Sql.ListAsync("SELECT result_info->>'duration_ms' || '|' || coalesce(result_info->>'value', '') FROM ingest_traces")).ShouldBe([$"142|{value}"]);
    }

    private Task<string[]> StatusAsync(JobId id) => Sql.ListAsync($"SELECT status, attempts FROM job_queue WHERE id = {id}");

    private TraceRecord Trace(string subject) => new()
    {
        At = Clock.Now,
        Type = "preview_extraction",
        Subject = subject,
        Method = "vips_fallback",
        Order = 2,
        Success = false,
        Reason = "no such tag",
        Milliseconds = 142,
        ResultInfo = Make.Json("""{"size":34654}"""),
    };
}
