using Longhaul.AspNetCore.Api;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.ManyActions;

/// <summary>Acts on many jobs page by page; interrupted, it goes on with the page where it stood.</summary>
internal sealed class ActOnJobsHandler(JobWalk walk) : IJobHandler<ActOnJobs>
{
    public async Task HandleAsync(ActOnJobs job, JobContext context, CancellationToken cancellationToken)
    {
        var action = ActionWords.Parse(job.Action);
        // Whoever wrote the payload: a job of an owner touches that owner's jobs only.
        var jobs = context.Owner is { } owner ? job.Jobs with { Owner = owner } : job.Jobs;
        var acting = new ActionContext(job.By, job.Reason);
        var at = context.Checkpoint.Get<Place>() ?? new Place(null, new Tally(0, 0, 0));
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            // What was begun is finished, so that the tally is true.
            var (tally, next) = await walk.ActOnPageAsync(action, jobs, at.After, acting, CancellationToken.None).ConfigureAwait(false);
            at = new Place(next, at.Tally + tally);
            context.Checkpoint.Set(at);
            var seen = at.Tally.Done + at.Tally.Ordered + at.Tally.Skipped;
            context.Progress.Report(seen, Math.Max(job.Matched, seen), job.Action);
        }
        while (at.After is not null);
        context.SetResult(at.Tally);
    }

    internal sealed record Place(string? After, Tally Tally);
}
