using Longhaul.AspNetCore.Api;
using Longhaul.Client;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.ManyActions;

/// <summary>Walks over all jobs of a selection, oldest first, and acts on them.</summary>
internal sealed class JobWalk(IJobStore store, PayloadMask mask)
{
    private const int PageSize = 1_000;
    private const int AtOnce = 200;

    private static readonly TimeSpan CountsFor = TimeSpan.FromMilliseconds(200);

    /// <summary>How many match: exactly, or at least so many when that took too long or there are more than asked for.</summary>
    /// <param name="jobs">Which.</param>
    /// <param name="time">For the time limit.</param>
    /// <param name="ids">Gets the ids, at most as many as one call takes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<(long Matched, bool Exact)> CountAsync(JobSelection jobs, TimeProvider time, List<JobId> ids, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        long matched = 0;
        string? after = null;
        do
        {
            var page = await store.ListJobsAsync(jobs.Filter(), new PageRequest(PageSize, after), cancellationToken).ConfigureAwait(false);
            foreach (var job in page.Items)
            {
                if (!await MeansAsync(jobs, job, cancellationToken).ConfigureAwait(false))
                    continue;
                matched++;
                if (ids.Count < PageSize)
                    ids.Add(job.Id);
            }

            after = page.Next;
        }
        while (after is not null && time.GetElapsedTime(started) < CountsFor);
        return (matched, after is null);
    }

    /// <summary>Acts on the jobs named.</summary>
    public async Task<Tally> ActAsync(JobAction action, IReadOnlyList<JobId> ids, ActionContext context, CancellationToken cancellationToken)
    {
        var tally = new Tally(0, 0, 0);
        foreach (var part in ids.Chunk(AtOnce))
            tally += Tally.Of(await store.ActAsync(action, part, context, cancellationToken).ConfigureAwait(false));
        return tally;
    }

    /// <summary>Acts on one page of a selection.</summary>
    /// <returns>What was done, and the cursor of the next page; null: that was the last.</returns>
    public async Task<(Tally Tally, string? Next)> ActOnPageAsync(
        JobAction action, JobSelection jobs, string? after, ActionContext context, CancellationToken cancellationToken)
    {
        var page = await store.ListJobsAsync(jobs.Filter(), new PageRequest(AtOnce, after), cancellationToken).ConfigureAwait(false);
        var ids = new List<JobId>();
        foreach (var job in page.Items)
        {
            if (await MeansAsync(jobs, job, cancellationToken).ConfigureAwait(false))
                ids.Add(job.Id);
        }

        return (await ActAsync(action, ids, context, cancellationToken).ConfigureAwait(false), page.Next);
    }

    private async ValueTask<bool> MeansAsync(JobSelection jobs, JobRecord job, CancellationToken cancellationToken)
        => jobs.Means(job) && await JobSearch.ShowsAsync(store, mask, job, jobs.Text, cancellationToken).ConfigureAwait(false);
}

/// <summary>What an action on many has done.</summary>
/// <param name="Done">Done at once.</param>
/// <param name="Ordered">Their workers were told.</param>
/// <param name="Skipped">The action did not fit.</param>
internal sealed record Tally(long Done, long Ordered, long Skipped)
{
    public static Tally operator +(Tally left, Tally right) => new(left.Done + right.Done, left.Ordered + right.Ordered, left.Skipped + right.Skipped);

    public static Tally Of(IReadOnlyList<ActionAnswer> answers)
    {
        var done = answers.LongCount(static answer => answer.Status == ActionStatus.Done);
        var ordered = answers.LongCount(static answer => answer.Status == ActionStatus.Ordered);
        return new(done, ordered, answers.Count - done - ordered);
    }
}
