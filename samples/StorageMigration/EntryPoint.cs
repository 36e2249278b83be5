using Longhaul;
using Microsoft.Extensions.DependencyInjection;
using StorageMigration.Commands;

namespace StorageMigration;

internal static class EntryPoint
{
    /// <summary>The commands of the migration, and every verb of Longhaul's command line.</summary>
    private static async Task<int> Main(string[] args)
    {
        if (args is [var verb, .. var rest] && verb.Contains('/', StringComparison.Ordinal))
            return await RunCommandAsync(verb, rest);
        return await MigrationApp.Build().RunLonghaulAsync(args);
    }

    private static async Task<int> RunCommandAsync(string name, string[] args)
    {
        using var host = MigrationApp.Build(("Migration:RunsJobs", "false"));
        var commands = host.Services.GetRequiredService<CommandLine>();
        if (commands.Find(name) is not { } command)
        {
            await Console.Error.WriteLineAsync($"There is no command '{name}'. Commands: {string.Join(", ", commands.All.Select(static c => c.Name))}");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var term = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, Stop);
        using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, Stop);
        try
        {
            return await commands.RunAsync(command, args, Console.Out, Console.Error, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 143; // what a shell says of a program that SIGTERM ended
        }

        void Stop(System.Runtime.InteropServices.PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
