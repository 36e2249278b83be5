using System.Globalization;
using System.Runtime.InteropServices;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.ManyActions;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>Failed jobs: as a list, by what went wrong, and what is done with them together.</summary>
internal sealed class FailedRoutes(LonghaulHttp http)
{
    private const int MostLookedAt = 50_000;
    private const int Sample = 5;

    private static readonly TimeSpan LooksFor = TimeSpan.FromMilliseconds(200);

    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/failed", ListAsync).For<JobQuery>(Role.View).Named("listFailed").WithSummary("Failed jobs").Fails(400, 401, 403, 422);
        api.MapGet("/failed/groups", GroupsAsync).For<FailedQuery>(Role.View).Named("listFailedGroups").WithSummary("Failed jobs by what went wrong").Fails(400, 401, 403, 422);
        api.MapPost("/failed/retry", RetryAsync).For(Role.Operate).Takes<RetryFailedRequest>(isOptional: true).Produces<ActionsView>(202)
            .Named("retryFailed").WithSummary("Retries failed jobs").Fails(400, 401, 403, 413, 415, 422, 503);
        api.MapDelete("/failed", DeleteAsync).For<FlushQuery>(Role.Admin, ofTheWhole: true).Named("deleteFailed").WithSummary("Deletes failed jobs").Fails(400, 401, 403, 422, 503);
    }

    private async Task<ApiResult<PageView<JobView>>> ListAsync(HttpContext context, [AsParameters] JobQuery query, CancellationToken cancellationToken)
    {
        var filter = query.Filter(Caller.Of(context)) with { States = [JobState.Failed] };
        var page = await http.SearchAsync(filter, query.ErrorGroup, query.Page(context), cancellationToken).ConfigureAwait(false);
        return new(query.View(page, context, http.Show));
    }

    private async Task<ApiResult<FailedGroupsView>> GroupsAsync(HttpContext context, [AsParameters] FailedQuery query, CancellationToken cancellationToken)
    {
        var filter = new FailureFilter
        {
            Queue = Filters.Pattern("queue", query.Queue),
            Name = Filters.Pattern("name", query.Name),
            Owner = Caller.Of(context).Owner,
        };
        return new(await http.FailedGroups.GetAsync(filter, () => GatherAsync(filter), cancellationToken).ConfigureAwait(false));
    }

    private async Task<FailedGroupsView> GatherAsync(FailureFilter filter)
    {
        var groups = new Dictionary<(string Name, string Type, string Message), Gathered>();
        var started = http.Time.GetTimestamp();
        var searched = 0L;
        string? after = null;
        do
        {
            var page = await http.Store.ListFailuresAsync(filter, new PageRequest(1_000, after), CancellationToken.None).ConfigureAwait(false);
            foreach (var failure in page.Items)
                Gather(groups, failure);
            searched += page.Items.Count;
            after = page.Next;
        }
        while (after is not null && searched < MostLookedAt && http.Time.GetElapsedTime(started) < LooksFor);
        return new([.. groups.Values.Select(static group => group.Show()).OrderByDescending(static group => group.Count)], searched, after is null);
    }

    private async Task<ApiResult<ActionsView>> RetryAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var request = await RequestBody.ReadOptionalAsync<RetryFailedRequest>(context).ConfigureAwait(false) ?? new RetryFailedRequest();
        var filter = new JobFilter
        {
            States = [JobState.Failed],
            Queue = Filters.Pattern("queue", request.Queue),
            Name = Filters.Pattern("name", request.Name),
            Owner = caller.Owner,
            Ids = Filters.Ids((request.Ids ?? []).Select(static id => id.ToString(CultureInfo.InvariantCulture))),
        };
        if (request.Ids is { Count: 0 })
            throw ApiProblem.Invalid("ids", "ids must hold at least one id, but is empty. Leave it out to mean all.");
        var jobs = JobSelection.Of(filter, ManyActionRoutes.Group(request.Group));
        return await http.ActOnManyAsync(caller, JobAction.Retry, jobs, ActionRoutes.Reason(request.Reason), request.DryRun == true, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ApiResult<DeletedView>> DeleteAsync(HttpContext context, [AsParameters] FlushQuery query, CancellationToken cancellationToken)
    {
        var queue = query.Queue is null || JobLimits.IsName(query.Queue)
            ? query.Queue : throw ApiProblem.Invalid("queue", $"queue must be {JobTypeReader.NameRule}, but was {Quoted.Text(query.Queue)}.");
        var deleted = await http.Store.FlushFailedAsync(queue, CancellationToken.None).ConfigureAwait(false);
        http.FailedGroups.Forget();
        await http.AuditAsync(Caller.Of(context), "delete failed", queue ?? "all queues", ActionRoutes.Reason(query.Reason), $"deleted {deleted}").ConfigureAwait(false);
        return new(new DeletedView(deleted));
    }

    private static void Gather(Dictionary<(string Name, string Type, string Message), Gathered> groups, FailureRecord failure)
    {
        var message = ErrorGroup.Message(failure.ErrorMessage);
        ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, (failure.Name, failure.ErrorType, message), out _);
        group ??= new Gathered(failure.Name, failure.ErrorType, message);
        group.Add(failure);
    }

    private sealed class Gathered(string name, string type, string message)
    {
        private readonly List<long> _jobs = [];
        private long _count;
        private DateTimeOffset? _first;
        private DateTimeOffset? _last;

        public void Add(FailureRecord failure)
        {
            _count++;
            if (_jobs.Count < Sample)
                _jobs.Add(failure.Job.Value);
            var at = failure.FinishedAt;
            _first = _first is { } first && first < at ? first : at;
            _last = _last is { } last && last > at ? last : at;
        }

        public FailedGroupView Show() => new(ErrorGroup.KeyOf(name, type, message), type, message, name, _count, _first, _last, _jobs);
    }
}

/// <summary>Which failed jobs.</summary>
internal sealed record FailedQuery
{
    /// <summary>A queue, or a pattern with <c>*</c>.</summary>
    [FromQuery(Name = "queue")]
    public string? Queue { get; init; }

    /// <summary>A job name, or a pattern with <c>*</c>.</summary>
    [FromQuery(Name = "name")]
    public string? Name { get; init; }
}

/// <summary>Which failed jobs to delete, and why.</summary>
internal sealed record FlushQuery
{
    /// <summary>A queue; without one all.</summary>
    [FromQuery(Name = "queue")]
    public string? Queue { get; init; }

    /// <summary>For the audit.</summary>
    [FromQuery(Name = "reason")]
    public string? Reason { get; init; }
}
