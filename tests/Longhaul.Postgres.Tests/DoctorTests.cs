using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Postgres.Tests;

/// <summary>What the doctor finds in a sick store: each made sick by hand.</summary>
[Trait("Store", "postgres")]
public sealed class DoctorTests : ConformanceTest<PostgresFixture>
{
    [Theory]
    [InlineData("SELECT setval('lh_job_id', 1)", "restored without the sequence")]
    [InlineData("UPDATE lh_lane SET pending = pending + 1", "counts of queue default")]
    [InlineData("DELETE FROM lh_ready", "hold 0 jobs where 2 are pending")]
    [InlineData("INSERT INTO lh_held VALUES (99, 1, 0, 100, 3)", "Table lh_held holds 1 rows of jobs that are not there")]
    [InlineData("INSERT INTO lh_state (id) VALUES (99)", "Table lh_state holds 1 rows of jobs that are not there")]
    [InlineData("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'lh_done_failed'::regclass", "lh_done_failed is not valid")]
    public async Task What_is_wrong_is_told(string sickness, string told)
    {
        await FinishedAsync();
        await EnqueueManyAsync(2);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();

        await Fixture.AskAsync($"{sickness}; SELECT 1", Cancel);

        (await Store.CheckAsync(Cancel)).ShouldHaveSingleItem().ShouldContain(told);
    }

    [Fact]
    public async Task A_connection_whose_commits_do_not_wait_for_the_disk_is_told()
    {
        await using var store = new PostgresStore(new()
        {
            ConnectionString = Fixture.ConnectionString + ";Options=-c synchronous_commit=off",
            Schema = Fixture.Schema,
            Clock = Clock,
        });
        await store.OpenAsync(migrate: false, Cancel);

        (await store.CheckAsync(Cancel)).ShouldHaveSingleItem().ShouldContain("synchronous_commit is off");
    }

    [Fact]
    public async Task Jobs_that_nobody_prunes_are_told()
    {
        await FinishedAsync();
        Clock.Advance(JobDefaults.Retention + TimeSpan.FromDays(2));

        (await Store.CheckAsync(Cancel)).ShouldHaveSingleItem().ShouldContain("1 ended jobs have been past their retention");
    }
}
