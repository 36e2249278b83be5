using System.Text.Json;
using System.Text.Json.Nodes;
using StorageMigration.Tests.Campaign;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign migration</c>: objects migrated from bucket to bucket of a real S3 server, while the worker and the server are killed.</summary>
internal static class MigrationCampaign
{
    /// <summary>A kill may cost so many seconds of work.</summary>
    private const double MostRepeated = 2;

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        var plan = PlanOf(arguments);
        var folder = Directory.CreateTempSubdirectory("longhaul-migration-");
        try
        {
            var start = TimeProvider.System.GetTimestamp();
            var result = await new MigrationKills(MigrationProgram.Path, MigrationProgram.S3Scripts, folder.FullName, plan, CrashCampaign.Tell).RunAsync(CancellationToken.None);
            return Outcome(plan, result, TimeProvider.System.GetElapsedTime(start));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The size that must hold, or one of as many small, medium and large objects in a hundred.</summary>
    private static MigrationKillsPlan PlanOf(CampaignArguments arguments)
    {
        var full = MigrationKillsPlan.Acceptance(arguments.Seed ?? 1);
        var all = full.Small + full.Medium + full.Large;
        var objects = Math.Max(3, arguments.Number("objects", all));
        var large = Math.Max(1, (int)((long)full.Large * objects / all));
        var medium = Math.Max(1, (int)((long)full.Medium * objects / all));
        return full with { Small = objects - medium - large, Medium = medium, Large = large, Kills = arguments.Number("kills", full.Kills), Stops = arguments.Number("stops", full.Stops) };
    }

    private static CampaignOutcome Outcome(MigrationKillsPlan plan, MigrationKillsResult result, TimeSpan took)
    {
        var objects = plan.Small + plan.Medium + plan.Large;
        var report = result.Result.GetProperty("report");
        var copied = report.GetProperty("copied").GetInt64();
        var sameReport = JsonElement.DeepEquals(report, result.DryReport);
        var repeated = result.RepeatedSeconds.Order().ToList();
        var broken = new List<string>();
        void Must(bool holds, string otherwise)
        {
            if (!holds)
                broken.Add(otherwise);
        }

        Must(result.Check.Missing == 0, $"{result.Check.Missing} of {objects} objects did not arrive");
        Must(result.Check.Different == 0, $"{result.Check.Different} objects arrived with another checksum");
        Must(result.Check.WithoutMetadata == 0, $"{result.Check.WithoutMetadata} objects arrived without their metadata");
        Must(result.Check.Extra == 0, $"{result.Check.Extra} objects are in the target that should not be there");
        Must(copied == objects, $"each of {objects} objects must be copied once, but the migration counts {copied}");
        Must(result.DryWrites == 0, $"a dry run must change nothing, but wrote or deleted {result.DryWrites} times");
        Must(sameReport, $"the dry run must tell what the run then does, but told {result.DryReport} and the run {report}");
        Must(repeated.LastOrDefault() <= MostRepeated, $"a kill may repeat {MostRepeated} s of work, but repeated {CrashCampaign.At(repeated, 1)} s");
        return new CampaignOutcome
        {
            What = $"{objects} objects ({plan.Small} of up to 64 KB, {plan.Medium} of 1 MB, {plan.Large} of 20 MB) from one bucket of an S3 server to another, under {result.Kills} kills of the worker and {result.Stops} of the server, at any moment; a dry run goes before. Then every object is read and compared.",
            Broken = broken,
            Unknown = [.. Unknown()],
            Figures = new JsonObject
            {
                ["objects"] = objects,
                ["kills"] = result.Kills,
                ["stops"] = result.Stops,
                ["missing"] = result.Check.Missing,
                ["different"] = result.Check.Different,
                ["withoutMetadata"] = result.Check.WithoutMetadata,
                ["extra"] = result.Check.Extra,
                ["copied"] = copied,
                ["dryRunWrites"] = result.DryWrites,
                ["dryRunReportIsTheRuns"] = sameReport,
                ["writtenAgain"] = new JsonObject { ["all"] = result.WrittenAgain.Sum(), ["max"] = result.WrittenAgain.DefaultIfEmpty().Max() },
                ["repeatedSeconds"] = new JsonObject { ["p50"] = CrashCampaign.At(repeated, 0.5), ["max"] = CrashCampaign.At(repeated, 1) },
                ["seed"] = plan.Seed,
                ["seconds"] = Math.Round(took.TotalSeconds),
            },
        };

        IEnumerable<string> Unknown()
        {
            if (result.Kills < plan.Kills)
                yield return $"the migration was through after {result.Kills} kills of {plan.Kills}";
            if (result.Stops < plan.Stops)
                yield return $"the migration was through after {result.Stops} stops of the server of {plan.Stops}";
            if (result.WrittenAgain.Where((again, kill) => again > 0 && result.RepeatedSeconds[kill] <= 0).Any())
                yield return "a kill repeated objects at a pace that is not known";
        }
    }
}
