using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Sqlite.Tests;

/// <summary>What other programs change through the views: the same as the store's own actions, counts and ranges included.</summary>
public sealed class SqlChangeTests : ConformanceTest<SqliteFixture>
{
    // Which columns the rows of one job have after an action, whatever the moment and the person.
    private const string Rest =
        """
        SELECT group_concat(t, '; ') FROM (
          SELECT 'ready ' || jobs || ' ' || flags || ' ' || priority AS t FROM lh_ready WHERE id = :id
          UNION ALL SELECT 'later ' || jobs || ' ' || flags FROM lh_later WHERE id = :id
          UNION ALL SELECT 'held ' || state || ' ' || flags FROM lh_held WHERE id = :id
          UNION ALL SELECT 'run ' || flags || ' ' || coalesce(ordered, '-') FROM lh_run WHERE id = :id
          UNION ALL SELECT 'done ' || state || ' ' || flags || ' ' || run_number || ' ' || coalesce(token, '-') || ' ' || (expires - finished) FROM lh_done WHERE id = :id
          UNION ALL SELECT 'state ' || run_number || ' ' || failed_attempts || ' ' || lost_runs || ' ' || hook_tries || ' ' || coalesce(hook_due, '-') || ' '
            || (due IS NULL) || (started IS NULL) || (settled_token IS NULL) || (checkpoint IS NULL) || (fence > 0) FROM lh_state WHERE id = :id
          UNION ALL SELECT 'hold' FROM lh_hold WHERE id = :id
          UNION ALL SELECT 'unique ' || key FROM lh_unique WHERE job = :id
          UNION ALL SELECT 'history ' || kind || ' ' || coalesce(run_number, '-') || ' ' || coalesce(reason, '-') FROM lh_history WHERE job = :id)
        """;

