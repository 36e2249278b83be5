using System.Text.Json.Nodes;
using Longhaul.Proof;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign process</c>: programs as jobs, whose workers are killed at any moment.</summary>
internal static class ProcessCampaign
{
    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        var (kills, seed) = (arguments.Number("kills", 500), arguments.Seed ?? 1);
        var folder = Directory.CreateTempSubdirectory("longhaul-process-");
        try
        {
            await using var slice = new ProgramSlice(folder.FullName, kills, seed);
            var result = await slice.RunAsync(n => CrashCampaign.Tell($"{n} of {kills} kills"));
            var orphaned = result.OrphanedMs.Order().ToList();
            return new CampaignOutcome
            {
                What = $"{kills} kills of workers that run programs of three processes each, two of which are deaf to SIGTERM and one of which is in a session of its own.",
                Broken = result.Broken,
                Figures = new JsonObject
                {
                    ["kills"] = result.Kills,
                    ["killsWithPrograms"] = orphaned.Count,
                    ["programKills"] = result.ProgramKills,
                    ["cancels"] = result.Cancels,
                    ["stops"] = result.Terminates,
                    ["completed"] = result.Completed,
                    ["broken"] = result.Broken.Count,
                    ["goneAfterMs"] = new JsonObject { ["p50"] = CrashCampaign.At(orphaned, 0.5), ["p99"] = CrashCampaign.At(orphaned, 0.99), ["max"] = CrashCampaign.At(orphaned, 1) },
                    ["seed"] = seed,
                },
            };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
