using System.Text.Json;
using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>What lists cost with 100,000 jobs: judged by the pages that the server touches, never by time.</summary>
[Trait("Store", "postgres")]
public sealed class ListCostTests : ConformanceTest<PostgresFixture>
{
    private const int Jobs = 100_000;

    private static readonly (string List, JobFilter Filter)[] Lists =
    [
        ("newest", JobFilter.All),
        ("oldest", new JobFilter { OldestFirst = true }),
        ("failed", new JobFilter { States = [JobState.Failed] }),
        ("of an owner", new JobFilter { Owner = "o7" }),
        ("with a tag", new JobFilter { Tag = "t7" }),
        ("of a queue", new JobFilter { Queue = "q*" }),
        ("completed", new JobFilter { States = [JobState.Completed] }),
        ("running", new JobFilter { States = [JobState.Running] }),
        ("rare", new JobFilter { States = [JobState.Paused, JobState.Waiting, JobState.Cancelled, JobState.Failed, JobState.Running] }),
        ("stuck", new JobFilter { Derived = DerivedState.Stuck }),
        ("some ids", new JobFilter { Ids = [new(5), new(50_000), new(99_999)] }),
    ];

    [Fact]
    public async Task A_page_touches_few_pages_of_the_database()
    {
        await FillAsync();
        foreach (var (list, filter) in Lists)
        {
            // 51 rows and what hangs on each, by index: some 12 look-ups of 2 or 3 pages. One look-up for each of all jobs would be 200,000.
            (await PagesAsync(filter, after: null)).ShouldBeLessThan(3_000, $"the first page of the list '{list}'");
            (await PagesAsync(filter, after: Jobs / 2)).ShouldBeLessThan(3_000, $"a page from the middle of the list '{list}'");
        }
    }