    public static TheoryData<string> Statements => [.. SeedStatements.ForSqlite.Select(static statement => statement.Sql)];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Clock.Advance(TimeProvider.System.GetUtcNow() - Clock.Now); // the triggers go by the machine's clock
    }

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

        Fixture.Run(For(sql, target));

        (await Store.GetJobAsync(failed, Cancel) is null).ShouldBe(statement.Effect == SeedEffect.Forgets);
        (await StateOfAsync(ids[2])).ShouldBe(statement.Effect == SeedEffect.Cancels ? JobState.Cancelled : JobState.Pending);
        (await StateOfAsync(ids[0])).ShouldBe(statement.Effect == SeedEffect.Releases ? JobState.Pending : JobState.Running);
        (await worker.SettleAsync(run, Outcome.Completed)).Status
            .ShouldBe(statement.Effect == SeedEffect.Releases ? SettleStatus.LeaseLost : SettleStatus.Settled);
        await Store.ShouldBeSoundAsync();
    }

    [Theory]
    [InlineData("pending")]
    [InlineData("scheduled")]
    [InlineData("retrying")]
    [InlineData("paused")]
    [InlineData("held")]
    [InlineData("running")]
    [InlineData("running again")]
    [InlineData("unique")]
    public async Task Cancel_and_release_leave_what_the_stores_own_actions_leave(string how)
    {
        foreach (var (sql, action) in new[]
        {
            ("DELETE FROM jobs WHERE id = :id", JobAction.Cancel),
            ("DELETE FROM queue WHERE id = :id", JobAction.Cancel),
            ("INSERT INTO lh_release SELECT * FROM lh_place WHERE id = :id", JobAction.ReleaseAndResetAttempts),
        })
        {
            var (mine, theirs) = (await MakeAsync(how, "a"), await MakeAsync(how, "b"));
            Fixture.Run(For(sql, mine));
            (await ActAsync(action, theirs, "sql")).Status.ShouldBeOneOf(ActionStatus.Done, ActionStatus.Ordered);

            string What(JobId id) => ((string)Fixture.Ask(For(Rest, id))!).Replace("unique b", "unique a", StringComparison.Ordinal);
            What(mine).ShouldBe(What(theirs), $"{sql} of a {how} job");
            await Store.ShouldBeSoundAsync();
            var record = await GetAsync(mine);
            (record.State, record.Reason).ShouldBe(((await GetAsync(theirs)).State, (await GetAsync(theirs)).Reason));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task A_job_leaves_its_range_and_the_others_stay(int which)
    {
        var now = await EnqueueManyAsync(10);
        var later = await EnqueueManyAsync(10, static (job, _) => job with { Delay = TimeSpan.FromHours(1) });

        Fixture.Run($"DELETE FROM jobs WHERE id IN ({now[which]}, {later[which]})");

        await Store.ShouldBeSoundAsync();
        (await DueIdsAsync()).ShouldBe(now.Where((_, i) => i != which));
        Clock.Advance(TimeSpan.FromHours(1));
        (await DueIdsAsync()).ShouldBe(later.Where((_, i) => i != which));
    }

    [Fact]
    public async Task All_jobs_can_go_at_once()
    {
        await EnqueueManyAsync(300, static (job, i) => job with { Priority = (byte)(i % 3), Owner = i % 2 == 0 ? "ann" : null });
        await (await OpenWorkerAsync()).ClaimAsync(10);

        Fixture.Run("DELETE FROM jobs");

        await Store.ShouldBeSoundAsync();
        Fixture.Ask("SELECT cancelled || ' ' || pending || ' ' || running FROM lh_queue").ShouldBe("290 0 10");
    }

    [Fact]
    public async Task A_running_job_is_told_to_stop()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        Fixture.Run($"DELETE FROM jobs WHERE id = {id}");

        worker.OrdersFor(run).ShouldBe([new RunOrder(run.Key, RunOrderKind.Cancel, "sql", null)]);
        (await worker.EndAsync(run, Outcome.Cancelled)).ShouldBe(JobState.Cancelled);
        await Store.ShouldBeSoundAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(123_456_789_012)]
    [InlineData(JobId.MaxValue)]
    public async Task A_job_cancelled_in_sql_expires_as_any(long number)
    {
        var job = Make.Job(new(number));
        await WriteAsync(job);
        Fixture.Run("DELETE FROM jobs");
        (await Store.PruneAsync(10, Cancel)).ShouldBe(0);

        Clock.Advance(JobDefaults.CancelledRetention + TimeSpan.FromMinutes(1));

        (await Store.PruneAsync(10, Cancel)).ShouldBe(1);
        Fixture.Ask("SELECT count(*) FROM lh_job").ShouldBe(0L);
        await Store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_failed_job_is_forgotten_with_all_that_hangs_on_it()
    {
        var id = await FinishedAsync(Outcome.Failed,
            static job => job with { Tags = ["a", "b"], Owner = "ann", Unique = new("k", UniqueScope.Window, TimeSpan.FromHours(1)) },
            static settlement => settlement with { FailedHook = true });
        var kept = await FinishedAsync(Outcome.Failed, static job => job with { Name = "other.job", Tags = ["a"] });

        Fixture.Run($"DELETE FROM failed_jobs WHERE id = {id}");

        (await Store.GetJobAsync(id, Cancel)).ShouldBeNull();
        (await DueIdsAsync()).ShouldBeEmpty(); // its hook went with it
        Fixture.Ask("SELECT group_concat(job) FROM (SELECT job FROM lh_tag UNION ALL SELECT job FROM lh_history UNION ALL SELECT id FROM lh_detail UNION ALL SELECT id FROM lh_state)")
            .ShouldBe(string.Join(',', Enumerable.Repeat(kept.Value, 4)));
        await Store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_row_that_is_released_already_stays_as_it_is()
    {
        var id = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromMinutes(5) });

        Fixture.Run("UPDATE jobs SET reserved_at = NULL, attempts = 0");

        (await DueIdsAsync()).ShouldBeEmpty();
        (await GetAsync(id)).Reason.ShouldBeNull();
    }

    [Theory]
    [InlineData("UPDATE jobs SET queue = 'other'")]
    [InlineData("UPDATE jobs SET reserved_at = 1, attempts = 0")]
    [InlineData("UPDATE jobs SET attempts = 2")]
    [InlineData("UPDATE jobs SET available_at = 0, reserved_at = NULL, attempts = 0")]
    public async Task Nothing_else_can_be_changed(string sql)
    {
        var id = await EnqueueAsync();

        Should.Throw<Microsoft.Data.Sqlite.SqliteException>(() => Fixture.Run(sql)).Message.ShouldContain("An UPDATE of jobs must set reserved_at to NULL");

        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task Migration_state_tells_how_far_a_job_is()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, static update => update with { Progress = new() { Phase = "copy", Done = 650, Total = 1_000, Fraction = 0.65 } });

        Fixture.Ask("SELECT job_id || ' ' || status || ' ' || phase || ' ' || processed || ' ' || total || ' ' || progress || ' ' || (updated_at > '2026') FROM migration_state")
            .ShouldBe($"{id} running copy 650 1000 0.65 1");
        Fixture.Ask("SELECT migration_id FROM migration_state").ShouldBe($"queue-{(await GetAsync(id)).CreatedAt.ToUnixTimeSeconds()}-{id.Value:x6}");
        await worker.EndAsync(run, Outcome.Completed);
        Fixture.Ask("SELECT status || ' ' || progress FROM migration_state").ShouldBe("completed 1.0");
    }

    [Fact]
    public async Task Traces_are_found_by_their_subject()
    {
        var run = await (await OpenWorkerAsync()).ClaimOneAsync(await EnqueueAsync());
        await Store.FlushAsync([new() { Key = run.Key, Traces = [Trace("0f8b2c7e"), Trace("other")] }], Cancel);

        Fixture.Ask("SELECT trace_type || ' ' || method_tried || ' ' || method_order || ' ' || success || ' ' || failure_reason || ' ' || result_info FROM ingest_traces WHERE uuid = '0f8b2c7e'")
            .ShouldBe("""preview_extraction vips_fallback 2 0 no such tag {"duration_ms":142,"size":34654}""");
    }

    private static string For(string sql, JobId id) => sql.Replace(":id", id.ToString(), StringComparison.Ordinal);

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

    private async Task<JobId> MakeAsync(string how, string key)
    {
        var id = await EnqueueAsync(job => how switch
        {
            "scheduled" => job with { Delay = TimeSpan.FromHours(1), Priority = 7 },
            "unique" => job with { Unique = new(key, UniqueScope.UntilFinished), Owner = "ann" },
            _ => job,
        });
        if (how is "pending" or "scheduled" or "unique")
            return id;

        var worker = await OpenWorkerAsync();
        var run = how == "paused" ? null : await worker.ClaimOneAsync(id);
        switch (how)
        {
            case "paused":
                await ActAsync(JobAction.Pause, id);
                break;
            case "retrying":
                await worker.EndAsync(run!, Outcome.Retry, static settlement => settlement with { Delay = TimeSpan.FromMinutes(1) });
                break;
            case "held":
                await worker.EndAsync(run!, Outcome.Retry, static settlement => settlement with { CodeStillRuns = true });
                break;
            case "running again":
                await worker.EndAsync(run!, Outcome.Retry);
                await worker.WriteAsync(await worker.ClaimOneAsync(id), static update => update with { Checkpoint = Make.Checkpoint("{}") });
                break;
        }

        return id;
    }
}
