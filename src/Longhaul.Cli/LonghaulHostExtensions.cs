using Longhaul.Cli;
using Longhaul.Cli.Hosting;
using Microsoft.Extensions.Hosting;

namespace Longhaul;

/// <summary>The command line inside an application.</summary>
public static class LonghaulHostExtensions
{
    /// <summary>
    /// Runs a verb of the command line on the application's own store and handlers, such as <c>dotnet run -- work --queue emails</c>;
    /// without a verb, runs the application. <c>--store</c> is obeyed where settings name the store (<c>AddSqlite</c> and the like), not where code does.
    /// </summary>
    /// <param name="host">The application, built and not started.</param>
    /// <param name="args">Its arguments. Options before a verb, such as <c>--urls</c>, are the application's: then it runs.</param>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunLonghaulAsync(this IHost host, string[] args)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(args);
        if (!CliApp.IsForIt(args))
        {
            await host.RunAsync().ConfigureAwait(false);
            return Environment.ExitCode; // a worker of the host says there why it ended
        }

        try
        {
            var program = Path.GetFileNameWithoutExtension(Environment.GetCommandLineArgs()[0]);
            return await new CliApp(ProcessConsole.Open(), new HostApplication(host.Services), program) { Signals = ProcessSignals.Watch }
                .RunAsync(args, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            if (host is IAsyncDisposable disposable)
                await disposable.DisposeAsync().ConfigureAwait(false);
            else
                host.Dispose();
        }
    }
}
