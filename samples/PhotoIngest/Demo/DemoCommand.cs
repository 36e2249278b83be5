using Longhaul;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PhotoIngest.Imaging;
using PhotoIngest.Library;
using Spectre.Console;

namespace PhotoIngest.Demo;

/// <summary><c>./demo</c>: sets everything up around a <see cref="DemoRun"/>, and tells how it ended.</summary>
internal static class DemoCommand
{
    private const int Done = 0, Failed = 1, WrongUse = 2, Interrupted = 130;

    public static async Task<int> RunAsync(string[] args)
    {
        var database = "";
        try
        {
            var options = DemoOptions.Parse(args);
            database = Path.Combine(options.Out, LibraryPaths.DatabaseName);
            if (options.Help)
            {
                await Console.Out.WriteLineAsync(DemoOptions.Usage);
                return Done;
            }

            return await RunAsync(options);
        }
        catch (WrongUseException e)
        {
            await Console.Error.WriteLineAsync($"demo: {e.Message}\n\n{DemoOptions.Usage}");
            return WrongUse;
        }
        catch (SqliteException e)
        {
            await Console.Error.WriteLineAsync($"demo: {database} cannot be used: {e.Message}");
            return Failed;
        }
        catch (Exception e) when (e is ToolException or DemoFailedException or LonghaulSetupException or StoreException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"demo: {e.Message}");
            return Failed;
        }
    }

    private static async Task<int> RunAsync(DemoOptions options)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Out));
        Directory.CreateDirectory(root);
        await File.WriteAllTextAsync(Path.Combine(root, ".gitignore"), "*\n");
        var storeUrl = options.Store ?? PhotoApp.DefaultStore(root);
        using var host = PhotoApp.Build(("Photos:Root", root), ("LONGHAUL_STORE", storeUrl), ("Logging:LogLevel:Default", "None"));
        await host.Services.GetRequiredService<ToolCheck>().RunAsync(CancellationToken.None);
        var folder = await FolderAsync(options, root, host.Services);

        await StartAsync(host);
        var console = AnsiConsole.Console;
        IProgressView view = console.Profile.Out.IsTerminal ? new LiveView(console) : new LineView(Console.Out);
        bool done;
        await using (WorkerProcesses.Start(options.Workers, root, storeUrl))
        {
            try
            {
                done = await new DemoRun(host.Services, folder, view, Console.Out).RunAsync();
            }
            finally
            {
                await host.StopAsync();
            }
        }

        var summary = Summary.Read(host.Services.GetRequiredService<PhotoLedger>(), host.Services.GetRequiredService<Sittings>(), folder);
        if (!done)
        {
            await Console.Out.WriteLineAsync($"stopped: {Summary.Number(summary.Counts.Ingested)} ingested, {Summary.Number(summary.Counts.Open)} on their way. The same command goes on.");
            return Interrupted;
        }

        new SummaryPrinter(console, Console.Out).Print(summary, host.Services.GetRequiredService<LibraryPaths>(), options.IsInMemory ? null : ShownUrl(options, root));
        if (options.Json)
            await Console.Out.WriteLineAsync(summary.ToJson());
        return Done;
    }

    private static async Task StartAsync(IHost host)
    {
        try
        {
            await host.StartAsync();
        }
        catch (ArgumentException e)
        {
            throw new WrongUseException($"--store: {e.Message}"); // of a kind that there is, but it names no store
        }
    }

    /// <summary>The store as people may type it: without a password, and short.</summary>
    private static string ShownUrl(DemoOptions options, string root) => options.Store switch
    {
        null => PhotoApp.DefaultStore(LibraryPaths.FromHere(root)),
        var url => url.Contains('@') ? "URL" : url,
    };

    /// <summary>The caller's folder, or a set of our own.</summary>
    private static async Task<string> FolderAsync(DemoOptions options, string root, IServiceProvider services)
    {
        if (options.Folder is { } given)
        {
            var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(given));
            return full != root ? full : throw new WrongUseException("DIR must be another folder than FOLDER, in which nothing is changed");
        }

        var folder = Path.Combine(root, "sample-photos");
        if (!Directory.Exists(folder))
            await Console.Out.WriteLineAsync("making a small set of photos");
        await services.GetRequiredService<SampleSet>().MakeAsync(folder, CancellationToken.None);
        return folder;
    }
}
