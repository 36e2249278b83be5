using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Lists jobs by filter.</summary>
internal sealed class JobLister(Database database)
{
    public async Task<Page<JobRecord>> ListAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        Coverage? coverage = null;
        PendingStretches? stretches = null;
        var isFirst = true;
        var isInFewRanges = JobDriver.IsPending(filter) && await IsPendingInFewRangesAsync(cancellationToken).ConfigureAwait(false);
        var query = new JobQuery(database.Sql, filter, isInFewRanges);
        var (found, searchedTo) = await Search.RunAsync<JobRecord>(page, query.IsIndexed, WindowAsync, static job => job.Id.Value).ConfigureAwait(false);
        return found with { SearchedTo = searchedTo is { } last ? new JobId(last) : null };

        async Task<long?> WindowAsync(long? after, int rows, int limit, List<JobRecord> found)
        {
            if (!isFirst) // most pages are full by then
                stretches ??= await StretchesAsync(filter, cancellationToken).ConfigureAwait(false);
            isFirst = false;
            var from = stretches?.Past(after) ?? after;
            var stretch = stretches?.Next(from, rows);
            var (matches, last) = await database.ReadAsync(ReadWindowAsync, cancellationToken).ConfigureAwait(false);
            found.AddRange(matches); // not before: a read that was cut off is repeated
            return last ?? stretch?.Ends;

            async Task<(List<JobRecord> Matches, long? Last)> ReadWindowAsync(NpgsqlConnection connection, CancellationToken cancel)
            {
                using var batch = connection.CreateBatch();
                if (database.Listens) // else a pooler may stand between, and every statement is planned by itself
                    _ = batch.Add(database.Sql["Read.PlanOnce"]);
                if (coverage is null)
                    Coverage.Ask(batch, database);
                query.AddTo(batch, from, stretch?.Begins, rows, limit, coverage?.Now ?? database.Now);
                using var reader = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                if (database.Listens)
                    _ = await reader.NextResultAsync(cancel).ConfigureAwait(false);
                if (coverage is null)
                {
                    coverage = await Coverage.ReadAsync(reader, cancel).ConfigureAwait(false);
                    _ = await reader.NextResultAsync(cancel).ConfigureAwait(false);
                }

                return await ReadAsync(reader, new JobRows(coverage), filter, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task<PendingStretches> StretchesAsync(JobFilter filter, CancellationToken cancellationToken)
        => JobDriver.HasStretches(filter) && await IsPendingInFewRangesAsync(cancellationToken).ConfigureAwait(false)
            ? await PendingStretches.ReadAsync(database, filter, cancellationToken).ConfigureAwait(false) : PendingStretches.None;

    private Task<bool> IsPendingInFewRangesAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, cancel) =>
        {
            using var command = connection.Command(database.Sql["Read.PendingIsInFewRanges"]);
            return (bool)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        },
        cancellationToken);

    /// <summary>What matches, and the last id of a full window; null: nothing lies beyond.</summary>
    private static async Task<(List<JobRecord> Matches, long? Last)> ReadAsync(NpgsqlDataReader reader, JobRows jobs, JobFilter filter, CancellationToken cancellationToken)
    {
        var (matches, last) = (new List<JobRecord>(), (long?)null);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            last = reader.LongOrNull(JobRows.Columns);
            if (reader.IsNull(0))
                continue; // a window in which nothing matches
            var job = jobs.Read(reader);
            if (filter.Derived is null || job.Derived == filter.Derived)
                matches.Add(job);
        }

        return (matches, last);
    }
}
