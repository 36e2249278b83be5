namespace PhotoIngest;

internal static class EntryPoint
{
    private static int Main(string[] args)
    {
        Console.Error.WriteLine($"photo ingest: '{args.FirstOrDefault() ?? "demo"}' is not there yet");
        return 2;
    }
}
