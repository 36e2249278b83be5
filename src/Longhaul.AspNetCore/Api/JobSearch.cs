using Longhaul.AspNetCore.ManyActions;
using Longhaul.Client;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Api;

/// <summary>Searches that the store cannot do alone: for errors of one group, and for text in what people may see.</summary>
internal static class JobSearch
{
    private static readonly TimeSpan LooksFor = TimeSpan.FromMilliseconds(200);

    extension(LonghaulHttp http)
    {
        /// <summary>A page of the jobs that match. It may come out short; its cursor goes on.</summary>
        public async Task<Page<JobRecord>> SearchAsync(JobFilter filter, string? group, PageRequest page, CancellationToken cancellationToken)
        {
            if (group is null && filter.Text is null)
                return await http.Store.ListJobsAsync(filter, page, cancellationToken).ConfigureAwait(false);
            var found = new List<JobRecord>();
            var started = http.Time.GetTimestamp();
            for (var after = page.After; ;)
            {
                var part = await http.Store.ListJobsAsync(filter, new PageRequest(page.Limit - found.Count, after), cancellationToken).ConfigureAwait(false);
                foreach (var job in part.Items)
                {
                    if ((group is null || ErrorGroup.Of(job) == group) && await ShowsAsync(http.Store, http.Instance.Mask, job, filter.Text, cancellationToken).ConfigureAwait(false))
                        found.Add(job);
                }

                if ((after = part.Next) is null)
                    return new Page<JobRecord>(found, null);
                if (found.Count == page.Limit)
                    return new Page<JobRecord>(found, after);
                // A few more would each cost a look of their own; and a store that gave up has looked for as long as one may.
                if (part.SearchedTo is not null || found.Count * 2 >= page.Limit || http.Time.GetElapsedTime(started) >= LooksFor)
                    return new Page<JobRecord>(found, after) { SearchedTo = part.SearchedTo ?? part.Items[^1].Id };
            }
        }
    }

    /// <summary>
    /// Whether the text that the store has found stands in what people may see. The store searches payloads as they are: what it finds in a secret
    /// alone is no find, or secrets could be guessed letter by letter.
    /// </summary>
    /// <param name="store">Gives the payload.</param>
    /// <param name="mask">Hides secrets.</param>
    /// <param name="job">A find, from a list.</param>
    /// <param name="text">What was searched for; null: nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async ValueTask<bool> ShowsAsync(IJobStore store, PayloadMask mask, JobRecord job, string? text, CancellationToken cancellationToken)
    {
        if (text is null || Has(job.Description) || Has(job.Error?.Message) || Has(job.Error?.Type) || Has(job.Error?.Detail))
            return true;
        if (await store.GetJobAsync(job.Id, cancellationToken).ConfigureAwait(false) is not { } whole)
            return false; // gone meanwhile
        return Has(whole.Error?.Detail) || Has(System.Text.Encoding.UTF8.GetString(mask.Mask(whole.Name, whole.Payload.Span)));

        bool Has(string? shown) => shown?.Contains(text, StringComparison.OrdinalIgnoreCase) == true;
    }
}
