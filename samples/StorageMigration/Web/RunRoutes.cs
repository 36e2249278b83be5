using Longhaul;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace StorageMigration.Web;

/// <summary><c>run-command</c>: a command whose output the caller waits for, or reads as it comes. It is a job as any other, and goes on when the caller has gone.</summary>
internal static class RunRoutes
{
    private const int MostLines = 10_000; // as many as the store keeps of a job

    private static readonly string[] ByGetToo = [HttpMethods.Post, HttpMethods.Get];

    public static void Map(RouteGroupBuilder actions)
        => actions.MapMethods("/run-command", ByGetToo, RunAsync).WithMetadata(CsrfFilter.Changes.Something).AddEndpointFilter<CsrfFilter>();

    private static async Task<IResult> RunAsync(HttpContext http, CommandDesk desk, JobOutput output, IJobStore store, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var request = await CommandRequestReader.ReadAsync(http.Request, cancellationToken);
        var started = await desk.StartAsync(request, Callers.OwnerOf(http), live: request.Stream, cancellationToken);
        http.Response.Headers["X-Job-Id"] = started.Job.ToString();
        http.Response.Headers["X-Migration-Id"] = started.MigrationId;
        if (request.Stream)
        {
            await output.StreamAsync(started.Job, http, cancellationToken);
            return TypedResults.Empty;
        }

        var kept = new Queue<string>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            await output.FollowAsync(started.Job, lines =>
            {
                foreach (var line in lines)
                {
                    kept.Enqueue(line);
                    if (kept.Count > MostLines)
                        kept.Dequeue();
                }

                return ValueTask.CompletedTask;
            }, stop.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Refusals.Answer(StatusCodes.Status503ServiceUnavailable, $"The application stops. The command goes on as job {started.Job}: ask get-queue-status.");
        }

        var job = await store.GetJobAsync(started.Job, cancellationToken);
        return TypedResults.Ok(Answer(job, string.Concat(kept.Select(static line => line + "\n"))));
    }

    private static RunAnswer Answer(JobRecord? job, string output)
    {
        if (job is null)
            return new RunAnswer(false, output, null);
        if (JobWords.Error(job) is { } error && JobWords.ExitCode(job) is null)
            output += error + "\n"; // it did not end by itself: nothing in its own words says why
        return new RunAnswer(job.State == JobState.Completed, output, JobWords.ExitCode(job));
    }

    /// <param name="ExitCode">What it ended with; null: it was cancelled, or never ended by itself.</param>
    internal sealed record RunAnswer(bool Success, string Output, int? ExitCode);
}
