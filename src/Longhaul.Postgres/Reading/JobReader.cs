using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Reads single jobs, and what hangs on them.</summary>
internal sealed class JobReader(Database database)
{
    private readonly string _byId = $"SELECT {database.Sql["Read.JobColumns"]}, j.payload, b.body FROM {database.Sql["Read.Jobs"]} {database.Sql["Read.JobJoins"]} {database.Sql["Read.JobResult"]} WHERE j.id = $1";

    public Task<JobRecord?> GetAsync(long id, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, cancel) =>
        {
            using var batch = connection.CreateBatch();
            Coverage.Ask(batch, database);
            batch.Add(_byId).With(NpgsqlTypes.NpgsqlDbType.Bigint, id);
            using var row = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var jobs = new JobRows(await Coverage.ReadAsync(row, cancel).ConfigureAwait(false));
            _ = await row.NextResultAsync(cancel).ConfigureAwait(false);
            if (!await row.ReadAsync(cancel).ConfigureAwait(false))
                return null;
            return jobs.Read(row) with { Payload = row.Bytes(JobRows.Columns), Result = Optional(row, JobRows.Columns + 1) };
        },
        cancellationToken);

    public Task<Page<FailureRecord>> FailuresAsync(FailureFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        var after = Paging.After(page) ?? long.MaxValue;
        return database.ReadAsync(
            async (connection, cancel) =>
            {
                var (found, looked, last) = (new List<FailureRecord>(), 0, 0L);
                using var command = connection.Command(database.Sql["Read.Failures"]).With(after).With(page.Limit).With(filter.Owner is not null);
                using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                for (; await rows.ReadAsync(cancel).ConfigureAwait(false); looked++)
                {
                    last = rows.GetInt64(0);
                    var name = rows.GetString(3);
                    if (!rows.IsNull(5) && filter.Matches(rows.GetString(2), name, rows.TextOrNull(4)))
                        found.Add(new(new(last), name, rows.GetString(5), rows.GetString(6), Moments.Moment(rows.GetInt64(1))));
                }

                return new Page<FailureRecord>(found, looked < page.Limit ? null : Paging.Cursor(last));
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<HistoryRecord>> HistoryAsync(long job, CancellationToken cancellationToken)
        => ListAsync("Read.History", job, static row => new HistoryRecord
        {
            At = Moments.Moment(row.GetInt64(0)),
            Kind = (HistoryKind)row.GetInt16(1),
            RunNumber = row.IntOrNull(2),
            Worker = row.TextOrNull(3),
            Duration = row.LongOrNull(4) is { } duration ? Moments.Span(duration) : null,
            Error = row.IsDBNull(5) ? null : new(row.GetString(5), row.GetString(6), row.TextOrNull(7)),
            By = row.TextOrNull(8),
            Reason = row.TextOrNull(9),
        }, cancellationToken);

    public Task<IReadOnlyList<CheckpointInfo>> CheckpointsAsync(long job, CancellationToken cancellationToken)
        => ListAsync("Read.Checkpoints", job, static row => new CheckpointInfo(
            row.GetInt64(0), row.GetInt32(1), row.TextOrNull(2), Moments.Moment(row.GetInt64(3)), row.GetInt32(4)), cancellationToken);

    public Task<ReadOnlyMemory<byte>?> CheckpointAsync(long job, long? id, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, cancel) =>
        {
            using var command = id is { } kept
                ? connection.Command(database.Sql["Read.Checkpoint"]).With(job).With(kept)
                : connection.Command(database.Sql["Read.CurrentCheckpoint"]).With(job);
            using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            return await row.ReadAsync(cancel).ConfigureAwait(false) ? Optional(row, 0) : null;
        },
        cancellationToken);

    private Task<IReadOnlyList<T>> ListAsync<T>(string statement, long job, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, cancel) =>
        {
            var list = new List<T>();
            using var command = connection.Command(database.Sql[statement]).With(job);
            using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                list.Add(read(rows));
            return (IReadOnlyList<T>)list;
        },
        cancellationToken);

    private static ReadOnlyMemory<byte>? Optional(NpgsqlDataReader row, int column)
    {
        if (row.IsNull(column))
            return null; // in one expression with the next line, null would become an empty memory
        return row.Bytes(column);
    }
}
