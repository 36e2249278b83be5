using System.Text.Json.Nodes;
using Longhaul.Proof;
using Longhaul.Servers;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign transactions --store postgres</c>: a loop whose rows and whose place commit together, under kills.</summary>
internal static class TransactionsCampaign
{
    public static async Task<CampaignOutcome> RunAsync(CampaignArguments arguments)
    {
        var (rows, kills) = (arguments.Number("rows", 50_000), arguments.Number("kills", 30));
        var seed = arguments.Seed ?? Random.Shared.Next(1, 1_000_000);
        var began = TimeProvider.System.GetTimestamp();
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var stage = await Stage.OpenAsync(server);
        var result = await new TransactionSlice(stage, seed, rows, kills).RunAsync();
        List<string> broken = [];
        if (result.Rows != result.Different)
            broken.Add($"{result.Rows - result.Different} rows are there twice");
        if (result.Different != rows || result.Last != rows)
            broken.Add($"{rows} rows should be there, but {result.Different} are, up to number {result.Last}");
        if (result.Job.State != JobState.Completed)
            broken.Add($"the job ended as {result.Job.State}: {result.Job.Error?.Message}");
        stage.KeepFolder = broken.Count > 0;
        return new CampaignOutcome
        {
            What = $"One loop of {rows} rows, each in one transaction with the loop's place, while its workers, the sessions of the server and the server itself were killed {kills} times.",
            Broken = broken,
            Unknown = result.Kills.Values.Sum() < kills ? [$"{kills} kills were wanted, and {result.Kills.Values.Sum()} came about"] : [],
            Figures = new JsonObject
            {
                ["rows"] = result.Rows,
                ["different"] = result.Different,
                ["kills"] = result.Kills.Values.Sum(),
                ["runs"] = result.Job.RunNumber,
                ["seed"] = seed,
                ["seconds"] = Math.Round(TimeProvider.System.GetElapsedTime(began).TotalSeconds),
            },
            Tables = [("Kills", [["what", "kills"], .. result.Kills.Select(static k => new[] { k.Key, CrashCampaign.Count(k.Value) })])],
        };
    }
}
