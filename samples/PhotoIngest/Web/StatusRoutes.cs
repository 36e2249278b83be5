using Longhaul;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace PhotoIngest.Web;

/// <summary><c>GET /api/status</c>: how the queues are, from code. The dashboard has the same at <c>/longhaul/api/status</c>.</summary>
internal static class StatusRoutes
{
    private const string IngestQueues = "*ingest*";

    public static void Map(RouteGroupBuilder api) => api.MapGet("/status", static async (IQueueStatus queues, CancellationToken cancellationToken) =>
    {
        var status = await queues.GetAsync(IngestQueues, cancellationToken);
        return new
        {
            horizon = new { installed = status.HasParent, status = status.HasParent ? "running" : "inactive" },
            jobs = new { driver = status.Driver, pending = status.Pending, reserved = status.Reserved, ingest_pending = status.MatchingPending, failed = status.Failed },
            worker = new { status = status.Worker, likely_running = status.LikelyRunning, hint = status.Hint },
        };
    });
}
