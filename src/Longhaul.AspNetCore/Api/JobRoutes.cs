using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>Jobs, one and many.</summary>
internal sealed class JobRoutes(LonghaulHttp http)
{
    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/jobs", ListAsync).For<JobQuery>(Role.View).Named("listJobs").WithSummary("Jobs that match, newest first").Fails(400, 401, 403, 422);
        api.MapGet("/jobs/{id}", GetAsync).For(Role.View).Named("getJob").WithSummary("One job").Fails(401, 403, 404);
        api.MapGet("/jobs/{id}/payload", PayloadAsync).For(Role.View).Named("getPayload").WithSummary("Its payload, secrets masked").Fails(401, 403, 404);
        api.MapGet("/jobs/{id}/result", ResultAsync).For(Role.View).Named("getResult").WithSummary("Its result").Fails(401, 403, 404);
    }

    private async Task<ApiResult<PageView<JobView>>> ListAsync(HttpContext context, [AsParameters] JobQuery query, CancellationToken cancellationToken)
    {
        var filter = query.Filter(Caller.Of(context));
        var page = await http.SearchAsync(filter, query.ErrorGroup, query.Page(context), cancellationToken).ConfigureAwait(false);
        return new(query.View(page, context, http.Show));
    }

    private async Task<ApiResult<JobDetailView>> GetAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var job = await http.FindAsync(id, caller, cancellationToken).ConfigureAwait(false);
        return new(await http.ShowWholeAsync(job, caller).ConfigureAwait(false));
    }

    private async Task<RawResult> PayloadAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var job = await http.FindAsync(id, Caller.Of(context), cancellationToken).ConfigureAwait(false);
        return new(http.PayloadOf(job)!.Utf8, $"job-{job.Id}-payload.json");
    }

    private async Task<RawResult> ResultAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var job = await http.FindAsync(id, Caller.Of(context), cancellationToken).ConfigureAwait(false);
        return new((RawJson.Of(job.Result) ?? throw ApiProblem.NotFound()).Utf8, $"job-{job.Id}-result.json");
    }
}
