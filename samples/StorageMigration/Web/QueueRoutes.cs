using Longhaul;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using StorageMigration.Migration;

namespace StorageMigration.Web;

/// <summary>Commands as jobs, and how they stand.</summary>
internal static class QueueRoutes
{
    private const int Newest = 50;

    private static readonly string[] ByGetToo = [HttpMethods.Post, HttpMethods.Get];
    private static readonly JobState[] Unfinished = [JobState.Waiting, JobState.Pending, JobState.Running, JobState.Paused];
    private static readonly JobState[] Finished = [JobState.Completed, JobState.Failed, JobState.Cancelled];

    public static void Map(RouteGroupBuilder actions)
    {
        // By GET, too, so that who forgot to POST is told so; with the token all the same.
        actions.MapMethods("/run-command-queue", ByGetToo, RunAsync).WithMetadata(CsrfFilter.Changes.Something).AddEndpointFilter<CsrfFilter>();
        actions.MapGet("/get-queue-status", StatusAsync);
        actions.MapGet("/get-queue-jobs", ListAsync);
        actions.MapGet("/get-migration-progress", ProgressAsync);
    }

    private static async Task<Ok<QueuedAnswer>> RunAsync(HttpContext http, CommandDesk desk, CancellationToken cancellationToken)
    {
        var request = await CommandRequestReader.ReadAsync(http.Request, cancellationToken);
        var started = await desk.StartAsync(request, Callers.OwnerOf(http), live: false, cancellationToken);
        return TypedResults.Ok(new QueuedAnswer(true, started.Job.Value, started.MigrationId, "Command queued successfully. It will continue running even if you refresh the page."));
    }

    private static async Task<Ok<StatusAnswer>> StatusAsync(HttpContext http, IJobStore store, MigrationStates states, CancellationToken cancellationToken, string? jobId = null)
    {
        var id = JobId.TryParse(jobId, null, out var read) ? read : throw RefusedException.BadRequest($"jobId must be a whole number from 1 to {JobId.MaxValue}, but is not.");
        var owner = Callers.OwnerOf(http);
        if (await store.GetJobAsync(id, cancellationToken) is { } job)
            return job.Owner == owner ? TypedResults.Ok(new StatusAnswer(true, JobWords.Status(job), JobWords.Of(job))) : throw Unknown();
        if (states.FindByJob(id.ToString()) is { } state && state.Owner == owner)
            return TypedResults.Ok(new StatusAnswer(true, state.Status, JobWords.Of(state, id)));
        throw Unknown();

        RefusedException Unknown() => RefusedException.NotFound($"There is no job {id}.");
    }

    private static async Task<Ok<JobsAnswer>> ListAsync(HttpContext http, IJobStore store, CancellationToken cancellationToken)
    {
        var owner = Callers.OwnerOf(http);
        var listed = await NewestAsync(Unfinished, Newest);
        if (listed.Count < Newest)
            listed.AddRange(await NewestAsync(Finished, Newest - listed.Count));
        return TypedResults.Ok(new JobsAnswer(true, [.. listed.DistinctBy(static job => job.Id).Select(JobWords.InList)])); // one may end between the two

        async Task<List<JobRecord>> NewestAsync(JobState[] states, int count)
        {
            var found = new List<JobRecord>();
            for (string? after = null; ;)
            {
                var page = await store.ListJobsAsync(new JobFilter { States = states, Owner = owner }, new PageRequest(count, after), cancellationToken);
                found.AddRange(page.Items.Take(count - found.Count));
                if (found.Count >= count || page.Next is null)
                    return found;
                after = page.Next; // a store that gave up looking gives fewer
            }
        }
    }

    private static async Task<Ok<ProgressAnswer>> ProgressAsync(HttpContext http, MigrationWatch watch, CancellationToken cancellationToken, string? migrationId = null)
    {
        if (string.IsNullOrEmpty(migrationId))
            throw RefusedException.BadRequest("migrationId must be given, such as queue-1699999999-abc123, but is not.");
        var state = await watch.FindAsync(migrationId, Callers.OwnerOf(http), cancellationToken)
            ?? throw RefusedException.NotFound("There is no migration of this id.");
        return TypedResults.Ok(new ProgressAnswer(true, MigrationAnswer.Of(state)));
    }

    internal sealed record QueuedAnswer(bool Success, long JobId, string MigrationId, string Message);

    internal sealed record StatusAnswer(bool Success, string Status, ShownJob Job);

    internal sealed record JobsAnswer(bool Success, IReadOnlyList<ListedJob> Jobs);

    internal sealed record ProgressAnswer(bool Success, MigrationAnswer Migration);
}

/// <summary>A migration, as <c>get-migration-progress</c> shows it.</summary>
internal sealed record MigrationAnswer(
    string MigrationId, long JobId, string Status, string? Phase, long Processed, long? Total, double Progress, string ProgressLabel, string? CheckpointId,
    DateTimeOffset UpdatedAt, string? Error)
{
    public static MigrationAnswer Of(MigrationState state)
    {
        var progress = JobWords.Rounded(state.Progress);
        var id = Longhaul.JobId.TryParse(state.JobId, null, out var job) ? job.Value : 0;
        return new MigrationAnswer(
            state.MigrationId, id, state.Status, state.Phase, state.Processed, state.Total, progress, JobWords.Label(progress), state.CheckpointId, state.UpdatedAt, state.Error);
    }
}
