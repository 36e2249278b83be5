using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Lists jobs by filter.</summary>
internal sealed class JobLister(Database database)
{
    public async Task<Page<JobRecord>> ListAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        Coverage? coverage = null;
        var (isPending, hasStretches) = (JobDriver.IsPending(filter), JobDriver.HasStretches(filter));
        var isInFewRanges = (isPending || hasStretches) && await IsPendingInFewRangesAsync(cancellationToken).ConfigureAwait(false);
        var stretches = hasStretches && !isPending && isInFewRanges ? await PendingStretches.ReadAsync(database, filter, cancellationToken).ConfigureAwait(false) : PendingStretches.None;
        var query = new JobQuery(database.Sql, filter, isPending && isInFewRanges);
        var (found, searchedTo) = await Search.RunAsync<JobRecord>(page, query.IsIndexed, WindowAsync, static job => job.Id.Value).ConfigureAwait(false);
        return found with { SearchedTo = searchedTo is { } last ? new JobId(last) : null };

        Task<long?> WindowAsync(long? after, int rows, int limit, List<JobRecord> found) => database.ReadAsync(
            async (connection, cancel) =>
            {
                using var batch = connection.CreateBatch();
                if (coverage is null)
                    Coverage.Ask(batch, database);
                var from = stretches.Past(after);
                var stretch = stretches.Next(from, rows);
                query.AddTo(batch, from, stretch?.Begins, rows, limit, coverage?.Now ?? database.Now);
                using var reader = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                if (coverage is null)
                {
                    coverage = await Coverage.ReadAsync(reader, cancel).ConfigureAwait(false);
                    _ = await reader.NextResultAsync(cancel).ConfigureAwait(false);
                }

                var last = await ReadAsync(reader, new JobRows(coverage), filter, found, cancel).ConfigureAwait(false);
                return last ?? stretch?.Ends;
            },
            cancellationToken);
    }

    private Task<bool> IsPendingInFewRangesAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, cancel) =>
        {
            using var command = connection.Command(database.Sql["Read.PendingIsInFewRanges"]);
            return (bool)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        },
        cancellationToken);

    /// <summary>Adds what matches. The last id of a full window; null: nothing lies beyond.</summary>
    private static async Task<long?> ReadAsync(NpgsqlDataReader reader, JobRows jobs, JobFilter filter, List<JobRecord> found, CancellationToken cancellationToken)
    {
        long? last = null;
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            last = reader.LongOrNull(JobRows.Columns);
            if (reader.IsNull(0))
                continue; // a window in which nothing matches
            var job = jobs.Read(reader);
            if (filter.Derived is null || job.Derived == filter.Derived)
                found.Add(job);
        }

        return last;
    }
}
