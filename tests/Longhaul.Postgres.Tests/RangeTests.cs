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

    [Theory]
    [InlineData(1)]
    [InlineData(50)] // more than a claim looks at before it takes a range
    public async Task Jobs_come_back_to_their_places_though_another_holds_the_range_that_is_called_after_the_first(int back)
    {
        var ids = await EnqueueManyAsync(back + 4);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(back + 1);
        await using (var holder = await HoldAsync(ids[0]))
        {
            foreach (var run in runs.Take(back).Reverse())
                (await Await.WithinAsync(worker.EndAsync(run, Outcome.HandedBack), "a hand-back to a range that is held")).ShouldBe(JobState.Pending);
        }

        (await worker.ClaimIdsAsync(1)).ShouldBe([ids[0]]);
        (await worker.ClaimIdsAsync(back + 4)).ShouldBe([.. ids.Take(back).Skip(1), .. ids.Skip(back + 1)]);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task To_clear_a_job_that_came_back_takes_nothing_from_the_range_that_is_called_after_it()
    {
        var ids = await EnqueueManyAsync(3);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(1);
        Task<long> cleared;
        await using (var holder = await HoldAsync(ids[0]))
        {
            await Await.WithinAsync(worker.EndAsync(runs[0], Outcome.HandedBack), "a hand-back to a range that is held");
            cleared = Store.ClearAsync(JobDefaults.Queue, Cancel);
            await Await.WithinAsync(holder.MetAsync(), "a clear that waits for the holder of a range");
        }

        (await Await.WithinAsync(cleared, "a clear")).ShouldBe(3);
        (await Store.ListJobsAsync(new JobFilter(), new PageRequest(10), Cancel)).Items.ShouldBeEmpty();
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
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

    [Theory]
    [InlineData(0)]
    [InlineData(1)] // the first is free
    public async Task A_claim_goes_on_behind_all_that_others_hold(int free)
    {
        List<JobId> ids = [];
        for (var i = 0; i < 20; i++)
            ids.AddRange(await EnqueueManyAsync(8));
        var worker = await OpenWorkerAsync();
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using var others = await connection.BeginTransactionAsync(Cancel);
        await using (var hold = new NpgsqlCommand($"SELECT FROM lh_ready WHERE id IN (SELECT id FROM lh_ready ORDER BY id OFFSET {free} LIMIT 15) FOR UPDATE", (NpgsqlConnection)connection))
            await hold.ExecuteNonQueryAsync(Cancel);

        (await worker.ClaimIdsAsync(12)).ShouldBe([.. ids.Take(8 * free), .. ids.Skip(8 * (15 + free)).Take(12 - (8 * free))]);

        await others.CommitAsync(Cancel);
        (await worker.ClaimIdsAsync(3)).ShouldBe(ids.Skip(8 * free).Take(3));
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_claim_takes_all_that_it_wants_of_small_ranges_behind_a_large_one_that_others_hold()
    {
        var large = await EnqueueManyAsync(300);
        List<JobId> small = [];
        for (var i = 0; i < 80; i++)
            small.Add(await EnqueueAsync());
        var worker = await OpenWorkerAsync();
        await using var connection = await Fixture.OpenConnectionAsync(Cancel);
        await using var others = await connection.BeginTransactionAsync(Cancel);
        await using (var hold = new NpgsqlCommand($"SELECT FROM lh_ready WHERE id = {large[0]} FOR UPDATE", (NpgsqlConnection)connection))
            await hold.ExecuteNonQueryAsync(Cancel);

        (await worker.ClaimIdsAsync(60)).ShouldBe(small.Take(60));
    }

    /// <summary>Somebody has the only range of the queue.</summary>
    private async Task<Holder> HoldAsync(JobId called)
    {
        var connection = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        var transaction = await connection.BeginTransactionAsync(Cancel);
        await using var hold = new NpgsqlCommand("SELECT id FROM lh_ready FOR UPDATE", connection, transaction);
        (await hold.ExecuteScalarAsync(Cancel)).ShouldBe(called.Value);
        return new Holder(connection, transaction);
    }

    private sealed class Holder(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        /// <summary>Ends when somebody waits for it.</summary>
        public Task MetAsync() => Blocked.ByAsync(transaction, Cancel);

        public async ValueTask DisposeAsync()
        {
            await transaction.CommitAsync(Cancel);
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
