using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>Another session's open transaction keeps all that goes from being cleaned up, for hours maybe.</summary>
[Trait("Store", "postgres")]
public sealed class HeldTransactionTests : ConformanceTest<PostgresFixture>
{
    private const int Jobs = 4_000;
    private const int AtOnce = 40;
    private const int Claims = Jobs / AtOnce;

    /// <summary>Of a claim that goes on where the last one ended: what it takes lies on as many pages, and is looked at again when it is locked and taken.</summary>
    private const int PagesOfAClaim = 10 * AtOnce;

    /// <summary>Of a run that is claimed and ended: it is written, found and taken, with its three indexes.</summary>
    private const int PagesOfARun = 28;

    /// <summary>So many looks at the server's count, a tenth of a second apart, without a change.</summary>
    private const int Quiet = 5;

    /// <summary>Once a second a claim looks from the front.</summary>
    private const int LooksFromTheFront = 10;

    [Fact]
    public async Task Claims_do_not_look_through_all_that_was_claimed_before()
    {
        // Scattered, so that each row that a look steps over is a page: all looks from the front would be 200,000.
        await Fixture.AskAsync($"""
            SELECT lh_lane_of('{JobDefaults.Queue}', '{Make.Name}');
            INSERT INTO lh_job SELECT g, g, 0, 0, l.id, 1, 100, '1' FROM generate_series(1, {Jobs}) g, lh_lane l;
            INSERT INTO lh_ready SELECT l.id, 100, g, g, 1, 0, 0 FROM generate_series(1, {Jobs}) g, lh_lane l ORDER BY g * 7919 % {Jobs};
            ANALYZE lh_ready;
            SELECT 1
            """, Cancel);
        await using var holder = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        await using var held = await holder.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Cancel);
        await AskAsync(holder, "SELECT count(*) FROM lh_ready");
        var before = await PagesAsync();
        var worker = await OpenWorkerAsync();
        for (var claim = 0; claim < Claims; claim++)
            (await worker.ClaimIdsAsync(AtOnce)).ShouldBe(Enumerable.Range((claim * AtOnce) + 1, AtOnce).Select(static id => new JobId(id)));
        Store = await Fixture.ReopenAsync(Store, Cancel);

        ((await PagesAsync()) - before).ShouldBeInRange(Jobs, (Claims * PagesOfAClaim) + (LooksFromTheFront * Jobs));
    }

    [Fact]
    public async Task A_look_is_not_long_because_of_those_before_it()
    {
        await EnqueueManyAsync(Jobs, static (job, i) => job with { Description = i % 2 == 0 ? "even" : null }); // a row of the queue for each
        Clock.Advance(TimeSpan.FromSeconds(10));
        await using var connection = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        var worker = await OpenWorkerAsync();
        var longOnes = 0;
        for (var claim = 0; claim < Claims; claim++)
            longOnes += await IsLongAsync(connection, worker, claim) ? 1 : 0;
        longOnes.ShouldBeLessThan(Claims * 9 / 10); // a busy machine makes some so
    }

    [Theory]
    [InlineData("lh_young", AtOnce)]
    [InlineData("lh_run", 7)]
    public async Task Ends_are_not_looked_for_among_all_that_have_ended(string table, int atOnce)
    {
        const int ends = 200;
        await EnqueueManyAsync(ends * atOnce);
        await using var holder = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        await using var held = await holder.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Cancel);
        await AskAsync(holder, "SELECT count(*) FROM lh_ready");
        var worker = await OpenWorkerAsync();
        await EndAsync(worker, ends / 2, atOnce);
        await Fixture.AskAsync($"ANALYZE {table}; SELECT 1", Cancel); // as the server does by itself: of a few that are left it knows now
        var before = await PagesAsync(table);

        await EndAsync(worker, ends / 2, atOnce);
        Store = await Fixture.ReopenAsync(Store, Cancel);

        ((await PagesAsync(table)) - before).ShouldBeInRange(ends, ends / 2 * PagesOfARun * (table == "lh_run" ? atOnce : 1));
    }

    private async Task EndAsync(TestWorker worker, int times, int atOnce)
    {
        for (var time = 0; time < times; time++)
        {
            var runs = await worker.ClaimAsync(atOnce);
            runs.Count.ShouldBe(atOnce);
            await Store.SettleAsync([.. runs.Select(static run => Make.Settlement(run, Outcome.Completed))], Cancel);
        }
    }

    /// <summary>Whether a claim, by a connection that has made all those before, says that its look was long.</summary>
    private async Task<bool> IsLongAsync(NpgsqlConnection connection, TestWorker worker, int claim)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT version FROM lh_claim($1, $2, $3, ARRAY(SELECT id FROM lh_lane), ARRAY(SELECT 0 FROM lh_lane), ARRAY(SELECT queue FROM lh_lane), (SELECT count(*)::int FROM lh_lane),
              $4, 0, false, false, $5, $4, NULL, NULL, NULL, NULL, 0) WHERE at = -1
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = Moments.From(Clock.Now) }, new() { Value = worker.Session.Value }, new() { Value = (long)claim + 1 }, new() { Value = AtOnce }, new() { Value = (claim + 1L) << 20 },
            },
        };
        return (int)(await command.ExecuteScalarAsync(Cancel))! != 0;
    }

    /// <summary>As the server knows it when those that have looked have all told.</summary>
    private async Task<long> PagesAsync(string table = "lh_ready")
    {
        await using var connection = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        for (var (last, quiet) = (-1L, 0); ;)
        {
            var pages = await AskAsync(connection, $"SELECT (heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit)::bigint FROM pg_statio_user_tables WHERE relid = '{table}'::regclass");
            quiet = pages == last ? quiet + 1 : 0;
            if (quiet == Quiet)
                return pages;
            last = pages;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
        }
    }

    private static async Task<long> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }
}
