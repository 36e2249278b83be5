using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Postgres.Tests;

/// <summary>Each role may do what it is for, and nothing else.</summary>
public sealed class RoleTests : SqlTest
{
    private SqlRoles _roles = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _roles = new(Fixture, Sql);
        await _roles.CreateAsync();
        await _roles.GrantAsync(Sql);
    }

    public override async ValueTask DisposeAsync()
    {
        await _roles.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_producer_may_only_enqueue()
    {
        await using var producer = await _roles.OpenAsync("producer");

        (await producer.AskAsync("SELECT enqueue('test.job', '{}', tags => '{a}', unique_key => 'k')")).ShouldBeOfType<long>();
        (await producer.AskAsync("SELECT count(*) FROM enqueue_many('test.job', '{\"{}\"}')")).ShouldBe(1L);
        (await producer.AskAsync("INSERT INTO new_jobs (name, payload) VALUES ('test.job', '{}') RETURNING id")).ShouldBeOfType<long>();
        foreach (var sql in Reads.Concat(Changes).Concat(Insides))
            (await producer.RefusalAsync(sql)).ShouldStartWith("permission denied");
    }

    [Fact]
    public async Task A_reader_may_only_read_the_views()
    {
        await EnqueueAsync();
        await using var reader = await _roles.OpenAsync("reader");

        foreach (var sql in Reads)
            await reader.ListAsync(sql);
        (await reader.AskAsync("SELECT count(*) FROM jobs")).ShouldBe(1L);
        foreach (var sql in Changes.Concat(Insides).Concat(Enqueues))
            (await reader.RefusalAsync(sql)).ShouldStartWith("permission denied");
    }

    [Fact]
    public async Task An_operator_reads_and_acts()
    {
        var ids = await EnqueueManyAsync(2);
        await using var person = await _roles.OpenAsync("operator");

        (await person.RunAsync($"DELETE FROM jobs WHERE id = {ids[0]}")).ShouldBe(1);
        await person.RunAsync("UPDATE jobs SET reserved_at = NULL, attempts = 0 WHERE reserved_at IS NOT NULL");
        (await person.AskAsync("SELECT recover_stale_jobs(5)")).ShouldBe(0);

        (await GetAsync(ids[0])).Reason.ShouldBe($"by {_roles["operator"]}");
        foreach (var sql in Insides)
            (await person.RefusalAsync(sql)).ShouldStartWith("permission denied");
    }

    [Fact]
    public async Task A_worker_runs_jobs_and_cannot_change_roles()
    {
        await using var store = new PostgresStore(new() { ConnectionString = Fixture.ConnectionString + $";Username={_roles["worker"]}", Schema = Fixture.Schema });
        await store.OpenAsync(migrate: false, Cancel);
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync(store: store);
        (await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Failed)).ShouldBe(JobState.Failed);
        (await store.ActAsync(JobAction.Retry, [id], new("ann"), Cancel))[0].Status.ShouldBe(ActionStatus.Done);
        worker.Beat();
        await store.PruneAsync(10, Cancel);
        await store.CloseSessionAsync(worker.Session, Cancel);

        await using var sql = await _roles.OpenAsync("worker");
        foreach (var statement in (string[])["SELECT grant_roles(worker => 'postgres')", "SELECT enable_row_security()", "SELECT disable_row_security()",
            "INSERT INTO lh_role VALUES ('worker', 'postgres')", "UPDATE lh_schema SET oldest = 9", "DROP TABLE lh_job", "CREATE TABLE mine (id int)"])
        {
            (await sql.RefusalAsync(statement)).ShouldMatch("permission denied|must be owner");
        }
    }

    [Fact]
    public async Task A_worker_adds_to_the_audit_and_cannot_change_it()
    {
        await using var store = new PostgresStore(new() { ConnectionString = Fixture.ConnectionString + $";Username={_roles["worker"]}", Schema = Fixture.Schema });
        await store.OpenAsync(migrate: false, Cancel);
        await TamperedAudit.WriteAsync(store);
        await using var sql = await _roles.OpenAsync("worker");

        foreach (var statement in (string[])["UPDATE lh_audit SET done_by = 'eve'", "DELETE FROM lh_audit", "TRUNCATE lh_audit", "UPDATE lh_audit_head SET first = 9",
            "DELETE FROM lh_audit_head", "INSERT INTO lh_audit_head (first, last) VALUES (1, 1)", "ALTER TABLE lh_audit DISABLE TRIGGER USER"])
        {
            (await sql.RefusalAsync(statement)).ShouldMatch("permission denied|must be owner");
        }

        await sql.RunAsync("SELECT lh_prune_audit(lh_now(NULL) + 400 * 86400000000)"); // it is not a year later because a worker says so
        await sql.RunAsync("INSERT INTO lh_audit (at, action, outcome) VALUES (9000000000000000000, 'forged', 'done')"); // nothing would be pruned any more
        (await Sql.ListAsync("SELECT seq FROM lh_audit WHERE at > lh_now(NULL)")).ShouldBeEmpty();
        (await store.ListAuditAsync(new(100), Cancel)).Items.Count.ShouldBe(9);
        (await store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_role_that_is_not_named_may_do_nothing()
    {
        await using var nobody = await _roles.OpenAsync("nobody");

        foreach (var sql in Reads.Concat(Changes).Concat(Insides).Concat(Enqueues))
            (await nobody.RefusalAsync(sql)).ShouldMatch("does not exist|permission denied"); // it does not even see the schema
        await Sql.RunAsync($"GRANT USAGE ON SCHEMA {Fixture.Schema} TO {_roles["nobody"]}"); // what is left is that no function is everybody's
        foreach (var sql in Reads.Concat(Changes).Concat(Insides).Concat(Enqueues))
            (await nobody.RefusalAsync(sql)).ShouldStartWith("permission denied");
    }

    [Fact]
    public async Task What_was_given_is_taken_back()
    {
        await Sql.RunAsync($"SELECT revoke_role('{_roles["reader"]}')");
        await using var reader = await _roles.OpenAsync("reader");

        await reader.RefusalAsync("SELECT count(*) FROM jobs");
    }

    [Fact]
    public async Task A_role_that_is_not_there_is_not_named()
        => (await Sql.RefusalAsync("SELECT grant_roles(worker => 'no such role')")).ShouldContain("A role must be there before it is named, but 'no such role' is not");

    [Fact]
    public async Task A_role_that_was_dropped_keeps_nobody_from_the_next_version()
    {
        var dropped = _roles["reader"];
        await Sql.RunAsync($"DROP OWNED BY {dropped}; DROP ROLE {dropped}");

        await Sql.RunAsync("SELECT lh_apply_roles()");

        await Sql.RunAsync($"CREATE ROLE {dropped}");
    }

    [Fact]
    public async Task A_role_may_be_of_several_kinds()
    {
        await Sql.RunAsync($"SELECT grant_roles(reader => '{_roles["worker"]}', producer => '{_roles["worker"]}', operator => '{_roles["worker"]}')");
        await using var worker = await _roles.OpenAsync("worker");

        foreach (var sql in Reads.Concat(Enqueues).Append("SELECT count(*) FROM lh_job"))
            await worker.ListAsync(sql);
    }

    [Fact]
    public async Task No_function_is_everybodys_and_those_of_the_owners_rights_have_their_search_path()
    {
        (await Sql.ListAsync($"SELECT p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE p.pronamespace = '{Fixture.Schema}'::regnamespace AND a.grantee = 0"))
            .ShouldBeEmpty();
        (await Sql.ListAsync($"SELECT c.relname FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a WHERE c.relnamespace = '{Fixture.Schema}'::regnamespace AND a.grantee = 0"))
            .ShouldBeEmpty();
        (await Sql.ListAsync($"SELECT p.proname FROM pg_proc p WHERE p.pronamespace = '{Fixture.Schema}'::regnamespace AND p.prosecdef AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)"))
            .ShouldBeEmpty();
        (await Sql.ListAsync($"SELECT DISTINCT p.proname FROM pg_proc p WHERE p.pronamespace = '{Fixture.Schema}'::regnamespace AND p.prosecdef ORDER BY 1"))
            .ShouldBe(["enqueue", "enqueue_many", "lh_chain_audit", "lh_delete_failed_row", "lh_delete_unfinished", "lh_insert_job", "lh_prune_audit", "lh_update_job", "recover_stale_jobs"]);
    }

    private static string[] Reads { get; } =
    [
        "SELECT * FROM jobs", "SELECT * FROM queue", "SELECT * FROM failed_jobs", "SELECT * FROM job_queue", "SELECT * FROM job_queue_status",
        "SELECT * FROM migration_state", "SELECT * FROM ingest_traces",
    ];

    private static string[] Changes { get; } =
    [
        "DELETE FROM jobs", "DELETE FROM queue", "DELETE FROM failed_jobs", "UPDATE jobs SET reserved_at = NULL, attempts = 0", "SELECT recover_stale_jobs(5)",
    ];

    private static string[] Enqueues { get; } = ["SELECT enqueue('x', '{}')", "SELECT enqueue_many('x', '{\"{}\"}')", "INSERT INTO new_jobs (name, payload) VALUES ('x', '{}')"];

    private static string[] Insides { get; } =
    [
        "SELECT * FROM lh_job", "SELECT * FROM lh_detail", "DELETE FROM lh_run", "INSERT INTO lh_role VALUES ('worker', 'x')", "SELECT lh_act(0, 1, NULL, NULL)",
        "SELECT lh_take_ids(1)", "SELECT lh_prune(10)", "SELECT grant_roles(worker => 'postgres')", "SELECT enable_row_security()", "SELECT nextval('lh_job_id')",
    ];
}
