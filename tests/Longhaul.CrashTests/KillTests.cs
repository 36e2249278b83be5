using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>The crash campaign in small: kills of real processes at every named point, and then every promise.</summary>
[Trait("Part", "crash"), Trait("Store", "sqlite")]
public sealed class KillTests(ITestOutputHelper output)
{
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("LONGHAUL_KILLS") ?? "25");

    [Fact]
    public async Task Kills_at_every_point_break_no_promise()
    {
        await using var stage = await Stage.OpenAsync();
        var result = await new CrashSlice(stage, new CrashPlan { Seed = 7, Kills = Kills }).RunAsync();

        var checks = AllChecks.Run(result.History, Limits.Checks);
        output.WriteLine($"{result.Kills} kills ({string.Join(", ", result.KillsByPoint.OrderBy(static k => k.Key).Select(static k => $"{k.Key} {k.Value}"))}), {result.Enqueued} enqueued, {result.Completed} completed");
        foreach (var check in checks)
            output.WriteLine($"{check} {string.Join(", ", check.Figures.Select(static f => $"{f.Key}={f.Value}"))}");
        stage.KeepFolder = Environment.GetEnvironmentVariable("LONGHAUL_KEEP") is not null || checks.Any(static c => c.Verdict == Verdict.Violated);
        checks.Where(static c => c.Verdict == Verdict.Violated).ShouldBeEmpty($"see {stage.Folder}");
    }
}