    [Fact]
    public async Task A_filter_without_an_index_gives_up_and_goes_on_from_there()
    {
        await FillAsync();
        var filter = new JobFilter { Text = "payload of job 77", OldestFirst = true };
        var (found, after, pages) = (new List<JobId>(), default(string), 0);
        do
        {
            var page = await Store.ListJobsAsync(filter, new PageRequest(1_000, after), Cancel);
            if (page.Next is { } next)
                (long.Parse(next, null) - long.Parse(after ?? "0", null)).ShouldBeInRange(1, 50_000, "rows that one page looked at");
            found.AddRange(page.Items.Select(static job => job.Id));
            after = page.Next;
            pages++;
        }
        while (after is not null);

        found.Select(static id => id.Value).ShouldBe(Enumerable.Range(1, Jobs).Where(static i => $"{i}".StartsWith("77", StringComparison.Ordinal)).Select(static i => (long)i));
        pages.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_few_pending_jobs_are_found_below_many_that_have_ended()
    {
        await FillAsync();
        await Fixture.AskAsync("""
            INSERT INTO lh_done SELECT id, id, id, id + 1000000000000000, 128, 1, 4 FROM lh_ready WHERE id > 10;
            DELETE FROM lh_ready WHERE id > 10;
            SELECT 1
            """, Cancel);

        foreach (var filter in (JobFilter[])[new() { States = [JobState.Pending] }, new() { States = [JobState.Pending], Name = "a" }, new() { Derived = DerivedState.Scheduled }, new() { Derived = DerivedState.Retrying }])
        {
            var page = await Store.ListJobsAsync(filter, new PageRequest(50), Cancel);
            page.Items.Count.ShouldBe(filter.Derived is not null ? 0 : filter.Name is null ? 10 : 5);
            page.Next.ShouldBeNull();
            (await PagesAsync(filter, after: null, isPendingInFewRanges: true)).ShouldBeLessThan(1_000);
        }
    }

    [Fact]
    public async Task Completed_jobs_are_found_below_many_that_are_pending()
    {
        await FillAsync();
        await Fixture.AskAsync($"""
            INSERT INTO lh_job SELECT g, g, g, 0, 1, 1, 100, '1' FROM generate_series({Jobs} + 1, {Jobs} * 2) g;
            INSERT INTO lh_ready VALUES (1, 100, 0, {Jobs} + 1, {Jobs}, 0, 0);
            SELECT 1
            """, Cancel);

        (await Store.ListJobsAsync(new JobFilter { States = [JobState.Completed] }, new PageRequest(50), Cancel)).Items.Count.ShouldBe(50);
        (await Store.ListJobsAsync(new JobFilter { States = [JobState.Completed, JobState.Failed] }, new PageRequest(50), Cancel)).Items.Count.ShouldBe(50);
    }

    [Fact]
    public async Task A_filter_that_no_queue_matches_ends_at_once()
    {
        await FillAsync();

        var page = await Store.ListJobsAsync(new JobFilter { Queue = "never-heard-of" }, new PageRequest(50), Cancel);

        page.Items.ShouldBeEmpty();
        page.Next.ShouldBeNull();
    }

    [Fact]
    public async Task The_counts_of_queues_are_read_without_counting_jobs()
    {
        await FillAsync();

        (await PagesAsync($"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {Sql["Read.Queues"].Replace("$1", "0::bigint", StringComparison.Ordinal)}")).ShouldBeLessThan(500);
    }

    [Fact]
    public async Task The_room_that_the_store_takes_is_told()
    {
        var before = (await Store.MeasureAsync(Cancel)).ToDictionary(static size => size.Name, static size => size.Bytes);
        await FillAsync();

        var after = (await Store.MeasureAsync(Cancel)).ToDictionary(static size => size.Name, static size => size.Bytes);
        (after["schema"] - before["schema"]).ShouldBeGreaterThan(Jobs * 20);
        after["database"].ShouldBeGreaterThan(after["schema"]);
    }

    private SqlText Sql => ((PostgresStore)Store).Database.Sql;

    /// <summary>Jobs of all kinds, by SQL: the first 20,000 are pending, the last 50 run, others have ended, each hundredth failed.</summary>
    private Task FillAsync() => Fixture.AskAsync($"""
        SELECT lh_lane_of('q1', 'a'), lh_lane_of('q2', 'b');
        INSERT INTO lh_job SELECT g, g, g, 0, 1 + g % 2, 1, 100, '"payload of job ' || g || '"' FROM generate_series(1, {Jobs}) g;
        INSERT INTO lh_ready SELECT 1, 100, g, g, 1, 0, 128 FROM generate_series(1, 20000) g;
        INSERT INTO lh_run SELECT g, g, 1, 1, g, g, g, 1, 0, 1, 1, 100, true FROM generate_series({Jobs} - 49, {Jobs}) g;
        INSERT INTO lh_done SELECT g, g, g, g + 1000000000000000, 128, 1, CASE WHEN g % 100 = 0 THEN 5 ELSE 4 END FROM generate_series(20001, {Jobs} - 50) g;
        INSERT INTO lh_state (id, error_type, error_message) SELECT g, 'E', 'm' FROM generate_series(20100, {Jobs} - 100, 100) g;
        INSERT INTO lh_detail (id, owner, tags) SELECT g, 'o' || g % 10, ARRAY['t' || g % 10] FROM generate_series(1, {Jobs}) g;
        INSERT INTO lh_tag SELECT 't' || g % 10, g FROM generate_series(1, {Jobs}) g;
        ANALYZE lh_job; ANALYZE lh_ready; ANALYZE lh_done; ANALYZE lh_state; ANALYZE lh_detail; ANALYZE lh_tag; ANALYZE lh_run; ANALYZE lh_lane;
        SELECT 1
        """, Cancel);

    private async Task<long> PagesAsync(JobFilter filter, long? after, bool isPendingInFewRanges = false)
    {
        var query = new JobQuery(Sql, filter, isPendingInFewRanges);
        using var batch = new NpgsqlBatch();
        query.AddTo(batch, after, until: null, rows: query.IsIndexed ? 51 : 1_000, limit: 51, now: null);
        var statement = batch.BatchCommands[0];
        var values = statement.Parameters.Select(static p => p.Value switch
        {
            string text => ("text", $"'{text}'"),
            long[] ids => ("bigint[]", $"'{{{string.Join(',', ids)}}}'"),
            var number => ("bigint", $"{number}"),
        }).ToList();
        // By the plan that is made once, as the store has it.
        return await PagesAsync(
            $"""
            SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off;
            PREPARE looked ({string.Join(',', values.Select(static v => v.Item1))}) AS {statement.CommandText};
            EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE looked({string.Join(',', values.Select(static v => v.Item2))})
            """);
    }

    private async Task<long> PagesAsync(string sql)
    {
        await using var connection = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync(Cancel))!).RootElement[0].GetProperty("Plan");
        return plan.GetProperty("Shared Hit Blocks").GetInt64() + plan.GetProperty("Shared Read Blocks").GetInt64();
    }
}
