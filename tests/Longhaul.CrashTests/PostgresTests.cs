using Longhaul.Proof;
using Longhaul.Servers;
using Npgsql;

namespace Longhaul.CrashTests;

/// <summary>What real processes do on a PostgreSQL server that is a victim too; the campaigns in small.</summary>
[Trait("Part", "crash"), Trait("Store", "postgres")]
public sealed class PostgresTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("LONGHAUL_KILLS") ?? "25");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private PostgresServer _server = null!;
    private Stage _stage = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync(durable: false);
        _stage = await Stage.OpenAsync(_server);
    }

    public async ValueTask DisposeAsync()
    {
        _stage.KeepFolder |= TestContext.Current.TestState?.Result == TestResult.Failed;
        if (_stage.KeepFolder)
            output.WriteLine($"histories and logs: {_stage.Folder}");
        await _stage.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Kills_of_workers_sessions_and_the_server_break_no_promise(bool killsServer)
    {
        var plan = new CrashPlan { Seed = 11, Kills = Kills, EndsSessions = true, KillsServer = killsServer, Drain = TimeSpan.FromMinutes(4) };
        var result = await new CrashSlice(_stage, plan).RunAsync();

        var checks = AllChecks.Run(result.History, CheckLimits.OnSharedMachines with { Takeover = TimeSpan.FromMinutes(2) });
        output.WriteLine($"{result.Kills} kills ({string.Join(", ", result.KillsByPoint.OrderBy(static k => k.Key).Select(static k => $"{k.Key} {k.Value}"))}), {result.Enqueued} enqueued, {result.Completed} completed, back to work after {string.Join(", ", result.BackToWork.Select(static ms => $"{ms:0} ms"))}");
        foreach (var check in checks)
            output.WriteLine($"{check} {string.Join(", ", check.Figures.Select(static f => $"{f.Key}={f.Value}"))}");
        checks.Where(static c => c.Verdict == Verdict.Violated).ShouldBeEmpty($"see {_stage.Folder}");
    }

    [Fact]
    public async Task A_loop_that_saves_its_place_with_its_rows_leaves_neither_gap_nor_double()
    {
        const int rows = 2_000; // fifty thousand in the campaign
        var result = await new TransactionSlice(_stage, seed: 3, rows, kills: 6).RunAsync();

        output.WriteLine($"{result.Job.RunNumber} runs; kills: {string.Join(", ", result.Kills.Select(static k => $"{k.Key} {k.Value}"))}");
        (result.Rows, result.Different, result.Last).ShouldBe((rows, rows, rows));
        result.Job.State.ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_worker_whose_process_nobody_here_can_see_is_replaced()
    {
        var took = await new TakeoverSlice(_stage, kills: 2).RunAsync();

        output.WriteLine($"resumed after {string.Join(", ", took.Select(static ms => $"{ms:0} ms"))}");
        took.Count.ShouldBe(2);
        took.Max().ShouldBeLessThan(25_000, "before the lease of 30 s has run out");
    }

    [Fact]
    public async Task A_frozen_process_with_a_saved_place_in_an_open_transaction_holds_up_neither_hearts_nor_recovery()
    {
        static WorkerSettings Hasty(WorkerSettings settings) => settings with { LeaseSeconds = 3, HeartbeatSeconds = 0.3 };
        await ExecuteAsync(ProofHandlers.RowsTable);
        ChildProcess[] workers = [await _stage.StartReadyWorkerAsync(Hasty), await _stage.StartReadyWorkerAsync(Hasty)];
        var job = await _stage.EnqueueAsync(static order => new RowsJob(order, Rows: 10, HoldMillis: 1_000));
        await _stage.UntilAsync(static events => events.Exists(static e => e.Op == Ops.Save), Patience, "a first save");
        var frozen = workers.Single(worker => _stage.Events().Exists(e => e.Op == Ops.Save && e.Proc == worker.Name));
        var other = workers.Single(worker => worker != frozen);

        await FreezeInsideATransactionAsync(frozen);
        await _stage.UntilBegunAsync(job, times: 2);
        frozen.Kill();
        var done = await _stage.UntilEndedAsync(job, Patience);

        done.State.ShouldBe(JobState.Completed);
        var beats = _stage.Events().Where(e => e is { Op: Ops.Beat, Type: EventType.Ok } && e.Proc == other.Name).Select(static e => e.T).Order().ToList();
        beats.Zip(beats.Skip(1), static (a, b) => b - a).Max().ShouldBeLessThan(MonotonicClock.Of(Limits.Seconds(3)), "the other's heart is not held up");
        (await CountAsync("count(*)"), await CountAsync("count(DISTINCT number)")).ShouldBe((10, 10));
    }

    [Fact]
    public async Task A_crowd_that_enqueues_and_joins_at_once_meets_no_error_and_keeps_to_its_connections()
    {
        const int workers = 20;
        var result = await new CrowdSlice(_server, callers: 200, workers).RunAsync();

        result.Errors.ShouldBeEmpty();
        result.Ran.ShouldBe(201);
        result.Deadlocks.ShouldBe(0);
        result.Connections.ShouldBeLessThanOrEqualTo((workers * 4) + 2 + 2, "four a worker, two of the producer, two of the stage");
    }

    private async Task FreezeInsideATransactionAsync(ChildProcess worker)
    {
        const string open = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'";
        await Until.TrueAsync(
            async () =>
            {
                if (await AskAsync(open) == 0)
                    return false;
                worker.Freeze();
                if (await AskAsync(open) > 0)
                    return true;
                worker.Thaw(); // it was about to commit
                return false;
            },
            Patience,
            "the worker to be frozen inside a transaction");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private Task<long> CountAsync(string what) => AskAsync($"SELECT {what} FROM proof_rows");

    private async Task<long> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
