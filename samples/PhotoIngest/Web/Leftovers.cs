using Longhaul.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PhotoIngest.Jobs;
using PhotoIngest.Library;

namespace PhotoIngest.Web;

/// <summary>What a killed process may have left, made good at the start: half-written uploads, and photos whose next job was not enqueued yet.</summary>
internal sealed class Leftovers(LibraryPaths paths, Dispatch dispatch, ILogger<Leftovers> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        WorkFile.SweepUploads(paths);
        try
        {
            await dispatch.ReviveAsync(stoppingToken);
        }
        catch (StoreException e)
        {
            logger.LogWarning(e, "photos left by an earlier process wait for the next start");
        }
    }
}
