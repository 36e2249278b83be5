namespace Longhaul.Load;

internal static class EntryPoint
{
    private const int WrongUse = 2;

    private static int Main(string[] args)
    {
        switch (args)
        {
            case ["campaign", var name, ..]:
                return NotThereYet($"campaign: '{name}'");
            case ["bench", var store, ..]:
                return NotThereYet($"bench/run: '{store}'");
            case ["campaign"]:
                return Usage("campaign NAME [--store S] [--minutes 20] [--seed X] [--json]");
            case ["bench"]:
                return Usage("bench/run STORE [KIND...] [--peer NAME...|none] [--runs N] [--json]");
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
