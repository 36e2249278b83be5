using Longhaul.AspNetCore.Dashboard;
using Longhaul.AspNetCore.Sharing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>All routes, by resource.</summary>
internal static class Routes
{
    public static void Map(RouteGroupBuilder group, LonghaulHttp http, string prefix)
    {
        var api = group.MapGroup("/api");
        new JobRoutes(http).Map(api);
        new JobListRoutes(http).Map(api);
        new EnqueueRoutes(http, prefix).Map(api);
        new ActionRoutes(http).Map(api);
        new ManyActionRoutes(http).Map(api);
        new FailedRoutes(http).Map(api);
        new QueueRoutes(http).Map(api);
        new WorkerRoutes(http).Map(api);
        new TraceRoutes(http).Map(api);
        new StatusRoutes(http).Map(api);
        new AuditRoutes(http).Map(api);
        new SessionRoutes(http).Map(api);
        new EventRoutes(http).Map(api);
        if (http.Links.Prefix.Length == 0)
            http.Links.Prefix = prefix; // mapped twice, links lead to the first
        var files = new EmbeddedFiles(prefix);
        new ShareRoutes(http, files).Map(group);
        files.Map(group);
        Fallback.Map(group);
    }
}
