using Longhaul;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StorageMigration.Commands;
using StorageMigration.Web;

namespace StorageMigration;

internal static class EntryPoint
{
    private static readonly (string, string?) TellWhereItListens = ("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Information");

    /// <summary>The commands of the migration, and every verb of Longhaul's command line; without a verb, the pages and a worker.</summary>
    private static async Task<int> Main(string[] args)
    {
        if (args is [var verb, .. var rest] && verb.Contains('/', StringComparison.Ordinal))
            return await RunCommandAsync(verb, rest);
        return await MigrationSite.Build(TellWhereItListens).RunLonghaulAsync(args);
    }

    /// <summary>Runs a command in this process.</summary>
    /// <param name="name">The command.</param>
    /// <param name="args">What follows it.</param>
    /// <param name="more">Adds further commands.</param>
    internal static async Task<int> RunCommandAsync(string name, string[] args, Action<IHostApplicationBuilder>? more = null)
    {
        using var host = MigrationApp.Build(more, ("Migration:RunsJobs", "false"));
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
