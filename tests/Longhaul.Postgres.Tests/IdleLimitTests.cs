using System.Data.Common;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Postgres.Tests;

/// <summary>A caller's transaction that holds a run is not to outlast the worker's lease, should the caller's process be frozen in it.</summary>
public sealed class IdleLimitTests : ConformanceTest<PostgresFixture>
{
    [Theory]
    [InlineData(false, "0", "30s")]
    [InlineData(true, "0", "30s")]
    [InlineData(false, "2min", "30s")]
    [InlineData(true, "2min", "30s")]
    [InlineData(false, "7s", "7s")]
    [InlineData(true, "7s", "7s")]
    public async Task A_callers_transaction_that_holds_a_run_ends_with_the_lease(bool ends, string before, string within)
    {
        var id = await EnqueueAsync();
        var run = await (await OpenWorkerAsync()).ClaimOneAsync(id);
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await LimitAsync(connection, $"SET idle_in_transaction_session_timeout = '{before}'");
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            if (ends)
                (await Store.SettleAsync(new Settlement { Key = run.Key, Outcome = Outcome.Completed }, transaction, Cancel)).Status.ShouldBe(SettleStatus.Settled);
            else
                (await Store.SaveAsync(new RunUpdate { Key = run.Key, Checkpoint = Make.Checkpoint("1") }, transaction, Cancel)).ShouldBe(WriteAnswer.Written);

            (await LimitAsync(connection)).ShouldBe(within);
            await transaction.CommitAsync(Cancel);
        }

        (await LimitAsync(connection)).ShouldBe(before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_whose_lease_is_lost_keeps_its_own_limit(bool ends)
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);
        await RecoverAsync(null, worker);
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);

        if (ends)
            (await Store.SettleAsync(new Settlement { Key = run.Key, Outcome = Outcome.Completed }, transaction, Cancel)).Status.ShouldBe(SettleStatus.LeaseLost);
        else
            (await Store.SaveAsync(new RunUpdate { Key = run.Key, Checkpoint = Make.Checkpoint("1") }, transaction, Cancel)).ShouldBe(WriteAnswer.LeaseLost);

        (await LimitAsync(connection)).ShouldBe("0");
    }

    private static async Task<object?> LimitAsync(DbConnection connection, string sql = "SHOW idle_in_transaction_session_timeout")
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(Cancel);
    }
}
