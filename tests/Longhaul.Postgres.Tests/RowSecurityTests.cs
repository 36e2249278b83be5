using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Postgres.Tests;

/// <summary>Row level security by owner: two owners share one database, one role and one connection, and never meet.</summary>
public sealed class RowSecurityTests : SqlTest
{
    private static readonly string[] Views = ["jobs", "queue", "failed_jobs", "job_queue", "job_queue_status", "migration_state", "ingest_traces"];

    private readonly Dictionary<string, JobId[]> _jobs = [];
    private SqlRoles _roles = null!;
    private SqlSession _owner = null!;
    private SqlSession _tenant = null!;
    private TestWorker _worker = null!;
    private ClaimedRun _run = null!;

    public override async ValueTask InitializeAsync()
    {
        Fixture.TakeNew();
        await Fixture.PrepareAsync(Cancel);
        await using (var admin = await SqlSession.OpenAsync(Fixture))
        {
            await new SqlRoles(Fixture, admin).CreateAsync();
            await admin.RunAsync($"GRANT CREATE ON DATABASE {admin.Connection.Database} TO {Fixture.Schema}_owner");
        }

        // The schema belongs to a role that is bound by it, as it should.
        await using (var made = new PostgresStore(new() { ConnectionString = Fixture.ConnectionString + $";Username={Fixture.Schema}_owner", Schema = Fixture.Schema }))
            await made.OpenAsync(migrate: true, Cancel);
        await base.InitializeAsync();
        _roles = new(Fixture, Sql);
        _owner = await _roles.OpenAsync("owner");
        await _roles.GrantAsync(_owner);
        await _owner.RunAsync("SELECT enable_row_security()");
        _tenant = await _roles.OpenAsync("operator");
        _worker = await OpenWorkerAsync();
        foreach (var owner in (string[])["ann", "bob"])
            _jobs[owner] = await FillAsync(owner);
    }

