using System.Text.Json;
using Longhaul;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using StorageMigration.Migration;

namespace StorageMigration.Web;

/// <summary>What the page needs beside the interface for programs: the commands, a job's last lines, its stop and its resumption.</summary>
internal static class JobRoutes
{
    private const int LastLines = 200;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/commands", static (CommandBook book) => TypedResults.Ok(new CommandsAnswer([.. book.All])));
        api.MapGet("/jobs/{id}", LookAsync);
        api.MapPost("/jobs/{id}/cancel", CancelAsync);
        api.MapPost("/jobs/{id}/resume", ResumeAsync);
    }

    /// <summary>A job with its migration, and what was said since <paramref name="after"/>. With <paramref name="watch"/> its worker tells more often, for 30 s.</summary>
    private static async Task<Ok<LookAnswer>> LookAsync(
        string id, HttpContext http, IJobStore store, MigrationWatch migrations, CancellationToken cancellationToken, long after = -1, bool watch = false)
    {
        var job = await FindAsync(id, http, store, cancellationToken);
        if (watch && job.State == JobState.Running)
            await store.WatchAsync(job.Id, cancellationToken);
        var migration = await migrations.FindByJobAsync(job, cancellationToken);
        var lines = await store.ListLogsAsync(new LogFilter { Job = job.Id, Last = LastLines }, new PageRequest(LastLines), cancellationToken);
        return TypedResults.Ok(new LookAnswer(
            true, JobWords.Status(job), JobWords.InList(job), migration is null ? null : MigrationAnswer.Of(migration), migration?.Command, IsDryRun(job),
            job.Progress?.Note, job.Progress?.Rate, job.Progress?.TimeLeft?.TotalSeconds, JobWords.ExitCode(job), job.WaitsFor,
            [.. lines.Items.Where(line => line.Sequence > after).Select(static line => new LineAnswer(line.Sequence, line.Line.At, line.Line.Level, line.Line.Text))]));
    }

    private static async Task<Ok<DoneAnswer>> CancelAsync(string id, HttpContext http, IJobStore store, IJobClient jobs, CancellationToken cancellationToken)
    {
        var job = await FindAsync(id, http, store, cancellationToken);
        if (!await jobs.CancelAsync(job.Id, $"stopped by {Callers.OwnerOf(http)} from the page", cancellationToken))
            throw RefusedException.BadRequest($"A job must not have ended to be stopped, but {job.Id} has.");
        return TypedResults.Ok(new DoneAnswer(true));
    }

    /// <summary>Goes on from the job's own checkpoint: the cursor that its program printed last.</summary>
    private static async Task<Ok<DoneAnswer>> ResumeAsync(string id, HttpContext http, IJobStore store, IJobClient jobs, MigrationStarter migrations, CancellationToken cancellationToken)
    {
        var job = await FindAsync(id, http, store, cancellationToken);
        try
        {
            await migrations.RefuseRetryAsync(job, cancellationToken);
        }
        catch (ArgumentException e)
        {
            throw RefusedException.BadRequest(e.Message);
        }

        if (!await jobs.RetryAsync(job.Id, cancellationToken))
            throw RefusedException.BadRequest($"A job must have failed or been stopped to be resumed, but {job.Id} has not.");
        return TypedResults.Ok(new DoneAnswer(true));
    }

    private static async Task<JobRecord> FindAsync(string id, HttpContext http, IJobStore store, CancellationToken cancellationToken)
    {
        if (!JobId.TryParse(id, null, out var read))
            throw RefusedException.BadRequest($"A job's id must be a whole number from 1 to {JobId.MaxValue}, but is not.");
        return await store.GetJobAsync(read, cancellationToken) is { } job && job.Owner == Callers.OwnerOf(http) ? job : throw RefusedException.NotFound($"There is no job {read}.");
    }

    private static bool IsDryRun(JobRecord job)
    {
        using var payload = JsonDocument.Parse(job.Payload);
        if (payload.RootElement.TryGetProperty("dryRun", out var said))
            return said.ValueKind == JsonValueKind.True;
        return payload.RootElement.TryGetProperty("arguments", out var arguments) && arguments.ValueKind == JsonValueKind.Object && arguments.TryGetProperty("dryRun", out said)
            && said.ValueEquals("1");
    }

    internal sealed record CommandsAnswer(IReadOnlyList<AllowedCommand> Commands);

    internal sealed record LookAnswer(
        bool Success, string Status, ListedJob Job, MigrationAnswer? Migration, string? Command, bool DryRun,
        string? Note, double? Rate, double? SecondsLeft, int? ExitCode, string? WaitsFor, IReadOnlyList<LineAnswer> Lines);

    internal sealed record LineAnswer(long Number, DateTimeOffset At, int Level, string Text);

    internal sealed record DoneAnswer(bool Success);
}
