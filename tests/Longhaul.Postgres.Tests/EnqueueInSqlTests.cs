using System.Globalization;
using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>Enqueue from any language: in the caller's transaction, with the options of the program, and refusals that say what must hold.</summary>
public sealed class EnqueueInSqlTests : SqlTest
{
    [Fact]
    public async Task A_worker_gets_what_was_enqueued()
    {
        var id = (long)(await Sql.AskAsync("""SELECT enqueue('test.job', '{"amount": 1.10, "big": 12345678901234567890}')"""))!;
        CatchUp();

        var run = await (await OpenWorkerAsync()).ClaimOneAsync(new JobId(id));

        Make.Text(run.Payload).ShouldBe("""{"amount": 1.10, "big": 12345678901234567890}""");
    }

    [Fact]
    public async Task Every_option_arrives()
    {
        var id = new JobId((long)(await Sql.AskAsync("""
            SELECT enqueue('test.job', '{}', queue => 'emails', priority => 7, run_at => '2030-01-02 03:04:05+00', unique_key => 'k', unique_scope => 'window',
              unique_for => '1 hour', owner => 'ann', tags => '{a,b}', max_attempts => 5, retry_delay => '30 s', max_retry_delay => '2 h', retry_jitter => 0.1,
              timeout => '1.5 s', shutdown_timeout => '1 min', stall_after => '3 min', max_lost_runs => 0, retention => '7 days', description => 'Welcome',
              payload_version => 2, trace_parent => '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
            """))!);

        var job = await GetAsync(id);
        (job.Queue, job.Priority, job.Owner, job.Description, job.DueAt).ShouldBe(("emails", (byte)7, "ann", "Welcome", new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero)));
        job.Tags.ShouldBe(["a", "b"]);
        job.Policy.ShouldBe(new JobPolicy
        {
            MaxAttempts = 5,
            RetryDelay = TimeSpan.FromSeconds(30),
            MaxRetryDelay = TimeSpan.FromHours(2),
            RetryJitter = 0.1,
            Timeout = TimeSpan.FromSeconds(1.5),
            ShutdownTimeout = TimeSpan.FromMinutes(1),
            StallAfter = TimeSpan.FromMinutes(3),
            MaxLostRuns = 0,
            Retention = TimeSpan.FromDays(7),
        });
        (await Sql.ListAsync("SELECT payload_version, trace_parent FROM lh_job j JOIN lh_detail d USING (id)")).ShouldBe(["2 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]);
    }

    [Theory]
    [InlineData("""jsonb_build_object('n', 1)""")]
    [InlineData("""json_build_object('n', 1)""")]
    [InlineData("""'{"n": 1}'::text""")]
    public async Task A_payload_may_be_built_with_the_databases_functions(string payload)
    {
        await Sql.AskAsync($"SELECT enqueue('test.job', {payload}, delay => '1 min')");

        ((string)(await Sql.AskAsync("SELECT payload FROM jobs"))!).Replace(" ", "", StringComparison.Ordinal).ShouldBe("""{"n":1}""");
    }

    [Fact]
    public async Task A_delay_counts_from_now()
    {
        await Sql.AskAsync("SELECT enqueue('test.job', '{}', delay => '5 min')");

        (await Sql.AskAsync("SELECT available_at - created_at FROM jobs")).ShouldBe(300L);
    }

    [Fact]
    public async Task Scopes_hold_as_in_the_program()
    {
        var first = await Sql.AskAsync("SELECT enqueue('test.job', '{}', unique_key => 'k')");

        (await Sql.AskAsync("SELECT enqueue('test.job', '{}', unique_key => 'k')")).ShouldBe(first);
        (await Sql.AskAsync("SELECT enqueue('test.job', '{}', unique_key => 'k', owner => 'ann')")).ShouldNotBe(first);
        var answer = await WriteAsync(await NewJobAsync(static job => job with { Unique = new("k", UniqueScope.UntilFinished) }));
        answer.ShouldBe(new EnqueueAnswer(EnqueueStatus.Duplicate, new((long)first!)));
    }

    [Fact]
    public async Task An_ended_job_is_continued_and_a_living_one_is_not()
    {
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(await EnqueueAsync());
        await worker.WriteAsync(run, static update => update with { Checkpoint = Make.Checkpoint("""{"at":5}""") });
        (await Sql.RefusalAsync($"SELECT enqueue('test.job', '{{}}', continue_from => {run.Key.Job})")).ShouldContain("must name a job that has ended");
        await worker.EndAsync(run, Outcome.Failed);

        await Sql.AskAsync($"SELECT enqueue('test.job', '{{}}', continue_from => {run.Key.Job})");

        CatchUp();
        Make.Text((await worker.ClaimOneAsync()).Checkpoint).ShouldBe("""{"at":5}""");
    }

    [Fact]
    public async Task A_job_commits_with_the_callers_rows_or_not_at_all()
    {
        await Sql.RunAsync("CREATE TABLE orders (id int)");

        await Sql.RunAsync("BEGIN; INSERT INTO orders VALUES (1); SELECT enqueue('test.job', '{\"n\":1}'); ROLLBACK");
        await Sql.RunAsync("BEGIN; INSERT INTO orders VALUES (2); SAVEPOINT s; SELECT enqueue('test.job', '{\"n\":2}'); ROLLBACK TO s; COMMIT");
        await Sql.RunAsync("BEGIN; INSERT INTO orders VALUES (3); SELECT enqueue('test.job', '{\"n\":3}'); COMMIT");

        (await Sql.ListAsync("SELECT id FROM orders")).ShouldBe(["2", "3"]);
        (await Sql.ListAsync("SELECT payload FROM jobs")).ShouldBe(["""{"n":3}"""]);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_job_whose_session_is_killed_before_its_commit_is_absent()
    {
        await using var other = await SqlSession.OpenAsync(Fixture);
        await other.RunAsync("BEGIN; SELECT enqueue('test.job', '{}')");
        var pid = other.Connection.ProcessID;

        await Sql.RunAsync($"""
            DO $d$
            BEGIN
              PERFORM pg_terminate_backend({pid});
              WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = {pid}) LOOP
                PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
              END LOOP;
            END $d$
            """);

        (await Sql.ListAsync("SELECT id FROM jobs")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_open_transaction_holds_up_nobody()
    {
        await EnqueueAsync();
        await using var other = await SqlSession.OpenAsync(Fixture);
        await other.RunAsync("BEGIN; SELECT enqueue('test.job', '{}')");

        await EnqueueAsync();
        (await DueIdsAsync()).Length.ShouldBe(2);
        (await Sql.AskAsync("SET lock_timeout = '2s'; SELECT enqueue('test.job', '{}')")).ShouldNotBeNull();
        await Store.PruneAsync(100, Cancel);

        await other.RunAsync("COMMIT");
        (await Sql.AskAsync("SELECT count(*) FROM jobs WHERE reserved_at IS NULL")).ShouldBe(2L);
    }

    [Fact]
    public async Task Workers_are_told_at_the_commit()
    {
        await using var listener = await SqlSession.OpenAsync(Fixture);
        var told = new List<string>();
        listener.Connection.Notification += (_, notification) => told.Add(notification.Payload);
        await listener.RunAsync($"LISTEN \"lh_{Fixture.Schema}\"");

        await Sql.RunAsync("BEGIN; SELECT enqueue('test.job', '{}', queue => 'emails'); SELECT count(*) FROM enqueue_many('test.job', '{\"{}\",\"{}\"}')");
        await listener.AskAsync("SELECT 1");
        told.ShouldBeEmpty();
        await Sql.RunAsync("COMMIT");

        while (told.Count < 2)
            (await listener.Connection.WaitAsync(TimeSpan.FromSeconds(20), Cancel)).ShouldBeTrue("two queues should have been told of");
        told.ShouldBe(["emails", "default"]);
    }

    [Fact]
    public async Task Many_are_enqueued_in_ranges()
    {
        var ids = await Sql.ListAsync("SELECT enqueue_many('test.job', ARRAY(SELECT '{\"n\":' || i || '}' FROM generate_series(1, 2500) i), owner => 'ann', max_attempts => 4)");

        ids.Length.ShouldBe(2_500);
        (await Sql.ListAsync("SELECT jobs, flags FROM lh_ready ORDER BY id")).ShouldBe(["1000 128", "1000 128", "500 128"]);
        (await Sql.AskAsync($"SELECT payload FROM jobs WHERE id = {ids[1_234]}")).ShouldBe("""{"n":1235}""");
        (await GetAsync(JobId.Parse(ids[2_499], CultureInfo.InvariantCulture))).Policy!.MaxAttempts.ShouldBe(4);
        CatchUp();
        (await DueIdsAsync()).Length.ShouldBe(100);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_with_tags_are_found_by_them()
    {
        var ids = await Sql.ListAsync("SELECT enqueue_many('test.job', '{\"{}\",\"{}\"}', tags => '{b,a,b}', run_at => '2030-01-01')");

        (await Sql.ListAsync("SELECT tag, job FROM lh_tag ORDER BY tag, job")).ShouldBe([$"a {ids[0]}", $"a {ids[1]}", $"b {ids[0]}", $"b {ids[1]}"]);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_bad_payload_among_many_keeps_all_out()
    {
        (await Sql.RefusalAsync("SELECT enqueue_many('test.job', '{\"{}\",\"{oops\"}')")).ShouldContain("must be valid JSON");

        (await Sql.ListAsync("SELECT id FROM jobs")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_are_inserted_and_copied_into_new_jobs()
    {
        var id = (long)(await Sql.AskAsync("INSERT INTO new_jobs (name, payload, priority, unique_key) VALUES ('test.job', '{}', 5, 'k') RETURNING id"))!;
        (await GetAsync(new(id))).Priority.ShouldBe((byte)5);

        await using (var copy = await Sql.Connection.BeginTextImportAsync("COPY new_jobs (name, payload) FROM STDIN", Cancel))
        {
            for (var i = 0; i < 2_000; i++)
                await copy.WriteAsync($"test.job\t{{\"n\":{i}}}\n".AsMemory(), Cancel);
        }

        (await Sql.AskAsync("SELECT count(*) FROM jobs")).ShouldBe(2_001L);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("'', '{}'", "name must be 1–128 characters")]
    [InlineData("'a b', '{}'", "name must be 1–128 characters")]
    [InlineData("null, '{}'", "name must be 1–128 characters of A-Z a-z 0-9 . _ - : /, but was null")]
    [InlineData("E'a\\nb', '{}'", "name must be 1–128 characters")]
    [InlineData("repeat('x', 129), '{}'", "name must be 1–128 characters")]
    [InlineData("'x''; DROP TABLE lh_job; --', '{}'", "name must be 1–128 characters")]
    [InlineData("'x', '{}', queue => '{}'", "queue must be 1–128 characters")]
    [InlineData("'x', '{}', queue => ''", "queue must be 1–128 characters")]
    [InlineData("'x', '{}', owner => 'a b'", "owner must be 1–128 characters")]
    [InlineData("'x', ''", "must be valid JSON")]
    [InlineData("'x', '{\"a\":1'", "must be valid JSON")]
    [InlineData("'x', null::text", "must be JSON, but is null")]
    [InlineData("'x', to_json(repeat('x', 1048576))", "must be at most 1,048,576 bytes of JSON, but has 1048578")]
    [InlineData("'x', '{}', priority => -1", "priority must be from 0 to 255, but was -1")]
    [InlineData("'x', '{}', priority => 256", "priority must be from 0 to 255, but was 256")]
    [InlineData("'x', '{}', max_attempts => 0", "max_attempts must be from 1")]
    [InlineData("'x', '{}', max_attempts => -3", "max_attempts must be from 1")]
    [InlineData("'x', '{}', max_lost_runs => -1", "max_lost_runs must be from 0")]
    [InlineData("'x', '{}', payload_version => 0", "payload_version must be from 1")]
    [InlineData("'x', '{}', delay => '-1 s'", "delay must not be negative")]
    [InlineData("'x', '{}', delay => '200 years'", "delay must be at most 36,500 days")]
    [InlineData("'x', '{}', delay => '1 s', run_at => now()", "delay and run_at must not be given together")]
    [InlineData("'x', '{}', run_at => 'infinity'", "run_at must be a moment from 1970")]
    [InlineData("'x', '{}', run_at => '-infinity'", "run_at must be a moment from 1970")]
    [InlineData("'x', '{}', run_at => '0001-01-01'", "run_at must be a moment from 1970")]
    [InlineData("'x', '{}', run_at => '9999-12-31'", "run_at must be a moment from 1970")]
    [InlineData("'x', '{}', unique_key => ''", "unique_key must have 1–256 characters")]
    [InlineData("'x', '{}', unique_key => repeat('k', 257)", "unique_key must have 1–256 characters")]
    [InlineData("'x', '{}', unique_key => E'a\\tb'", "unique_key must have 1–256 characters and no control characters")]
    [InlineData("'x', '{}', unique_key => 'k', unique_scope => 'for ever'", "unique_scope must be until_started, until_finished or window")]
    [InlineData("'x', '{}', unique_key => 'k', unique_scope => 'window'", "unique_for must come with")]
    [InlineData("'x', '{}', unique_key => 'k', unique_for => '1 h'", "unique_for must come with")]
    [InlineData("'x', '{}', unique_key => 'k', unique_scope => 'window', unique_for => '0'", "unique_for must be over zero")]
    [InlineData("'x', '{}', tags => array_fill('t'::text, ARRAY[17])", "Tags must be at most 16")]
    [InlineData("'x', '{}', tags => ARRAY[repeat('t', 65)]", "A tag must have 1–64 characters")]
    [InlineData("'x', '{}', tags => ARRAY[null]", "A tag must have 1–64 characters")]
    [InlineData("'x', '{}', retry_jitter => 1.5", "retry_jitter must be from 0 to 1")]
    [InlineData("'x', '{}', retry_jitter => 'NaN'", "retry_jitter must be from 0 to 1")]
    [InlineData("'x', '{}', timeout => '0'", "timeout must be over zero")]
    [InlineData("'x', '{}', retention => '-1 day'", "retention must not be negative")]
    [InlineData("'x', '{}', continue_from => 0", "continue_from must be the id of a job")]
    [InlineData("'x', '{}', continue_from => 999999", "continue_from must name a job that is in the store")]
    public async Task What_is_wrong_is_said(string arguments, string says)
    {
        (await Sql.RefusalAsync($"SELECT enqueue({arguments})")).ShouldContain(says);

        (await Sql.ListAsync("SELECT id FROM lh_job")).ShouldBeEmpty();
        (await Sql.ListAsync("SELECT id FROM lh_detail")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("INSERT INTO lh_job (id, nonce, created, delay, lane, payload_version, priority, payload) VALUES (1, 1, 0, 0, 1, 1, -1, '{}')")]
    [InlineData("INSERT INTO new_jobs (id, name, payload) VALUES (7, 'x', '{}')")]
    [InlineData("INSERT INTO new_jobs (payload) VALUES ('{}')")]
    [InlineData("INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES ('default', '{}', -1, 0, 0)")]
    public async Task Rows_that_cannot_be_are_refused(string sql) => (await Sql.RefusalAsync(sql)).ShouldNotBeEmpty();

    [Fact]
    public async Task Values_of_a_driver_need_no_casts()
    {
        await using var command = new NpgsqlCommand("SELECT enqueue($1, $2, queue => $3, delay => $4, tags => $5)", Sql.Connection)
        {
            Parameters =
            {
                new() { Value = "test.job" }, new() { Value = """{"n":1}""" }, new() { Value = "emails" }, new() { Value = TimeSpan.FromMinutes(1) },
                new() { Value = (string[])["a"] },
            },
        };

        (await command.ExecuteScalarAsync(Cancel)).ShouldBeOfType<long>();
    }
}
