using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>Checks that find nothing prove something only when they find what is there: every planted bug, within a few seeds.</summary>
[Trait("Part", "crash")]
public sealed class PlantedBugTests(ITestOutputHelper output)
{
    private static readonly int Seeds = int.Parse(Environment.GetEnvironmentVariable("LONGHAUL_SEEDS") ?? "20");

    /// <summary>Which checks may claim to have found which bug. The first is the one that it was planted for.</summary>
    public static TheoryData<string, string> Bugs => new()
    {
        { nameof(PlantedBug.FenceDropped), "I5" },
        { nameof(PlantedBug.RecoveryDoesNotFence), "I5" },
        { nameof(PlantedBug.AckBeforeWrite), "I1" },
        { nameof(PlantedBug.HandBackLost), "I1" },
        { nameof(PlantedBug.InterruptCountsAsAttempt), "I8" },
        { nameof(PlantedBug.ErrorCountsNoAttempt), "I8" },
        { nameof(PlantedBug.DueTimeIgnored), "I10" },
        { nameof(PlantedBug.RetryDelayIgnored), "I9" },
        { nameof(PlantedBug.UniqueKeyForgotten), "I11" },
        { nameof(PlantedBug.CancelOrderSwallowed), "I23" },
        { nameof(PlantedBug.CancelAnswersTooMuch), "I24" },
        { nameof(PlantedBug.CheckpointGoesBack), "I28" },
        { nameof(PlantedBug.ProgressGoesBack), "I29" },
        { nameof(PlantedBug.RunGivenTwice), "I4" },
        { nameof(PlantedBug.DeadSessionClaims), "I4" },
        { nameof(PlantedBug.RecoveryRevivesEndedJobs), "I30" },
        { nameof(PlantedBug.RecoveryDropsJobs), "I1" },
        { nameof(PlantedBug.SettledBeforeHandlerEnds), "I3" },
        { nameof(PlantedBug.LeaseByWorkersClock), "I27" },
        { nameof(PlantedBug.LostLeaseNotTold), "I6" },
        { nameof(PlantedBug.NoSelfFencing), "I7" },
        { nameof(PlantedBug.ShutdownLeavesRunsBehind), "I25" },
        { nameof(PlantedBug.AttemptsUnlimited), "I8" },
        { nameof(PlantedBug.BackoffDoesNotGrow), "I9" },
        { nameof(PlantedBug.NobodyRecovers), "I36" },
        { nameof(PlantedBug.RepeatTakesNewId), "I2" },
    };

    [Fact]
    public void Every_planted_bug_has_its_check()
        => Bugs.Select(static row => row.Data.Item1).Append(nameof(PlantedBug.None)).ShouldBe(Enum.GetNames<PlantedBug>(), ignoreOrder: true);

    [Theory, MemberData(nameof(Bugs))]
    public async Task A_planted_bug_is_found_within_a_few_seeds(string bug, string check)
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var broken = AllChecks.Run(await Simulation.RunAsync(seed, Enum.Parse<PlantedBug>(bug)), Simulation.Limits).Where(static r => r.Verdict == Verdict.Violated).ToList();
            if (!broken.Exists(r => r.Id == check))
                continue;
            output.WriteLine($"{bug}: found by {string.Join(' ', broken.Select(static r => r.Id))} with seed {seed}");
            return;
        }

        Assert.Fail($"{bug} was not found by {check} within {Seeds} seeds");
    }

    [Fact]
    public async Task Without_a_bug_every_promise_holds_and_is_tried()
    {
        var exercised = new Dictionary<string, long>();
        for (var seed = 1; seed <= Seeds; seed++)
        {
            foreach (var result in AllChecks.Run(await Simulation.RunAsync(seed), Simulation.Limits))
            {
                result.Violations.ShouldBeEmpty($"seed {seed}: {result}");
                exercised[result.Id] = exercised.GetValueOrDefault(result.Id) + result.Exercised;
            }
        }

        foreach (var (id, times) in exercised)
        {
            output.WriteLine($"{id}: tried {times} times");
            times.ShouldBeGreaterThan(Seeds, $"{id} was hardly tried");
        }
    }
}
