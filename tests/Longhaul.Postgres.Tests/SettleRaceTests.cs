using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>Runs that somebody else changes at the moment at which they are ended.</summary>
[Trait("Store", "postgres")]
public sealed class SettleRaceTests : ConformanceTest<PostgresFixture>
{
    private const int Claimed = 40;

    [Theory]
    [InlineData(2)]
    [InlineData(Claimed)]
    public async Task A_run_that_leaves_the_row_of_its_neighbours_meanwhile_ends_once(int ended)
    {
        await EnqueueManyAsync(Claimed);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(Claimed);
        await using var other = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        await using var transaction = await other.BeginTransactionAsync(Cancel);
        await using (var leave = new NpgsqlCommand($"SELECT lh_settle_down({runs[0].Key.Job})", other, transaction))
            await leave.ExecuteNonQueryAsync(Cancel);

        var ends = Store.SettleAsync([.. runs.Take(ended).Select(static run => Make.Settlement(run, Outcome.Completed))], Cancel);
        await Await.WithinAsync(Blocked.ByAsync(transaction, Cancel), "a settle that waits for the row of its runs");
        await transaction.CommitAsync(Cancel);

        (await ends).ShouldAllBe(static answer => answer.Status == SettleStatus.Settled && answer.State == JobState.Completed);
        (await AskAsync(other, "SELECT count(*) FROM lh_dones()")).ShouldBe(ended);
        (await AskAsync(other, "SELECT count(*) FROM lh_runs()")).ShouldBe(Claimed - ended);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    private static async Task<long> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }
}
