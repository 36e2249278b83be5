using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>Jobs that were written together share a row of the queue: one that comes back to it meets those who hold it.</summary>
[Trait("Store", "postgres")]
public sealed class RangeTests : ConformanceTest<PostgresFixture>
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_job_comes_back_to_its_place_among_those_it_was_written_with(int place)
    {
        var ids = await EnqueueManyAsync(5);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(3);

        await worker.EndAsync(runs[place], Outcome.HandedBack);

        (await worker.ClaimIdsAsync()).ShouldBe([ids[place], ids[3], ids[4]]);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_job_comes_back_though_another_holds_the_range_that_is_called_after_it()
    {
        var ids = await EnqueueManyAsync(5);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(2);
        await using var connection = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await using var hold = new NpgsqlCommand($"SELECT id FROM \"{Fixture.Schema}\".lh_ready FOR UPDATE", connection, transaction);
        (await hold.ExecuteScalarAsync(Cancel)).ShouldBe(ids[0].Value);

        var ended = worker.EndAsync(runs[0], Outcome.HandedBack);
        await transaction.CommitAsync(Cancel);

        (await Await.WithinAsync(ended, "a hand-back to a range that was held")).ShouldBe(JobState.Pending);
        (await worker.ClaimIdsAsync()).ShouldBe([ids[0], ids[2], ids[3], ids[4]]);
    }

    [Fact]
    public async Task Any_job_of_a_range_can_be_taken_out_of_it()
    {
        var ids = await EnqueueManyAsync(6);
        var later = await EnqueueManyAsync(6, static (job, _) => job with { Delay = TimeSpan.FromMinutes(1) });
        foreach (var i in new[] { 0, 3, 5 })
        {
            await ActAsync(JobAction.Cancel, ids[i]);
            await ActAsync(JobAction.Delete, later[i]);
        }

        (await DueIdsAsync()).ShouldBe([ids[1], ids[2], ids[4]]);
        Clock.Advance(TimeSpan.FromMinutes(1));
        (await DueIdsAsync()).ShouldBe([later[1], later[2], later[4]]);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }
}
