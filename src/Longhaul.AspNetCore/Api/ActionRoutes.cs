using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.ManyActions;
using Longhaul.AspNetCore.Problems;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>Actions on one job.</summary>
internal sealed class ActionRoutes(LonghaulHttp http)
{
    private const int ReasonLength = 1_000;

    public void Map(RouteGroupBuilder api)
    {
        foreach (var (word, action) in ActionWords.All)
        {
            if (action == JobAction.Delete)
                continue;
            api.MapPost($"/jobs/{{id}}/{word}", (HttpContext context, string id, CancellationToken cancellationToken) => ActAsync(context, id, action, cancellationToken))
                .For(Role.Operate).Takes<ActionRequest>(isOptional: true).Named($"{word}Job").WithSummary($"{char.ToUpperInvariant(word[0])}{word[1..]} a job")
                .Fails(400, 401, 403, 404, 409, 413, 415, 422, 503);
        }

        api.MapDelete("/jobs/{id}", DeleteAsync).For<DeleteQuery>(Role.Admin).Named("deleteJob").WithSummary("Deletes a job; a run is fenced off").Fails(400, 401, 403, 404, 422, 503);
    }

    /// <summary>The reason, within its limit.</summary>
    public static string? Reason(string? reason)
        => reason is null or { Length: <= ReasonLength } ? reason : throw ApiProblem.Invalid("reason", $"reason must have at most {ReasonLength:N0} characters, but has {reason.Length}.");

    private async Task<ApiResult<ActionView>> ActAsync(HttpContext context, string id, JobAction action, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var job = await http.FindAsync(id, caller, cancellationToken).ConfigureAwait(false);
        var request = await RequestBody.ReadOptionalAsync<ActionRequest>(context).ConfigureAwait(false);
        if (request?.ResetAttempts is not null && action != JobAction.Release)
            throw ApiProblem.Invalid("resetAttempts", "resetAttempts must come with release only, but came with another action.");
        if (request?.ResetAttempts == true)
            action = JobAction.ReleaseAndResetAttempts;
        return await DoAsync(caller, job, action, Reason(request?.Reason), cancellationToken).ConfigureAwait(false);
    }

    private async Task<ApiResult<ActionView>> DeleteAsync(HttpContext context, string id, [AsParameters] DeleteQuery query, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var job = await http.FindAsync(id, caller, cancellationToken).ConfigureAwait(false);
        return await DoAsync(caller, job, JobAction.Delete, Reason(query.Reason), cancellationToken).ConfigureAwait(false);
    }

    private async Task<ApiResult<ActionView>> DoAsync(Caller caller, JobRecord job, JobAction action, string? reason, CancellationToken cancellationToken)
    {
        var word = ActionWords.Word(action);
        if (!await MayAsync(job, action, caller).ConfigureAwait(false))
            throw ApiProblem.Forbidden("To run an action on many jobs again the caller must have the role admin, but has not. Ask for the action anew.");
        var answer = (await http.Store.ActAsync(action, [job.Id], new ActionContext(caller.User, reason), cancellationToken).ConfigureAwait(false))[0];
        http.FailedGroups.Forget();
        var status = ActionWords.Status(action, answer);
        await http.AuditAsync(caller, word, $"{job.Id} {job.Name}", reason, status ?? answer.Status switch
        {
            ActionStatus.KeyTaken => "key_taken",
            ActionStatus.NotFound => "not_found",
            _ => "wrong_state",
        }).ConfigureAwait(false);
        return status is not null
            ? new(new ActionView(job.Id.Value, word, status, action == JobAction.Delete ? null : answer.State))
            : throw Refusal(word, job, answer);
    }

    // An operator must not do again what an admin has asked for, such as to delete.
    private static async ValueTask<bool> MayAsync(JobRecord job, JobAction action, Caller caller)
        => job.Name != ActOnJobs.Name || action is not (JobAction.Retry or JobAction.RetryItems or JobAction.Restart) || await caller.MayAsync(Role.Admin).ConfigureAwait(false);

    private static ApiProblem Refusal(string word, JobRecord job, ActionAnswer answer) => answer.Status switch
    {
        ActionStatus.NotFound => ApiProblem.NotFound(),
        ActionStatus.KeyTaken => ApiProblem.KeyTaken(
            $"To {word} job {job.Id} its unique key must be free, but {(answer.KeyHolder is { } holder ? $"job {holder}" : "another job")} has it. Wait for that one's end, or cancel it.",
            answer.KeyHolder?.Value),
        _ => ApiProblem.WrongState($"To {word} job {job.Id} its state must allow it, but it is {(answer.State is { } state ? Filters.Word(state) : "gone")}.", answer.State),
    };
}

/// <summary>Why a job is deleted.</summary>
internal sealed record DeleteQuery
{
    /// <summary>For the audit.</summary>
    [Microsoft.AspNetCore.Mvc.FromQuery(Name = "reason")]
    public string? Reason { get; init; }
}
