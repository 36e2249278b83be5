using Longhaul;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using PhotoIngest.Jobs;
using PhotoIngest.Library;

namespace PhotoIngest;

/// <summary><c>confirm UUID…|--all</c>: chooses photos for the library. Those that have their previews are ingested now, the others as soon as they have.</summary>
internal static class ConfirmCommand
{
    private const string Usage = "Usage: PhotoIngest confirm UUID...|--all";

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help" or "-h" or "-?"])
        {
            await Console.Out.WriteLineAsync(Usage);
            return 0;
        }

        if (args is not ["--all"] && (args.Length == 0 || args.Any(static arg => arg.StartsWith('-'))))
        {
            await Console.Error.WriteLineAsync($"confirm: name photos by their uuids, or --all\n{Usage}");
            return 2;
        }

        try
        {
            using var host = PhotoApp.Build();
            return await ConfirmAsync(host.Services.GetRequiredService<PhotoLibrary>(), host.Services.GetRequiredService<Dispatch>(), args);
        }
        catch (Exception e) when (e is LonghaulSetupException or StoreException or SqliteException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"confirm: {e.Message}");
            return 1;
        }
    }

    private static async Task<int> ConfirmAsync(PhotoLibrary library, Dispatch dispatch, string[] args)
    {
        var chosen = args is ["--all"] ? library.Unconfirmed() : args;
        if (chosen.FirstOrDefault(uuid => !library.Has(uuid)) is { } unknown)
        {
            await Console.Error.WriteLineAsync($"confirm: no photo has the uuid '{unknown}'; nothing was confirmed");
            return 1;
        }

        await dispatch.ConfirmAsync(chosen, CancellationToken.None);
        await Console.Out.WriteLineAsync($"{chosen.Count} confirmed");
        return 0;
    }
}
