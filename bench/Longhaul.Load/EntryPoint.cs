using Longhaul.Load.Bench;

namespace Longhaul.Load;

internal static class EntryPoint
{
    private const int WrongUse = 2;

    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["campaign", var name, ..]:
                return NotThereYet($"campaign: '{name}'");
            case ["bench", .. var words]:
                return await BenchCommand.RunAsync(words);
            case ["campaign"]:
                return Usage("campaign NAME [--store S] [--minutes 20] [--seed X] [--json]");
            default:
                return Usage("campaign NAME ... | bench STORE ...");
        }
    }

    private static int NotThereYet(string what)
    {
        Console.Error.WriteLine($"{what} is not there yet");
        return WrongUse;
    }

    private static int Usage(string text)
    {
        Console.Error.WriteLine($"usage: {text}");
        return WrongUse;
    }
}
