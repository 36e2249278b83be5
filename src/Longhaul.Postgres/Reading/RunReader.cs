using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Reads what runs told: log, traces, item failures.</summary>
internal sealed class RunReader(Database database)
{
    /// <summary>How far back the last lines that match a filter are looked for, where no index finds them.</summary>
    private const int LookedBack = 50_000;

    public async Task<Page<LogRecord>> LogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        var (sql, isIndexed) = (database.Sql, filter is { Queue: null, Name: null, MinLevel: <= 0 });
        return filter.Last is { } last ? await LastLogsAsync(filter, Math.Max(last, 0), page, cancellationToken).ConfigureAwait(false)
            : (await Search.RunAsync<LogRecord>(page, isIndexed, WindowAsync, static log => log.Sequence).ConfigureAwait(false)).Page;

        Task<long?> WindowAsync(long? after, int rows, int limit, List<LogRecord> found)
        {
            var parameters = new Parameters();
            var job = filter.Job is { } id ? $"AND g.job = {parameters.Add(id.Value)}" : "";
            var seen = $"SELECT g.* FROM {sql["Read.Logs"]} WHERE g.seq > {parameters.Add(after ?? 0)} {job} ORDER BY g.seq";
            return ReadAsync(parameters, seen, rows, sql["Read.LogColumns"], sql["Read.LogJoins"], LogConditions(filter, parameters), limit, 7, Log, found, cancellationToken);
        }
    }

    public async Task<Page<TraceRow>> TracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        var (sql, isIndexed) = (database.Sql, filter is { Type: null, Method: null, Success: null } && (filter.Job is null || filter.Subject is null));
        return (await Search.RunAsync<TraceRow>(page, isIndexed, WindowAsync, static trace => trace.Sequence).ConfigureAwait(false)).Page;

        Task<long?> WindowAsync(long? after, int rows, int limit, List<TraceRow> found)
        {
            var parameters = new Parameters();
            // One index a window: a job's traces, else a subject's, else all.
            var narrow = filter switch
            {
                { Job: { } job } => $"AND g.job = {parameters.Add(job.Value)}",
                { Subject: { } subject } => Subject(parameters.Add(subject)),
                _ => "",
            };
            var beyond = filter.NewestFirst ? $"g.seq < {parameters.Add(after ?? long.MaxValue)}" : $"g.seq > {parameters.Add(after ?? 0)}";
            var seen = $"SELECT g.* FROM {sql["Read.Traces"]} WHERE {beyond} {narrow} ORDER BY g.seq {(filter.NewestFirst ? "DESC" : "")}";
            return ReadAsync(parameters, seen, rows, sql["Read.TraceColumns"], "", TraceConditions(filter, parameters), limit, 12, Trace, found, cancellationToken, filter.NewestFirst);
        }

        static string Subject(string subject) => $"AND hashtextextended(g.subject, 0) = hashtextextended({subject} COLLATE \"C\", 0) AND g.subject = {subject}";
    }

    public Task<Page<ItemFailureRecord>> ItemsAsync(long job, PageRequest page, CancellationToken cancellationToken)
    {
        var after = Paging.After(page) ?? 0;
        return database.ReadAsync(
            async (connection, cancel) =>
            {
                var items = new List<(long Sequence, ItemFailureRecord Item)>();
                using var command = connection.Command(database.Sql["Read.Items"]).With(job).With(after).With(page.Limit + 1);
                using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                    items.Add((rows.GetInt64(0), Item(rows)));
                var read = Paging.Of(items, page.Limit, static item => item.Sequence);
                return new Page<ItemFailureRecord>([.. read.Items.Select(static item => item.Item)], read.Next);
            },
            cancellationToken);
    }

    private async Task<Page<LogRecord>> LastLogsAsync(LogFilter filter, int last, PageRequest page, CancellationToken cancellationToken)
    {
        var after = Paging.After(page) ?? 0;
        var parameters = new Parameters();
        var job = filter.Job is { } id ? $"WHERE g.job = {parameters.Add(id.Value)}" : "";
        var newest = $"SELECT g.* FROM {database.Sql["Read.Logs"]} {job} ORDER BY g.seq DESC LIMIT {LookedBack}";
        var matching = $"SELECT g.* FROM ({newest}) g WHERE {LogConditions(filter, parameters)} ORDER BY g.seq DESC LIMIT {parameters.Add(last)}";
        var found = new List<LogRecord>();
        _ = await ReadAsync(parameters, $"SELECT g.* FROM ({matching}) g WHERE g.seq > {parameters.Add(after)} ORDER BY g.seq", page.Limit + 1,
            database.Sql["Read.LogColumns"], database.Sql["Read.LogJoins"], "true", page.Limit + 1, 7, Log, found, cancellationToken).ConfigureAwait(false);
        return Paging.Of(found, page.Limit, static log => log.Sequence);
    }

    /// <summary>Adds those of a window's rows that match. The last number of a full window; null: nothing lies beyond.</summary>
    private async Task<long?> ReadAsync<T>(Parameters parameters, string seen, int rows, string columns, string joins, string conditions, int limit, int lastColumn,
        Func<NpgsqlDataReader, T> read, List<T> found, CancellationToken cancellationToken, bool newestFirst = false)
    {
        var (window, end, order) = (parameters.Add(rows), newestFirst ? "min" : "max", newestFirst ? "DESC" : "");
        var text = $"""
            WITH seen AS MATERIALIZED ({seen} LIMIT {window})
            SELECT x.*, looked.last
            FROM (SELECT CASE WHEN count(*) = {window} THEN {end}(seq) END AS last FROM seen) looked
            LEFT JOIN (SELECT {columns} FROM seen g {joins} WHERE {conditions} ORDER BY g.seq {order} LIMIT {parameters.Add(limit)}) x ON true
            ORDER BY x.seq {order}
            """;
        var (matches, beyond) = await database.ReadAsync(
            async (connection, cancel) =>
            {
                using var batch = connection.CreateBatch();
                _ = parameters.AddTo(batch, text);
                using var reader = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
                var (items, last) = (new List<T>(), (long?)null);
                while (await reader.ReadAsync(cancel).ConfigureAwait(false))
                {
                    last = reader.LongOrNull(lastColumn);
                    if (!reader.IsNull(0)) // a window in which nothing matches
                        items.Add(read(reader));
                }

                return (items, last);
            },
            cancellationToken).ConfigureAwait(false);
        found.AddRange(matches); // not before: a read that was cut off is repeated
        return beyond;
    }

    private string LogConditions(LogFilter filter, Parameters parameters)
    {
        var conditions = new List<string> { "true" };
        if (filter.MinLevel > 0)
            conditions.Add($"g.level >= {parameters.Add(filter.MinLevel)}");
        if (LaneFilter.Of(database.Sql, parameters, filter.Queue, filter.Name) is { } lanes)
            conditions.Add($"g.lane = ANY (ARRAY({lanes}))");
        return string.Join(" AND ", conditions);
    }

    private static string TraceConditions(TraceFilter filter, Parameters parameters)
    {
        var conditions = new List<string> { "true" };
        if (filter.Subject is { } subject)
            conditions.Add($"g.subject = {parameters.Add(subject)}");
        if (filter.Type is { } type)
            conditions.Add($"g.type = {parameters.Add(type)}");
        if (filter.Method is { } method)
            conditions.Add($"g.method = {parameters.Add(method)}");
        if (filter.Success is { } success)
            conditions.Add(success ? "g.success" : "NOT g.success");
        return string.Join(" AND ", conditions);
    }

    private static LogRecord Log(NpgsqlDataReader row) => new(row.GetInt64(0), new(row.GetInt64(1)), row.GetInt32(2), row.GetString(3),
        new(Moments.Moment(row.GetInt64(4)), row.GetInt16(5), row.GetString(6)));

    private static TraceRow Trace(NpgsqlDataReader row) => new(row.GetInt64(0), new(row.GetInt64(1)), row.GetInt32(2), new()
    {
        At = Moments.Moment(row.GetInt64(3)),
        Type = row.GetString(4),
        Subject = row.GetString(5),
        Method = row.TextOrNull(6),
        Order = row.GetInt32(7),
        Success = row.GetBoolean(8),
        Reason = row.TextOrNull(9),
        Milliseconds = row.GetDouble(10),
        ResultInfo = row.BytesOrNull(11),
    });

    private static ItemFailureRecord Item(NpgsqlDataReader row) => new()
    {
        Item = new(row.GetString(1), row.GetString(2)),
        After = row.TextOrNull(3),
        Error = new(row.GetString(4), row.GetString(5), row.TextOrNull(6)),
        At = Moments.Moment(row.GetInt64(7)),
        Label = row.TextOrNull(8),
        Tries = row.GetInt32(9),
    };
}
