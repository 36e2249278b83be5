using System.Runtime.Versioning;
using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>Programs as jobs, whose workers are killed. <c>./campaign process</c> does it 500 times.</summary>
[Trait("Part", "crash"), SupportedOSPlatform("linux")]
public sealed class ProgramTests
{
    [Fact]
    public async Task No_process_outlives_a_worker_that_was_killed()
    {
        var folder = Directory.CreateTempSubdirectory("longhaul-");
        try
        {
            await using var slice = new ProgramSlice(folder.FullName, kills: 8, seed: 3);

            var result = await slice.RunAsync();

            result.Broken.ShouldBeEmpty();
            result.OrphanedMs.ShouldNotBeEmpty();
            result.Completed.ShouldBeGreaterThan(0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
