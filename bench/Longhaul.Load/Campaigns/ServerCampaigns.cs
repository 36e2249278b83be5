using System.Text.Json.Nodes;
using Longhaul.Proof;
using Longhaul.Servers;

namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign takeover</c> and <c>./campaign crowd</c>, on PostgreSQL.</summary>
internal static class ServerCampaigns
{
    private const double MedianLimit = 3_000;
    private const double WorstLimit = 4_000;

    /// <summary>Kill -9 of a worker whose process the other cannot see, to the resumed run, on default settings.</summary>
    public static async Task<CampaignOutcome> TakeoverAsync(CampaignArguments arguments)
    {
        var kills = arguments.Number("kills", 100);
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var stage = await Stage.OpenAsync(server);
        var took = (await new TakeoverSlice(stage, kills).RunAsync(n => CrashCampaign.Tell($"{n} of {kills} kills"))).Order().ToList();
        var (median, worst) = (CrashCampaign.At(took, 0.5), CrashCampaign.At(took, 0.99));
        List<string> broken = [];
        if (median > MedianLimit)
            broken.Add($"half of the takeovers should take at most {MedianLimit} ms, and took {median} ms");
        if (worst > WorstLimit)
            broken.Add($"99 of 100 takeovers should take at most {WorstLimit} ms, and took {worst} ms");
        return new CampaignOutcome
        {
            What = $"{kills} kills of a worker in a process namespace of its own; another in another one goes on with its job.",
            Broken = broken,
            Figures = new JsonObject { ["kills"] = took.Count, ["resumeMs"] = new JsonObject { ["p50"] = median, ["p99"] = worst, ["max"] = CrashCampaign.At(took, 1) } },
        };
    }

    /// <summary>A thousand callers and two hundred workers at once.</summary>
    public static async Task<CampaignOutcome> CrowdAsync(CampaignArguments arguments)
    {
        var (callers, workers) = (arguments.Number("callers", 1_000), arguments.Number("workers", 200));
        await using var server = await PostgresServer.StartAsync(durable: true, $"max_connections={workers * 4 + 50}");
        var result = await new CrowdSlice(server, callers, workers).RunAsync();
        List<string> broken = [.. result.Errors.Take(20).Select(static e => $"a caller was told: {e}")];
        if (result.Ran != callers + 1)
            broken.Add($"{callers + 1} jobs should have run once, but handlers were called {result.Ran} times");
        if (result.Deadlocks > 0)
            broken.Add($"the server had to break {result.Deadlocks} deadlocks");
        if (result.Connections > (workers * 4) + 2)
            broken.Add($"four connections a worker and two of the producer should do, but there were {result.Connections}");
        return new CampaignOutcome
        {
            What = $"{callers} callers of one program and {workers} workers that join, all at once.",
            Broken = broken,
            Figures = new JsonObject { ["callers"] = callers, ["workers"] = workers, ["ran"] = result.Ran, ["errors"] = result.Errors.Count, ["connections"] = result.Connections, ["deadlocks"] = result.Deadlocks },
        };
    }
}
