using Longhaul.Conformance;

namespace Longhaul.Postgres.Tests;

/// <summary>The runs of a dead worker are taken over in parts, and whoever takes one may die before the next.</summary>
public sealed class TakeOverTests : ConformanceTest<PostgresFixture>
{
    [Fact]
    public async Task A_suspect_takes_the_blame_for_its_neighbours_whoever_takes_which_part()
    {
        var suspect = await EnqueueAsync();
        for (var i = 0; i < 2; i++)
        {
            var lost = await OpenWorkerAsync();
            await lost.ClaimOneAsync(suspect);
            await RecoverAsync(null, lost);
        }

        var neighbours = await EnqueueManyAsync(5);
        var dead = await OpenWorkerAsync();
        (await dead.ClaimIdsAsync(6)).ShouldBe([suspect, .. neighbours]);
        await Fixture.AskAsync($"UPDATE lh_session SET state = 3, ended = 1 WHERE id = {dead.Session.Value}", Cancel);

        for (var part = 0; part < 2; part++)
            (await Fixture.AskAsync($"SELECT cardinality(recovered) FROM lh_take_over(NULL, {dead.Session.Value}, false, 3)", Cancel)).ShouldBe(3); // each by a process that knows of no other part

        (await GetAsync(suspect)).LostRuns.ShouldBe(3);
        foreach (var neighbour in neighbours)
            (await GetAsync(neighbour)).LostRuns.ShouldBe(0);
    }
}
