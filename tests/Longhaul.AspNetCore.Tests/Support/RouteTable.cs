using Longhaul.AspNetCore.Access;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.AspNetCore.Tests.Support;

/// <summary>What a caller who is bound to an owner reaches by a route.</summary>
internal enum Reach
{
    /// <summary>A job by its id: one of another owner is 404.</summary>
    Job,

    /// <summary>Own jobs only, among others' that match as well.</summary>
    Own,

    /// <summary>All owners' jobs together: nothing.</summary>
    Whole,

    /// <summary>It is not about jobs.</summary>
    NoJobs,

    /// <summary>What its signed address is about, whoever calls.</summary>
    Link,
}

/// <summary>A route as <c>METHOD /path/{with}/{places}</c>, who may call it, and what it reaches.</summary>
internal sealed record RouteRow(string Name, string Role, Reach Reach)
{
    public HttpMethod Method { get; } = new(Name.Split(' ')[0] is "*" ? "GET" : Name.Split(' ')[0]);

    public bool Changes => Method != HttpMethod.Get;

    public bool IsApi => Name.Contains(" /api/", StringComparison.Ordinal);

    /// <summary>A call that the route understands, about a job.</summary>
    public HttpRequestMessage Request(JobId? job = null)
    {
        var path = Name.Split(' ')[1].Replace("{name}", "q", StringComparison.Ordinal).Replace("{checkpoint}", "current", StringComparison.Ordinal)
            .Replace("{id}", Name.Contains("/workers/", StringComparison.Ordinal) ? "00000000000000ab" : (job ?? new JobId(1)).ToString(), StringComparison.Ordinal)
            .Replace("{**rest}", "nothing", StringComparison.Ordinal).Replace("{**path}", "x.js", StringComparison.Ordinal)
            .Replace("{**page:nonfile}", "jobs", StringComparison.Ordinal).Replace("{token}", "x", StringComparison.Ordinal);
        var request = new HttpRequestMessage(Method, Web.Prefix + path);
        var body = Name switch
        {
            "POST /api/jobs" => """{"name":"greet","payload":{"name":"x"}}""",
            "POST /api/jobs/bulk" => """{"jobs":[{"name":"greet","payload":{"name":"x"}}]}""",
            "POST /api/jobs/actions" => """{"action":"pause","filter":{"all":true}}""",
            _ => null,
        };
        if (body is not null)
            request.Content = new StringContent(body, null, "application/json");
        return request;
    }
}

/// <summary>Every route that there is. A new one fails the tests until it has its row here.</summary>
internal static class RouteTable
{
    public static readonly RouteRow[] Rows =
    [
        new("GET /api/jobs", "view", Reach.Own),
        new("GET /api/jobs/{id}", "view", Reach.Job),
        new("GET /api/jobs/{id}/payload", "view", Reach.Job),
        new("GET /api/jobs/{id}/result", "view", Reach.Job),
        new("GET /api/jobs/{id}/logs", "view", Reach.Job),
        new("GET /api/jobs/{id}/traces", "view", Reach.Job),
        new("GET /api/jobs/{id}/attempts", "view", Reach.Job),
        new("GET /api/jobs/{id}/items", "view", Reach.Job),
        new("GET /api/jobs/{id}/checkpoints", "view", Reach.Job),
        new("GET /api/jobs/{id}/checkpoints/{checkpoint}", "view", Reach.Job),
        new("GET /api/jobs/{id}/children", "view", Reach.Job),
        new("GET /api/jobs/{id}/events", "view", Reach.Job),
        new("POST /api/jobs/{id}/link", "operate", Reach.Job),
        new("POST /api/jobs", "operate", Reach.Own),
        new("POST /api/jobs/bulk", "operate", Reach.Own),
        new("POST /api/jobs/{id}/clone", "operate", Reach.Job),
        new("POST /api/jobs/{id}/cancel", "operate", Reach.Job),
        new("POST /api/jobs/{id}/retry", "operate", Reach.Job),
        new("POST /api/jobs/{id}/retry-items", "operate", Reach.Job),
        new("POST /api/jobs/{id}/release", "operate", Reach.Job),
        new("POST /api/jobs/{id}/pause", "operate", Reach.Job),
        new("POST /api/jobs/{id}/resume", "operate", Reach.Job),
        new("POST /api/jobs/{id}/restart", "operate", Reach.Job),
        new("DELETE /api/jobs/{id}", "admin", Reach.Job),
        new("POST /api/jobs/actions", "operate", Reach.Own),
        new("GET /api/failed", "view", Reach.Own),
        new("GET /api/failed/groups", "view", Reach.Own),
        new("POST /api/failed/retry", "operate", Reach.Own),
        new("DELETE /api/failed", "admin", Reach.Whole),
        new("GET /api/queues", "view", Reach.Whole),
        new("POST /api/queues/{name}/pause", "operate", Reach.Whole),
        new("POST /api/queues/{name}/resume", "operate", Reach.Whole),
        new("POST /api/queues/{name}/clear", "admin", Reach.Whole),
        new("GET /api/workers", "view", Reach.Whole),
        new("POST /api/workers/{id}/quiet", "operate", Reach.Whole),
        new("POST /api/workers/{id}/stop", "admin", Reach.Whole),
        new("POST /api/workers/restart", "admin", Reach.Whole),
        new("GET /api/traces", "view", Reach.Own),
        new("GET /api/status", "view", Reach.Whole),
        new("GET /api/stats", "view", Reach.Whole),
        new("GET /api/store", "view", Reach.Whole),
        new("GET /api/audit", "view", Reach.Whole),
        new("GET /api/events", "view", Reach.Own),
        new("GET /api/me", "view", Reach.NoJobs),
        new("DELETE /api/session", "view", Reach.NoJobs),
        new("GET /api/openapi.json", "view", Reach.NoJobs),
        new("* /api/{**rest}", "view", Reach.NoJobs),
        new("GET /", "view", Reach.NoJobs),
        new("GET /assets/{**path}", "view", Reach.NoJobs),
        new("GET /{**page:nonfile}", "view", Reach.NoJobs),
        new("GET /p/{token}", "nobody", Reach.Link),
        new("GET /p/{token}/events", "nobody", Reach.Link),
        new("GET /p/longhaul-progress.js", "nobody", Reach.NoJobs),
        new("GET /p/progress.js", "nobody", Reach.NoJobs),
        new("GET /p/progress.css", "nobody", Reach.NoJobs),
    ];

    public static IEnumerable<RouteRow> Guarded => Rows.Where(static row => row.Role != "nobody");

    /// <summary>The routes that an application has.</summary>
    public static IEnumerable<(string Name, EndpointRule Rule)> Of(Web web)
        => from source in web.Services.GetServices<EndpointDataSource>()
           from endpoint in source.Endpoints.OfType<RouteEndpoint>()
           let rule = endpoint.Metadata.GetMetadata<EndpointRule>()
           where rule is not null
           let methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"]
           select ($"{methods[0]} /{endpoint.RoutePattern.RawText![Web.Prefix.Length..].TrimStart('/')}", rule);
}
