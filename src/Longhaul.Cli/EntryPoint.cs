using Longhaul.Cli.Hosting;

namespace Longhaul.Cli;

internal static class EntryPoint
{
    private static Task<int> Main(string[] args)
    {
        var console = ProcessConsole.Open();
        return new CliApp(console, new AloneApplication(console, Environment.CurrentDirectory)) { Signals = ProcessSignals.Watch }
            .RunAsync(args, CancellationToken.None);
    }
}
