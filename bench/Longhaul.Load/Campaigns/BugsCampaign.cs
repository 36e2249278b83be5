using System.Text.Json.Nodes;
using Longhaul.Proof;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign bugs</c>: every planted bug over all seeds, and as many simulations without one, in which nothing may be found.</summary>
internal static class BugsCampaign
{
    private static readonly string[] Head = ["bug", "first seed", "found in", "by"];

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        var seeds = arguments.Number("seeds", 50);
        var first = arguments.Seed ?? 1;
        var (broken, rows) = (new List<string>(), new List<string[]> { Head });
        foreach (var bug in Enum.GetValues<PlantedBug>())
        {
            CrashCampaign.Tell($"{bug}");
            var (found, firstSeed, by) = (0, 0, new Dictionary<string, int>());
            for (var seed = first; seed < first + seeds; seed++)
            {
                var violated = AllChecks.Run(await Simulation.RunAsync(seed, bug), Simulation.Limits).Where(static r => r.Verdict == Verdict.Violated).ToList();
                if (violated.Count == 0)
                    continue;
                found++;
                firstSeed = firstSeed == 0 ? seed : firstSeed;
                foreach (var check in violated)
                    by[check.Id] = by.GetValueOrDefault(check.Id) + 1;
                if (bug == PlantedBug.None)
                    broken.Add($"seed {seed} without a bug: {violated[0]}");
            }

            if (bug != PlantedBug.None && found == 0)
                broken.Add($"{bug} was not found in {seeds} seeds");
            rows.Add([bug.ToString(), found == 0 ? "" : CrashCampaign.Count(firstSeed), $"{found} of {seeds}", string.Join(", ", by.OrderByDescending(static b => b.Value).Select(static b => $"{b.Key} ×{b.Value}"))]);
        }

        return new CampaignOutcome
        {
            What = $"Simulations in virtual time, {seeds} seeds each: with one planted bug they must be found out, without one nothing may be found.",
            Broken = broken,
            Figures = new JsonObject { ["bugs"] = rows.Count - 2, ["seeds"] = seeds, ["missed"] = broken.Count(static b => b.Contains("was not found", StringComparison.Ordinal)), ["falseAlarms"] = broken.Count(static b => b.Contains("without a bug", StringComparison.Ordinal)) },
            Tables = [("Which check found which bug", rows)],
        };
    }
}
