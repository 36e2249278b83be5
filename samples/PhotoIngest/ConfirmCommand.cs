using Longhaul;
using Microsoft.Extensions.DependencyInjection;
using PhotoIngest.Jobs;
using PhotoIngest.Library;

namespace PhotoIngest;

/// <summary><c>confirm UUID…|--all</c>: chooses photos for the library. Those that have their previews are ingested now, the others as soon as they have.</summary>
internal static class ConfirmCommand
{
    public static async Task<int> RunAsync(string[] uuids)
    {
        using var host = PhotoApp.Build();
        var library = host.Services.GetRequiredService<PhotoLibrary>();
        var jobs = host.Services.GetRequiredService<IJobClient>();

        var chosen = uuids is ["--all"] ? library.Unconfirmed() : uuids;
        foreach (var uuid in library.Confirm(chosen))
            await jobs.EnqueueAsync(new IngestPhoto(uuid), Once.For(uuid));

        Console.WriteLine($"{chosen.Count} confirmed");
        return chosen.Count > 0 ? 0 : 1;
    }
}
