using System.Globalization;
using Longhaul.Load.Bench;
using Longhaul.Load.Campaigns;
using Longhaul.Load.Campaigns.Web;
using Longhaul.Proof;

namespace Longhaul.Load;

internal static class EntryPoint
{
    private const int WrongUse = 2;

    private static async Task<int> Main(string[] args)
    {
        if (ProofProgram.Run(args) is { } child)
            return await child; // started by a campaign

        switch (args)
        {
            case [SoakWorker.Verb, var settings]:
                return await SoakWorker.RunAsync(WorkerSettings.Of(settings));
            case [WebProgram.Verb, var port, var place, var buffers]:
                return await WebProgram.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), place, buffers);
            case ["campaign", .. var words]:
                return await CampaignCommand.RunAsync(words);
            case ["bench", .. var words]:
                return await BenchCommand.RunAsync(words);
            default:
                return Usage("campaign NAME ... | bench STORE ...");
        }
    }

    private static int Usage(string text)
    {
        Console.Error.WriteLine($"usage: {text}");
        return WrongUse;
    }
}
