using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Queues, workers, and jobs without a worker.</summary>
internal sealed class Overview(Database database)
{
    public async Task<IReadOnlyList<QueueInfo>> QueuesAsync(CancellationToken cancellationToken)
    {
        var queues = await ListAsync("Read.Queues", Queue, cancellationToken).ConfigureAwait(false);
        return [.. queues
            .Where(static q => q.Paused || q.Due + q.Scheduled + q.Waiting + q.Running + q.PausedJobs + q.Completed + q.Failed + q.Cancelled > 0)
            .OrderBy(static q => QueueRank.Of(q.Name)).ThenBy(static q => q.Name, StringComparer.Ordinal)];
    }

    public async Task<IReadOnlyList<WorkerInfo>> WorkersAsync(CancellationToken cancellationToken)
        => await ListAsync("Read.Workers", Worker, cancellationToken).ConfigureAwait(false);

    public async Task<IReadOnlyList<UnhandledName>> UnhandledAsync(CancellationToken cancellationToken)
        => await ListAsync("Read.Unhandled", static row => new UnhandledName(row.GetString(0), row.GetString(1), row.GetInt64(2), Moments.Moment(row.GetInt64(3))), cancellationToken).ConfigureAwait(false);

    private static QueueInfo Queue(NpgsqlDataReader row)
    {
        var (pending, scheduled) = (row.GetInt64(3), row.GetInt64(9));
        return new()
        {
            Name = row.GetString(0),
            Paused = row.GetBoolean(1),
            Waiting = row.GetInt64(2),
            Due = pending - scheduled,
            Scheduled = scheduled,
            Running = row.GetInt64(4),
            PausedJobs = row.GetInt64(5),
            Completed = row.GetInt64(6),
            Failed = row.GetInt64(7),
            Cancelled = row.GetInt64(8),
            OldestDue = Moments.Moment(row.LongOrNull(10)),
        };
    }

    private static WorkerInfo Worker(NpgsqlDataReader row)
    {
        var record = new WorkerRecord
        {
            Session = new(row.GetInt64(0)),
            Name = row.GetString(2),
            HostName = row.GetString(3),
            Host = new(row.TextOrNull(4), row.TextOrNull(5), row.TextOrNull(6)),
            ProcessId = row.GetInt32(7),
            ProcessStart = row.TextOrNull(8),
            Queues = row.TextsOrNull(9),
            Names = row.TextsOrNull(10)!,
            Concurrency = row.GetInt32(11),
            Version = row.TextOrNull(12),
            Group = row.LongOrNull(13),
            Lease = Moments.Span(row.GetInt64(16)),
        };
        var renewed = Moments.Moment(row.GetInt64(15));
        return new(record, (WorkerState)row.GetInt16(1), Moments.Moment(row.GetInt64(14)), renewed, renewed + record.Lease, (int)row.GetInt64(17));
    }

    private Task<List<T>> ListAsync<T>(string statement, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, cancel) =>
        {
            var list = new List<T>();
            using var command = connection.Command(database.Sql[statement]).With(database.Now);
            using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                list.Add(read(rows));
            return list;
        },
        cancellationToken);
}
