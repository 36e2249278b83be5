using System.Text.Json.Nodes;
using Longhaul.Proof;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign process</c>: programs as jobs, whose workers are killed at any moment.</summary>
internal static class ProcessCampaign
{
    private const int Megabyte = 1 << 20;
    private const long Growth = 64L * Megabyte;

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        var (kills, seed) = (arguments.Number("kills", 500), arguments.Seed ?? 1);
        var folder = Directory.CreateTempSubdirectory("longhaul-process-");
        try
        {
            await using var slice = new ProgramSlice(folder.FullName, kills, seed);
            var result = await slice.RunAsync(n => CrashCampaign.Tell($"{n} of {kills} kills"));
            var (before, during, seconds) = await FloodScene.RunAsync(folder.FullName);
            List<string> broken = [.. result.Broken];
            if (during - before > Growth)
                broken.Add($"a gigabyte of output should not grow the worker by more than {Growth / Megabyte} MB, and grew it from {before / Megabyte} to {during / Megabyte} MB");
            var orphaned = result.OrphanedMs.Order().ToList();
            return new CampaignOutcome
            {
                What = $"{kills} kills of workers that run programs of three processes each, two of which are deaf to SIGTERM and one of which is in a session of its own.",
                Broken = broken,
                Figures = new JsonObject
                {
                    ["kills"] = result.Kills,
                    ["killsWithPrograms"] = orphaned.Count,
                    ["programKills"] = result.ProgramKills,
                    ["cancels"] = result.Cancels,
                    ["stops"] = result.Terminates,
                    ["completed"] = result.Completed,
                    ["broken"] = broken.Count,
                    ["goneAfterMs"] = new JsonObject { ["p50"] = CrashCampaign.At(orphaned, 0.5), ["p99"] = CrashCampaign.At(orphaned, 0.99), ["max"] = CrashCampaign.At(orphaned, 1) },
                    ["gigabyteOfOutput"] = new JsonObject { ["residentMbBefore"] = before / Megabyte, ["residentMbDuring"] = during / Megabyte, ["seconds"] = Math.Round(seconds, 1) },
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
