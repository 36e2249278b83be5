using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>Programs as jobs, whose workers are killed. <c>./campaign process</c> does it 500 times.</summary>
[Trait("Part", "crash"), Trait("Store", "sqlite")]
public sealed class ProgramTests
{
    [Fact]
    public async Task No_process_outlives_a_worker_that_was_killed()
    {
        using var folder = new TemporaryFolder();
        await using var slice = new ProgramSlice(folder.Path, kills: 8, seed: 3);

        var result = await slice.RunAsync();

        result.Broken.ShouldBeEmpty();
        result.OrphanedMs.ShouldNotBeEmpty();
        result.Completed.ShouldBeGreaterThan(0);
    }
}
