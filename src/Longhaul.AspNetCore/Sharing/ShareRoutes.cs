using System.Globalization;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Dashboard;
using Longhaul.AspNetCore.Events;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Problems;
using Longhaul.Storage;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Sharing;

/// <summary>Signed links to one job's progress, and what they show.</summary>
internal sealed class ShareRoutes(LonghaulHttp http, EmbeddedFiles files)
{
    private const string Page = "progress.html";

    /// <summary>What an end user's page needs, with the component; all else of the dashboard is for those who may view.</summary>
    private static readonly string[] Files = ["longhaul-progress.js", "progress.js", "progress.css"];

    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);
    private static readonly TimeSpan Usual = TimeSpan.FromDays(1);

    public void Map(RouteGroupBuilder group)
    {
        group.MapPost("/api/jobs/{id}/link", LinkAsync).For(Role.Operate).Takes<LinkRequest>(isOptional: true)
            .Named("linkJob").WithSummary("Makes a signed link to its progress").Fails(400, 401, 403, 404, 413, 415, 422);
        // Whoever has the link may: the application's own fallback policy must not ask for a login.
        var anyone = new AllowAnonymousAttribute();
        group.MapGet("/p/{token}", ShowAsync).For(Role.Nobody).WithMetadata(anyone).Produces<SharedProgressView>().Named("getShared").WithSummary("What a signed link shows").Fails(404);
        group.MapGet("/p/{token}/events", FollowAsync).For(Role.Nobody).WithMetadata(anyone)
            .Named("followShared").WithSummary("The same, live").Produces(200, contentType: "text/event-stream").Fails(404, 503);
        foreach (var file in Files)
            group.MapGet($"/p/{file}", context => files.SendAsync(context, file)).WithMetadata(new EndpointRule(Role.Nobody) { IsPage = true }, anyone).ExcludeFromDescription();
    }

    /// <summary>What is shown of a job to whom it is shared with.</summary>
    public static SharedProgressView Show(JobRecord job)
        => new(job.State, job.Description, job.Progress is { } progress ? ProgressView.Of(progress) : null, job.FinishedAt);

    private async Task<ApiResult<LinkView>> LinkAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var job = await http.FindAsync(id, caller, cancellationToken).ConfigureAwait(false);
        var request = await RequestBody.ReadOptionalAsync<LinkRequest>(context).ConfigureAwait(false);
        var seconds = request?.ValidForSeconds ?? Usual.TotalSeconds;
        if (!(seconds > 0 && seconds <= Longest.TotalSeconds))
            throw ApiProblem.Invalid("validForSeconds", string.Create(CultureInfo.InvariantCulture, $"validForSeconds must be over 0 and at most {Longest.TotalSeconds}, but was {seconds}."));
        var validFor = TimeSpan.FromSeconds(seconds);
        var url = context.Request.PathBase.ToUriComponent() + http.Links.Create(job.Id, validFor);
        await http.AuditAsync(caller, "share", $"{job.Id} {job.Name}", null, $"for {validFor}").ConfigureAwait(false);
        return new(new LinkView(url, http.Now + validFor));
    }

    // Opened in a browser it is a page, which asks again for the JSON and says what it finds.
    private async Task<IResult> ShowAsync(HttpContext context, string token, CancellationToken cancellationToken)
    {
        context.Response.Headers.Vary = "Accept";
        if (files.Has(Page) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            await files.SendAsync(context, Page).ConfigureAwait(false);
            return Results.Empty;
        }

        return new ApiResult<SharedProgressView>(Show(await FindAsync(token, cancellationToken).ConfigureAwait(false)));
    }

    private async Task FollowAsync(HttpContext context, string token, CancellationToken cancellationToken)
    {
        var job = await FindAsync(token, cancellationToken).ConfigureAwait(false);
        var client = new EventClient(null, EventTopics.None, new HashSet<long> { job.Id.Value }) { IsShared = true };
        await EventStream.SendAsync(context, http, client, cancellationToken).ConfigureAwait(false);
    }

    private async Task<JobRecord> FindAsync(string token, CancellationToken cancellationToken)
        => http.Links.Read(token) is { } id && await http.Store.GetJobAsync(id, cancellationToken).ConfigureAwait(false) is { } job ? job : throw ApiProblem.NotFound();
}
