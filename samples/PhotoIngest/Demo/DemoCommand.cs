using System.Globalization;
using Longhaul;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PhotoIngest.Imaging;
using PhotoIngest.Library;
using PhotoIngest.Web;
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
        (string, string?)[] settings = [("Photos:Root", root), ("LONGHAUL_STORE", storeUrl), ("Logging:LogLevel:Default", "None"), .. Port(options)];
        using var host = options.Serve ? PhotoSite.Build(settings) : PhotoApp.Build(settings);
        await host.Services.GetRequiredService<ToolCheck>().RunAsync(CancellationToken.None);
        var folder = await FolderAsync(options, root, host.Services);

        await StartAsync(host);
        if (host is WebApplication begun)
            await Console.Out.WriteLineAsync($"follow it at {begun.GalleryAddress} and {begun.DashboardAddress}");
        var console = AnsiConsole.Console;
        IProgressView view = console.Profile.Out.IsTerminal ? new LiveView(console) : new LineView(Console.Out);
        await using (WorkerProcesses.Start(options.Workers, root, storeUrl))
        {
            try
            {
                if (await new DemoRun(host.Services, folder, view, Console.Out).RunAsync())
                {
                    await TellAsync(host, options, folder, root);
                    if (options.Serve)
                        await UntilToldToStopAsync(host);
                    return Done;
                }
            }
            finally
            {
                await host.StopAsync();
            }
        }

        var counts = host.Services.GetRequiredService<PhotoLedger>().Count(folder);
        await Console.Out.WriteLineAsync($"stopped: {Summary.Number(counts.Ingested)} ingested, {Summary.Number(counts.Open)} on their way. The same command goes on.");
        return Interrupted;
    }

    /// <summary>How it went, and where more of it can be seen.</summary>
    private static async Task TellAsync(IHost host, DemoOptions options, string folder, string root)
    {
        var services = host.Services;
        var summary = Summary.Read(services.GetRequiredService<PhotoLedger>(), services.GetRequiredService<Sittings>(), folder);
        new SummaryPrinter(AnsiConsole.Console, Console.Out).Print(summary, services.GetRequiredService<LibraryPaths>(), options.IsInMemory ? null : ShownUrl(options, root));
        if (host is WebApplication site)
            await Console.Out.WriteLineAsync($"Gallery:   {site.GalleryAddress}\nDashboard: {site.DashboardAddress}\nCtrl-C ends both.");
        if (options.Json)
            await Console.Out.WriteLineAsync(summary.ToJson());
    }

    private static IEnumerable<(string, string?)> Port(DemoOptions options) =>
        options.Port is { } port ? [("Photos:Port", port.ToString(CultureInfo.InvariantCulture))] : [];

    private static async Task UntilToldToStopAsync(IHost host)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(told.SetResult))
            await told.Task;
    }

    private static async Task StartAsync(IHost host)
    {
        try
        {
            await host.StartAsync();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new IOException("another program serves at this address already. Name another port by --port, or 0 for a free one.", e);
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
