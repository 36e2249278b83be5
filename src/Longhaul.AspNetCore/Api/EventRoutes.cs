using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Events;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>Live events: of everything, or of one job.</summary>
internal sealed class EventRoutes(LonghaulHttp http)
{
    private const int MostFollowed = 20;

    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/events", AllAsync).For<EventQuery>(Role.View).Named("followAll").WithSummary("Live events of everything").Produces(200, contentType: "text/event-stream").Fails(400, 401, 403, 404, 422, 503);
        api.MapGet("/jobs/{id}/events", JobAsync).For(Role.View).Named("followJob").WithSummary("Live events of one job").Produces(200, contentType: "text/event-stream").Fails(401, 403, 404, 503);
    }

    private async Task AllAsync(HttpContext context, [AsParameters] EventQuery query, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var followed = Filters.Ids(query.Jobs ?? []);
        if (followed.Count > MostFollowed)
            throw ApiProblem.Invalid("job", $"There must be at most {MostFollowed} jobs to follow, but there are {followed.Count}.");
        foreach (var id in followed)
            await http.FindAsync(id.ToString(), caller, cancellationToken).ConfigureAwait(false);
        var client = new EventClient(caller.Owner, query.Wanted(), followed.Select(static id => id.Value).ToHashSet());
        await EventStream.SendAsync(context, http, client, cancellationToken).ConfigureAwait(false);
    }

    private async Task JobAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var job = await http.FindAsync(id, caller, cancellationToken).ConfigureAwait(false);
        var client = new EventClient(caller.Owner, EventTopics.None, new HashSet<long> { job.Id.Value });
        await EventStream.SendAsync(context, http, client, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>What to hear of.</summary>
internal sealed record EventQuery
{
    /// <summary>Of <c>jobs,queues,workers,status</c>; without it all.</summary>
    [FromQuery(Name = "topics")]
    public string? Topics { get; init; }

    /// <summary>Jobs to follow with log and traces, at most 20.</summary>
    [FromQuery(Name = "job")]
    public string[]? Jobs { get; init; }

    public EventTopics Wanted() => Topics is null ? EventTopics.All : Topics.Split(',').Aggregate(EventTopics.None, static (all, word) => all | word switch
    {
        "jobs" => EventTopics.Jobs,
        "queues" => EventTopics.Queues,
        "workers" => EventTopics.Workers,
        "status" => EventTopics.Status,
        _ => throw ApiProblem.Invalid("topics", $"topics must be of jobs, queues, workers, status, but one was {Quoted.Text(word)}."),
    });
}
