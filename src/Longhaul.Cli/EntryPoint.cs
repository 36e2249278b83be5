namespace Longhaul.Cli;

internal static class EntryPoint
{
    private static int Main(string[] args)
    {
        Console.Error.WriteLine($"longhaul: '{args.FirstOrDefault() ?? "work"}' is not there yet");
        return 2;
    }
}