    public override async ValueTask DisposeAsync()
    {
        await _tenant.DisposeAsync();
        await _owner.DisposeAsync();
        await _roles.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Rights_that_are_as_they_should_be_are_granted_again_without_a_wait_for_anybody()
    {
        await BeAsync("ann");
        await _tenant.RunAsync("BEGIN; SELECT count(*) FROM jobs; SELECT count(*) FROM ingest_traces");
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await Store.EnqueueAsync([Make.Job(await Store.TakeIdsAsync(1, transaction, Cancel))], transaction, Cancel);

        await _owner.RunAsync("SET lock_timeout = '2s'; SELECT lh_apply_roles()");

        await _tenant.RunAsync("COMMIT");
        await transaction.CommitAsync(Cancel);
        (await _owner.AskAsync("SELECT count(*) FROM pg_policies WHERE schemaname = current_schema() AND policyname = 'lh_worker'")).ShouldBeOfType<long>().ShouldBeGreaterThan(10);
    }

    [Theory]
    [InlineData("ann", "bob")]
    [InlineData("bob", "ann")]
    public async Task An_owner_sees_its_own_and_nothing_else(string mine, string theirs)
    {
        await BeAsync(mine);

        foreach (var view in Views)
        {
            var id = view is "migration_state" or "ingest_traces" ? "job_id" : "id";
            var seen = await _tenant.ListAsync($"SELECT {id} FROM {view}");
            seen.ShouldNotBeEmpty(view);
            seen.ShouldBeSubsetOf(_jobs[mine].Select(static job => job.ToString()), view);
            (await _tenant.ListAsync($"SELECT * FROM {view} WHERE {id} IN ({string.Join(',', _jobs[theirs])})")).ShouldBeEmpty(view);
        }

        (await _tenant.ListAsync("SELECT owner FROM job_queue")).Distinct().ShouldBe([mine]);
    }

    [Fact]
    public async Task Nobody_changes_what_is_anothers()
    {
        await BeAsync("ann");
        var before = await EverythingOfAsync("bob");

        foreach (var id in _jobs["bob"])
        {
            foreach (var sql in (string[])["DELETE FROM jobs WHERE id = :id", "DELETE FROM queue WHERE id = :id", "DELETE FROM failed_jobs WHERE id = :id",
                "UPDATE jobs SET reserved_at = NULL, attempts = 0 WHERE id = :id"])
            {
                (await _tenant.RunAsync(sql.Replace(":id", id.ToString(), StringComparison.Ordinal))).ShouldBe(0, sql);
            }

            (await RefusedAsync($"SELECT enqueue('test.job', '{{}}', owner => 'ann', continue_from => {id})")).ShouldContain("there is no job");
        }

        await RefusedAsync("SELECT recover_stale_jobs(0)");
        await _tenant.RunAsync("DELETE FROM jobs; DELETE FROM failed_jobs; UPDATE jobs SET reserved_at = NULL, attempts = 0 WHERE reserved_at IS NOT NULL");
        await _tenant.RunAsync("COMMIT");

        (await EverythingOfAsync("bob")).ShouldBe(before);
        (await _worker.SettleAsync(_run, Outcome.Completed)).Status.ShouldBe(SettleStatus.Settled); // bob's run went on
    }

    [Fact]
    public async Task An_owner_changes_its_own()
    {
        await BeAsync("ann");

        (await _tenant.RunAsync($"DELETE FROM jobs WHERE id = {_jobs["ann"][0]}")).ShouldBe(1);
        (await _tenant.RunAsync($"DELETE FROM failed_jobs WHERE id = {_jobs["ann"][2]}")).ShouldBe(1);
        (await _tenant.AskAsync("SELECT enqueue('test.job', '{}', owner => 'ann', unique_key => 'of ann')")).ShouldBeOfType<long>();
        await _tenant.RunAsync("COMMIT");

        await BeAsync("ann"); // before PostgreSQL 15 views show all callers, a superuser too, what the schema's owner sees
        (await _tenant.ListAsync($"SELECT status FROM job_queue WHERE id = {_jobs["ann"][0]}")).ShouldBe(["cancelled"]);
        (await _tenant.ListAsync($"SELECT status FROM job_queue WHERE id = {_jobs["ann"][2]}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("SELECT enqueue('test.job', '{}')")]
    [InlineData("SELECT enqueue('test.job', '{}', owner => NULL)")]
    [InlineData("SELECT enqueue('test.job', '{}', owner => 'bob')")]
    [InlineData("SELECT enqueue_many('test.job', '{\"{}\"}')")]
    [InlineData("SELECT enqueue_many('test.job', '{\"{}\"}', owner => 'bob')")]
    [InlineData("INSERT INTO new_jobs (name, payload, owner) VALUES ('test.job', '{}', 'bob')")]
    [InlineData("INSERT INTO new_jobs (name, payload) VALUES ('test.job', '{}')")]
    public async Task Nobody_enqueues_for_another_or_for_nobody(string sql)
    {
        await BeAsync("ann");

        (await RefusedAsync(sql)).ShouldStartWith("owner must be the one that longhaul.owner is set to");
    }

    [Fact]
    public async Task Without_an_owner_there_is_nothing()
    {
        foreach (var view in Views)
            (await _tenant.ListAsync($"SELECT * FROM {view}")).ShouldBeEmpty(view);
        (await _tenant.RefusalAsync("SELECT enqueue('test.job', '{}', owner => 'ann')")).ShouldContain("is not set");
        (await _tenant.RunAsync("DELETE FROM jobs")).ShouldBe(0);
    }

    [Fact]
    public async Task A_pooled_connection_keeps_nothing_of_the_owner_before()
    {
        await BeAsync("ann");
        await _tenant.ListAsync("SELECT * FROM jobs");
        await _tenant.RunAsync("COMMIT");

        (await _tenant.ListAsync("SELECT * FROM jobs")).ShouldBeEmpty();
        await BeAsync("bob");
        (await _tenant.ListAsync("SELECT owner FROM job_queue")).Distinct().ShouldBe(["bob"]);
    }

    [Theory]
    [InlineData("SET LOCAL longhaul.maintenance = 'on'")]
    [InlineData("SET LOCAL row_security = off")]
    [InlineData("SET LOCAL longhaul.owner = ''' OR true OR owner = '''")]
    public async Task No_setting_opens_more(string setting)
    {
        await BeAsync("ann");
        await _tenant.RunAsync(setting);

        (await SeenAsync($"SELECT * FROM jobs WHERE id = {_jobs["bob"][0]}")).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_tables_behind_the_views_are_closed_too()
    {
        await BeAsync("ann");

        (await _tenant.ListAsync("SELECT owner FROM lh_detail")).Distinct().ShouldBe(["ann"]);
        (await _tenant.ListAsync("SELECT id FROM lh_job ORDER BY id")).ShouldBe(_jobs["ann"].Select(static job => job.ToString()), ignoreOrder: true);
        foreach (var table in (string[])["lh_ready", "lh_later", "lh_tally", "lh_unique", "lh_gone", "lh_body", "lh_checkpoint", "lh_log", "lh_item", "lh_history", "lh_tag"])
            (await RefusedAsync($"SELECT * FROM {table}")).ShouldStartWith("permission denied");
        (await RefusedAsync($"UPDATE lh_detail SET owner = 'ann' WHERE id = {_jobs["bob"][0]}")).ShouldStartWith("permission denied");
    }

    [Fact]
    public async Task The_schemas_owner_is_bound_too()
    {
        (await _owner.ListAsync("SELECT id FROM lh_job")).ShouldBeEmpty();
        (await _owner.ListAsync("SELECT id FROM jobs")).ShouldBeEmpty();
        (await _owner.RefusalAsync("SELECT enqueue('test.job', '{}', owner => 'ann')")).ShouldContain("must not work as one of its users");

        await _owner.RunAsync("SET longhaul.maintenance = 'on'");
        (await _owner.AskAsync("SELECT count(*) FROM lh_job")).ShouldBe(6L);
    }

    [Fact]
    public async Task A_worker_works_for_all()
    {
        await using var store = new PostgresStore(new() { ConnectionString = Fixture.ConnectionString + $";Username={_roles["worker"]}", Schema = Fixture.Schema });
        await store.OpenAsync(migrate: false, Cancel);
        var worker = await OpenWorkerAsync(store: store);

        var runs = await worker.ClaimAsync(10);

        runs.Select(static run => run.Key.Job).ShouldBe([_jobs["ann"][0], _jobs["bob"][0]]);
        foreach (var run in runs)
            await worker.EndAsync(run, Outcome.Completed);
        (await store.EnqueueAsync([Make.Job(await store.TakeIdsAsync(1, null, Cancel)) with { Owner = "ann", Unique = new("k", UniqueScope.UntilFinished) }], null, Cancel))
            .ShouldHaveSingleItem().Status.ShouldBe(EnqueueStatus.Created);
        await store.CloseSessionAsync(worker.Session, Cancel);
    }

    [Fact]
    public async Task A_worker_keeps_the_audit()
    {
        await using var store = new PostgresStore(new() { ConnectionString = Fixture.ConnectionString + $";Username={_roles["worker"]}", Schema = Fixture.Schema });
        await store.OpenAsync(migrate: false, Cancel);
        await using var worker = await _roles.OpenAsync("worker");
        await worker.RunAsync("INSERT INTO lh_audit (at, action, outcome) VALUES (1, 'of long ago', 'done')");
        await TamperedAudit.WriteAsync(store);

        await store.PruneAsync(10, Cancel);

        (await store.CheckAsync(Cancel)).ShouldBeEmpty();
        (await store.ListAuditAsync(new(100), Cancel)).Items.Count.ShouldBe(8);
        (await Sql.AskAsync("SELECT first FROM lh_audit_head")).ShouldBe(2L);
    }

    [Fact]
    public async Task A_program_that_is_no_worker_gets_nowhere()
    {
        await using var store = new PostgresStore(new() { ConnectionString = Fixture.ConnectionString + $";Username={_roles["operator"]}", Schema = Fixture.Schema });

        await Should.ThrowAsync<StoreException>(() => store.OpenAsync(migrate: false, Cancel));
        await Should.ThrowAsync<StoreException>(() => store.ActAsync(JobAction.Delete, [_jobs["bob"][0]], new("eve"), Cancel));
        await Should.ThrowAsync<StoreException>(() => store.GetJobAsync(_jobs["bob"][0], Cancel));
    }

    [Fact]
    public async Task It_can_be_switched_off_again()
    {
        await _owner.RunAsync("SELECT disable_row_security()");

        (await _tenant.ListAsync("SELECT DISTINCT owner FROM job_queue ORDER BY owner")).ShouldBe(["ann", "bob"]);
        (await _tenant.RefusalAsync("SELECT * FROM lh_job")).ShouldStartWith("permission denied");
        (await Sql.ListAsync($"SELECT polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = '{Fixture.Schema}'::regnamespace")).ShouldBeEmpty();
    }

    [Fact]
    public async Task It_is_forced_on_every_table_of_jobs()
        => (await Sql.ListAsync($"SELECT relname FROM pg_class WHERE relnamespace = '{Fixture.Schema}'::regnamespace AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY 1"))
            .ShouldBe(["lh_role", "lh_schema"]);

    [Fact]
    public async Task The_last_worker_role_stays() => (await _owner.RefusalAsync($"SELECT revoke_role('{_roles["worker"]}')")).ShouldContain("must have a worker role");

    // Each owner's: a pending job, a running one with a trace, a failed one.
    private async Task<JobId[]> FillAsync(string owner)
    {
        var running = await EnqueueAsync(job => job with { Owner = owner });
        _run = await _worker.ClaimOneAsync(running);
        await Store.FlushAsync([new() { Key = _run.Key, Traces = [new() { At = Clock.Now, Type = "copy", Subject = "same", Success = true }] }], Cancel);
        var failed = await FinishedAsync(Outcome.Failed, job => job with { Owner = owner });
        // Due by the server's clock only, so that the next owner's running one is the only one to claim.
        var pending = await EnqueueAsync(job => job with { Owner = owner, Delay = TimeSpan.FromMinutes(1), Unique = new("same", UniqueScope.UntilFinished), Tags = ["same"] });
        return [pending, running, failed];
    }

    private async Task BeAsync(string owner) => await _tenant.RunAsync($"BEGIN; SET LOCAL longhaul.owner = '{owner}'");

    private async Task<string> RefusedAsync(string sql)
    {
        await _tenant.RunAsync("SAVEPOINT refused");
        var refusal = await _tenant.RefusalAsync(sql);
        await _tenant.RunAsync("ROLLBACK TO refused");
        return refusal;
    }

    private async Task<string[]> SeenAsync(string sql)
    {
        try
        {
            return await _tenant.ListAsync(sql);
        }
        catch (Npgsql.PostgresException refusal) when (refusal.SqlState == "42501")
        {
            return []; // row_security = off asks for an error instead of fewer rows
        }
    }

    private Task<string[]> EverythingOfAsync(string owner)
        => Sql.ListAsync($"SELECT s.*, q.*, r.ordered, r.token FROM job_queue_status s LEFT JOIN queue q USING (id) LEFT JOIN lh_run r USING (id) WHERE owner = '{owner}' ORDER BY s.id");
}
