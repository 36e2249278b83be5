using System.Text.Json.Nodes;
using StorageMigration.Tests.Trees.Proof;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign tree</c>: a tree of files copied in turn with a plain loop for its speed, then under kills, then under limits of bytes and requests.</summary>
internal static class TreeCampaign
{
    private const int Megabyte = 1_000_000;
    private const long MostMemory = 150L * Megabyte;

    /// <summary>Of the speed of a plain loop of <see cref="File.Copy(string, string)"/>.</summary>
    private const double LeastShare = 0.6;

    /// <summary>A limit is held within this share of it.</summary>
    private const double Off = 0.05;

    private const int Parallelism = 4;

    /// <summary>Of a copy and a plain loop: the ratio is the median of theirs.</summary>
    private const int Pairs = 5;

    /// <summary>Files that may be listed again a kill: those of the 2 s since the last save, at the pace of a quick disk.</summary>
    private const int ListedAgain = 40_000;

    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        var (files, kills) = (arguments.Number("files", 200_000), arguments.Number("kills", 20));
        var start = TimeProvider.System.GetTimestamp();
        var plan = new TreeTrialPlan { Folder = "", Program = MigrationProgram.Path, Files = files, Patience = TimeSpan.FromMinutes(30) };
        var timed = await InAFolderAsync(folder => TimeAsync(folder, files)); // first: files that were deleted lately cost the next ones time
        CrashCampaign.Tell($"{files} files copied at {timed.Share:P0} of a plain loop's speed");
        var killed = await InAFolderAsync(folder => TryAsync(plan with { Folder = folder, Kills = kills, Parallelism = Parallelism, LargeFiles = 2 }));
        CrashCampaign.Tell($"{files} files copied under {kills} kills: {killed.Wrong} wrong");
        var bytes = await TreeLimitsScene.BytesAsync();
        CrashCampaign.Tell($"{bytes.Measured:0} bytes/s of {bytes.Limit:0}");
        var requests = await TreeLimitsScene.RequestsAsync();
        CrashCampaign.Tell($"{requests.Measured:0.0} requests/s of {requests.Limit:0}");
        return Outcome(killed, timed, bytes, requests, TimeProvider.System.GetElapsedTime(start));
    }

    private static async Task<T> InAFolderAsync<T>(Func<string, Task<T>> run)
    {
        var folder = Directory.CreateTempSubdirectory("longhaul-tree-");
        try
        {
            return await run(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<TreeTrialOutcome> TryAsync(TreeTrialPlan plan)
    {
        using var trial = new TreeTrial(plan, TimeProvider.System, CancellationToken.None);
        return await trial.RunAsync();
    }

    private static async Task<Timed> TimeAsync(string folder, int files)
    {
        var (pairs, wrong, peak) = await new TreeSpeed(folder, MigrationProgram.Path, files, TimeProvider.System, CancellationToken.None).RunAsync(Pairs);
        return new Timed(files, pairs, wrong, peak);
    }

    private static CampaignOutcome Outcome(TreeTrialOutcome killed, Timed timed, HeldLimit bytes, HeldLimit requests, TimeSpan took)
    {
        var (files, kills) = (killed.Files, killed.Kills);
        var listedAgain = killed.Listed - files;
        var broken = new List<string>();
        void Must(bool holds, string otherwise)
        {
            if (!holds)
                broken.Add(otherwise);
        }

        Must(killed.Wrong == 0, $"{killed.Wrong} files are missing, too many or otherwise after the kills, the first {killed.FirstWrong}");
        Must(timed.Wrong is null, $"a file is missing, too many or otherwise without a kill: {timed.Wrong}");
        Must(killed.WentOn == kills, $"each of {kills} kills must be followed by a run that goes on at its place, but {killed.WentOn} did");
        Must(listedAgain <= (long)kills * Math.Min(ListedAgain, files / 4), $"{listedAgain} files were listed again by {kills} kills: not only what was not saved yet");
        Must(killed.Copied >= files && killed.Copied <= files + (kills * Parallelism), $"{files} files must be counted, and again those in flight at {kills} kills, but {killed.Copied} were");
        Must(Math.Max(killed.PeakBytes, timed.PeakBytes) <= MostMemory, $"a worker may take {MostMemory / Megabyte} MB, but took {Math.Max(killed.PeakBytes, timed.PeakBytes) / Megabyte} MB");
        Must(timed.Share >= LeastShare, $"the copy must run at {LeastShare:P0} of a plain loop's speed, but ran at {timed.Share:P0}");
        Must(bytes.IsHeld(Off), $"{bytes.Limit:0} bytes/s must be held within {Off:P0} over a minute, but it were {bytes.Measured:0}");
        Must(requests.IsHeld(Off), $"{requests.Limit:0} requests/s must be held within {Off:P0} over a minute, but it were {requests.Measured:0.0}");
        return new CampaignOutcome
        {
            What = $"{files} files of up to 4 KB, and among them two large ones, copied from folder to folder by a worker that is killed {kills} times, at parallelism {Parallelism}; before, {files} files without a kill, at parallelism 1, in turn with a plain loop of File.Copy over the same files, {Pairs} times each; then a minute each under a limit of bytes (from folder to folder) and of requests (to an S3 server).",
            Broken = broken,
            Unknown = [.. Unknown()],
            Figures = new JsonObject
            {
                ["files"] = files,
                ["kills"] = kills,
                ["wrong"] = killed.Wrong,
                ["counted"] = killed.Copied,
                ["wentOn"] = killed.WentOn,
                ["listedAgainByAKill"] = kills == 0 ? 0 : listedAgain / kills,
                ["peakMb"] = new JsonObject { ["underKills"] = killed.PeakBytes / Megabyte, ["withoutKills"] = timed.PeakBytes / Megabyte },
                ["secondsUnderKills"] = Math.Round(killed.Took.TotalSeconds, 1),
                ["filesPerSecond"] = timed.Rates(static pair => pair.Copy),
                ["filesPerSecondOfPlainLoop"] = timed.Rates(static pair => pair.Plain),
                ["shareOfPlainLoop"] = new JsonObject { ["p50"] = Math.Round(timed.Share, 3), ["min"] = Math.Round(timed.Shares[0], 3), ["max"] = Math.Round(timed.Shares[^1], 3) },
                ["bytesPerSecond"] = bytes.AsJson(),
                ["requestsPerSecond"] = requests.AsJson(),
                ["seconds"] = Math.Round(took.TotalSeconds),
            },
        };

        IEnumerable<string> Unknown()
        {
            if (killed.Listed <= files && kills > 0)
                yield return "no kill made anything be listed again";
        }
    }

    /// <summary>Copies and plain loops in pairs.</summary>
    private sealed record Timed(int Files, List<(TimeSpan Copy, TimeSpan Plain)> Pairs, string? Wrong, long PeakBytes)
    {
        /// <summary>Our speed as a share of the plain loop's, of each pair, from the least.</summary>
        public List<double> Shares { get; } = [.. Pairs.Select(static pair => pair.Plain / pair.Copy).Order()];

        public double Share => Shares[Shares.Count / 2];

        public JsonObject Rates(Func<(TimeSpan Copy, TimeSpan Plain), TimeSpan> of)
        {
            List<double> rates = [.. Pairs.Select(pair => Math.Round(Files / of(pair).TotalSeconds)).Order()];
            return new JsonObject { ["p50"] = CrashCampaign.At(rates, 0.5), ["min"] = rates[0], ["max"] = rates[^1] };
        }
    }
}
