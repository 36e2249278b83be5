using Longhaul.Servers;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Proof;

/// <summary>What became of the rows of one loop.</summary>
/// <param name="Kills">By what was killed.</param>
/// <param name="Rows">Rows in the table.</param>
/// <param name="Different">Different numbers among them.</param>
/// <param name="Last">The greatest; without a gap it is as many as there are different ones.</param>
/// <param name="Job">How the job ended.</param>
internal sealed record TransactionResult(IReadOnlyDictionary<string, int> Kills, long Rows, long Different, long Last, JobRecord Job);

/// <summary>
/// One job whose loop inserts a row for each item and saves its place in the same transaction, while workers, sessions of the server and the server
/// itself are killed: at the end there is each row once.
/// </summary>
/// <param name="stage">On a server.</param>
/// <param name="seed">What is killed when.</param>
/// <param name="rows">How many rows it is to be.</param>
/// <param name="kills">How many kills in all.</param>
internal sealed class TransactionSlice(Stage stage, int seed, int rows, int kills)
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(10);
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, int> _kills = [];
    private PostgresServer Server => stage.Server ?? throw new InvalidOperationException("This is for a store on a server.");

    public async Task<TransactionResult> RunAsync()
    {
        await ExecuteAsync(ProofHandlers.RowsTable);
        List<ChildProcess> workers = [await stage.StartReadyWorkerAsync(), await stage.StartReadyWorkerAsync()];
        var job = await stage.EnqueueAsync(order => new RowsJob(order, rows), static job => job with { Policy = new JobPolicy { MaxAttempts = 10_000, RetryDelay = TimeSpan.FromMilliseconds(100), MaxLostRuns = 10_000 } });
        for (var kill = 0; kill < kills; kill++)
        {
            // Spread over the rows, so that none falls when all are there.
            var from = (long)rows * kill / kills;
            await Until.TrueAsync(async () => await CountAsync("max(number)") >= from, EndLimit, $"row {from} to be there");
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(0, 300)), TimeProvider.System);
            await KillAsync(kill, workers);
        }

        var ended = await stage.UntilEndedAsync(job, EndLimit);
        var result = new TransactionResult(_kills, await CountAsync("count(*)"), await CountAsync("count(DISTINCT number)"), await CountAsync("max(number)"), ended);
        await stage.StopAllAsync(TimeSpan.FromMinutes(1));
        return result;
    }

    private async Task KillAsync(int kill, List<ChildProcess> workers)
    {
        switch (kill % 6)
        {
            case 5:
                Note("server");
                await Server.KillAsync();
                await Server.StartAsync();
                break;
            case 2:
                Note("session");
                await ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
                break;
            default:
                Note("worker");
                // The one that runs it, as far as that is known; the other takes over at once.
                var busy = stage.Events().FindLast(static e => e.Op == Ops.Begin)?.Proc;
                var victim = workers.Find(w => w.Name == busy) ?? workers[0];
                victim.Kill();
                await victim.WaitForExitAsync(TimeSpan.FromMinutes(1));
                workers.Remove(victim);
                workers.Add(await stage.StartReadyWorkerAsync());
                break;
        }
    }

    private void Note(string what) => _kills[what] = _kills.GetValueOrDefault(what) + 1;

    private Task ExecuteAsync(string sql) => WithConnectionAsync(sql, static async command => await command.ExecuteNonQueryAsync());

    private Task<long> CountAsync(string what)
        => WithConnectionAsync($"SELECT coalesce({what}, 0) FROM proof_rows", static async command => (long)(await command.ExecuteScalarAsync())!);

    private async Task<T> WithConnectionAsync<T>(string sql, Func<NpgsqlCommand, Task<T>> use)
    {
        await using var connection = new NpgsqlConnection(Server.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await use(command);
    }
}
