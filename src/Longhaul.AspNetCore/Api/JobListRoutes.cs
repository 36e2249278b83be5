using System.Globalization;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Api.Views;
using Longhaul.AspNetCore.Json;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Api;

/// <summary>What belongs to one job: its log, traces, history, item failures, checkpoints, children.</summary>
internal sealed class JobListRoutes(LonghaulHttp http)
{
    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/jobs/{id}/logs", LogsAsync).For<LogQuery>(Role.View).Named("listLogs").WithSummary("Its log, oldest first").Fails(400, 401, 403, 404, 422);
        api.MapGet("/jobs/{id}/traces", TracesAsync).For<ListQuery>(Role.View).Named("listJobTraces").WithSummary("Its traces").Fails(400, 401, 403, 404, 422);
        api.MapGet("/jobs/{id}/attempts", AttemptsAsync).For(Role.View).Named("listAttempts").WithSummary("What happened to it").Fails(401, 403, 404);
        api.MapGet("/jobs/{id}/items", ItemsAsync).For<ListQuery>(Role.View).Named("listItems").WithSummary("Its item failures").Fails(400, 401, 403, 404, 422);
        api.MapGet("/jobs/{id}/checkpoints", CheckpointsAsync).For(Role.View).Named("listCheckpoints").WithSummary("Its kept checkpoints").Fails(401, 403, 404);
        api.MapGet("/jobs/{id}/checkpoints/{checkpoint}", CheckpointAsync).For(Role.View).Named("getCheckpoint").WithSummary("A checkpoint; current: the one saved last").Fails(401, 403, 404);
        api.MapGet("/jobs/{id}/children", ChildrenAsync).For<ListQuery>(Role.View).Named("listChildren").WithSummary("Jobs that its runs enqueued, newest first").Fails(400, 401, 403, 404, 422);
    }

    private async Task<ApiResult<PageView<LogView>>> LogsAsync(HttpContext context, string id, [AsParameters] LogQuery query, CancellationToken cancellationToken)
    {
        var job = await http.FindAsync(id, Caller.Of(context), cancellationToken).ConfigureAwait(false);
        var page = await http.Store.ListLogsAsync(query.Filter(job.Id), query.Page(context), cancellationToken).ConfigureAwait(false);
        return new(query.View(page, context, LogView.Of));
    }

    private async Task<ApiResult<PageView<TraceView>>> TracesAsync(HttpContext context, string id, [AsParameters] ListQuery query, CancellationToken cancellationToken)
    {
        var job = await http.FindAsync(id, Caller.Of(context), cancellationToken).ConfigureAwait(false);
        var page = await http.Store.ListTracesAsync(new TraceFilter { Job = job.Id }, query.Page(context), cancellationToken).ConfigureAwait(false);
        return new(query.View(page, context, TraceView.Of));
    }

    private async Task<ApiResult<ListView<HistoryView>>> AttemptsAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var job = await http.FindAsync(id, Caller.Of(context), cancellationToken).ConfigureAwait(false);
        var history = await http.Store.ListHistoryAsync(job.Id, cancellationToken).ConfigureAwait(false);
        return new(new([.. history.Select(HistoryView.Of)]));
    }

    private async Task<ApiResult<PageView<ItemFailureView>>> ItemsAsync(HttpContext context, string id, [AsParameters] ListQuery query, CancellationToken cancellationToken)
    {
        var job = await http.FindAsync(id, Caller.Of(context), cancellationToken).ConfigureAwait(false);
        var page = await http.Store.ListItemFailuresAsync(job.Id, query.Page(context), cancellationToken).ConfigureAwait(false);
        return new(query.View(page, context, ItemFailureView.Of));
    }

    private async Task<ApiResult<CheckpointsView>> CheckpointsAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var job = await http.FindAsync(id, Caller.Of(context), cancellationToken).ConfigureAwait(false);
        var kept = await http.Store.ListCheckpointsAsync(job.Id, cancellationToken).ConfigureAwait(false);
        return new(new(job.CheckpointAt is { } saved ? new CheckpointView(saved) : null, [.. kept.Select(KeptCheckpointView.Of)]));
    }

    private async Task<RawResult> CheckpointAsync(HttpContext context, string id, string checkpoint, CancellationToken cancellationToken)
    {
        var job = await http.FindAsync(id, Caller.Of(context), cancellationToken).ConfigureAwait(false);
        long? which = null;
        if (checkpoint != "current")
            which = long.TryParse(checkpoint, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw ApiProblem.NotFound();
        if (which is { } kept && !(await http.Store.ListCheckpointsAsync(job.Id, cancellationToken).ConfigureAwait(false)).Any(info => info.Id == kept))
            throw ApiProblem.NotFound(); // its number may be another job's
        var body = await http.Store.GetCheckpointAsync(job.Id, which, cancellationToken).ConfigureAwait(false);
        return new((RawJson.Of(body) ?? throw ApiProblem.NotFound()).Utf8);
    }

    private async Task<ApiResult<PageView<JobView>>> ChildrenAsync(HttpContext context, string id, [AsParameters] ListQuery query, CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var parent = await http.FindAsync(id, caller, cancellationToken).ConfigureAwait(false);
        var filter = new JobFilter { EnqueuedBy = parent.Id, Owner = caller.Owner };
        var page = await http.Store.ListJobsAsync(filter, query.Page(context), cancellationToken).ConfigureAwait(false);
        return new(query.View(page, context, http.Show));
    }
}

/// <summary>Which log lines.</summary>
internal sealed record LogQuery : ListQuery
{
    /// <summary>At least this level, 0–5.</summary>
    [FromQuery(Name = "level")]
    public string? Level { get; init; }

    /// <summary>Only the newest so many.</summary>
    [FromQuery(Name = "last")]
    public string? Last { get; init; }

    public LogFilter Filter(JobId job) => new() { Job = job, MinLevel = Number("level", Level, 5) ?? 0, Last = Number("last", Last, JobLimits.LogLinesPerJob) };

    private static int? Number(string member, string? text, int most)
        => text is null ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= most ? value
            : throw ApiProblem.Invalid(member, $"{member} must be a whole number from 0 to {most}, but was {Quoted.Text(text)}.");
}
