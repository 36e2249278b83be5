using System.Globalization;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.ManyActions;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>An action on all jobs that match: at once when they are few, as a job when they are many.</summary>
internal sealed class ManyActionRoutes(LonghaulHttp http)
{
    private const int AtOnce = 1_000;

    public void Map(RouteGroupBuilder api)
        => api.MapPost("/jobs/actions", ActAsync).For(Role.Operate).Takes<ActionsRequest>().Produces<ActionsView>(202)
            .Named("actOnJobs").WithSummary("Acts on all jobs that match, or counts them").Fails(400, 401, 403, 413, 415, 422, 503);

    private async Task<ApiResult<ActionsView>> ActAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var (request, _) = await RequestBody.ReadAsync<ActionsRequest>(context, RequestBody.Small).ConfigureAwait(false);
        var action = ActionWords.Parse(request.Action);
        if (action == JobAction.Delete && !await caller.MayAsync(Role.Admin).ConfigureAwait(false))
            throw ApiProblem.Forbidden("To delete jobs the caller must have the role admin, but has not.");
        var jobs = Selection(request.Filter, action, caller);
        return await http.ActOnManyAsync(caller, action, jobs, ActionRoutes.Reason(request.Reason), request.DryRun == true, cancellationToken).ConfigureAwait(false);
    }

    private static JobSelection Selection(FilterRequest? filter, JobAction action, Caller caller)
    {
        if (filter is null)
            throw ApiProblem.Invalid("filter", "filter must be there, but is not. To mean every job, say { \"all\": true }.");
        var states = Filters.States(filter.States ?? []);
        var made = new JobFilter
        {
            States = states.Count > 0 ? states : ActionWords.Fitting(action),
            Derived = Filters.Derived(filter.Derived),
            Queue = Filters.Pattern("queue", filter.Queue),
            Name = Filters.Pattern("name", filter.Name),
            Tag = Filters.Tag(filter.Tag),
            Owner = Filters.Owner(filter.Owner, caller),
            Text = Filters.Text(filter.Text),
            Ids = Filters.Ids((filter.Ids ?? []).Select(static id => id.ToString(CultureInfo.InvariantCulture))),
            CreatedFrom = Filters.Moment("from", filter.From),
            CreatedBefore = Filters.Moment("before", filter.Before),
        };
        var isBounded = states.Count > 0 || made.Derived is not null || made.Queue is not null || made.Name is not null || made.Tag is not null || filter.Owner is not null
            || made.Text is not null || filter.Ids is not null || made.CreatedFrom is not null || made.CreatedBefore is not null || filter.Group is not null;
        if (isBounded == (filter.All == true))
            throw ApiProblem.Invalid("filter", "filter must say which jobs, or all, but says " + (isBounded ? "both." : "neither. To mean every job, say { \"all\": true }."));
        return filter.Ids is { Count: 0 } ? throw ApiProblem.Invalid("ids", "ids must hold at least one id, but is empty.") : JobSelection.Of(made, Group(filter.Group));
    }

    /// <summary>The key of a group of errors.</summary>
    public static string? Group(string? group)
        => group is null || (group.Length == 8 && group.All(char.IsAsciiHexDigitLower))
            ? group : throw ApiProblem.Invalid("group", $"group must be one of GET api/failed/groups, of 8 hexadecimal digits, but was {Quoted.Text(group)}.");

    /// <summary>Whether so many are acted on at once.</summary>
    public static bool IsFew(long matched, bool exact) => exact && matched <= AtOnce;
}

/// <summary>What <see cref="ManyActionRoutes"/> and <see cref="FailedRoutes"/> share.</summary>
internal static class ManyActionExtensions
{
    extension(LonghaulHttp http)
    {
        public async Task<ApiResult<ActionsView>> ActOnManyAsync(
            Caller caller, JobAction action, JobSelection jobs, string? reason, bool dryRun, CancellationToken cancellationToken)
        {
            var ids = new List<JobId>();
            var walk = new JobWalk(http.Store, http.Instance.Mask);
            var (matched, exact) = await walk.CountAsync(jobs, http.Time, ids, cancellationToken).ConfigureAwait(false);
            if (dryRun)
                return new(new ActionsView(matched, exact, null, null, null, null));

            var word = ActionWords.Word(action);
            if (ManyActionRoutes.IsFew(matched, exact))
            {
                var tally = await walk.ActAsync(action, ids, new ActionContext(caller.User, reason), CancellationToken.None).ConfigureAwait(false);
                http.FailedGroups.Forget();
                await http.AuditAsync(caller, word, $"{matched} jobs", reason, $"done {tally.Done}, ordered {tally.Ordered}, skipped {tally.Skipped}").ConfigureAwait(false);
                return new(new ActionsView(matched, exact, tally.Done, tally.Ordered, tally.Skipped, null));
            }

            var payload = new ActOnJobs(word, jobs, caller.User, reason, matched);
            var result = await http.Instance.Client.EnqueueAsync(payload, new EnqueueOptions { Owner = caller.Owner }, cancellationToken).ConfigureAwait(false);
            await http.Actions.EnsureAsync(cancellationToken).ConfigureAwait(false);
            await http.AuditAsync(caller, word, $"{matched} jobs or more, by job {result.Id}", reason, "enqueued").ConfigureAwait(false);
            return new(new ActionsView(matched, exact, null, null, null, result.Id.Value), StatusCodes.Status202Accepted);
        }
    }
}
