namespace Longhaul.Load.Campaigns;

/// <summary><c>./campaign NAME</c>: acceptance sizes. Exit codes: 0 held, 1 broken, unknown or unfinished, 2 wrong use.</summary>
internal static class CampaignCommand
{
    private const int WrongUse = 2;

    public static async Task<int> RunAsync(string[] words)
    {
        if (CampaignArguments.Read(words, out var problem) is not { } arguments)
            return Refuse(problem);
        Func<CampaignArguments, Task<CampaignOutcome>>? run = arguments.Name switch
        {
            "crash" => CrashCampaign.RunAsync,
            "transactions" => TransactionsCampaign.RunAsync,
            "takeover" => ServerCampaigns.TakeoverAsync,
            "crowd" => ServerCampaigns.CrowdAsync,
            "photos" => PhotosCampaign.RunAsync,
            "soak" => SoakCampaign.RunAsync,
            "model" => ModelCampaign.RunAsync,
            "events" => EventsCampaign.RunAsync,
            "pages" => PagesCampaign.RunAsync,
            "process" => ProcessCampaign.RunAsync,
            "migration" => MigrationCampaign.RunAsync,
            "url" => UrlCampaign.RunAsync,
            "tree" => TreeCampaign.RunAsync,
            "stream" => StreamCampaign.RunAsync,
            "bugs" => BugsCampaign.RunAsync,
            _ => null,
        };
        if (run is null)
            return Refuse($"there is no campaign '{arguments.Name}'");

        var outcome = await run(arguments);
        CampaignReport.Write(arguments, outcome);
        foreach (var broken in outcome.Broken)
            await Console.Error.WriteLineAsync($"BROKEN {broken}");
        foreach (var unknown in outcome.Unknown)
            await Console.Error.WriteLineAsync($"UNKNOWN {unknown}");
        Console.WriteLine(outcome.Figures.ToJsonString());
        return outcome.Held ? 0 : 1;
    }

    private static int Refuse(string problem)
    {
        Console.Error.WriteLine($"{problem}\n{CampaignArguments.Usage}");
        return WrongUse;
    }
}
