using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Reads what runs told: log, traces, item failures.</summary>
internal sealed class RunReader(StoreFile file)
{
    private const int TraceWindow = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    public Page<LogRecord> Logs(LogFilter filter, PageRequest page)
    {
        var after = Paging.After(page) ?? 0;
        return file.Read(db =>
        {
            var conditions = new List<string>();
            if (filter.Job is { } job)
                conditions.Add($"g.job = {job}");
            if (filter.MinLevel > 0)
                conditions.Add(string.Create(CultureInfo.InvariantCulture, $"g.level >= {filter.MinLevel}"));
            if (filter.Queue is not null || filter.Name is not null)
                conditions.Add($"g.lane IN ({string.Join(',', LaneFilter.Of(db, filter.Queue, filter.Name))})");
            var where = conditions.Count == 0 ? "1" : string.Join(" AND ", conditions);
            var select = SqlText.Of("Read.Log");
            var source = filter.Last is { } last
                ? $"SELECT * FROM ({select} WHERE {where} ORDER BY g.seq DESC LIMIT {Math.Max(last, 0)}) WHERE seq > ?1 ORDER BY seq LIMIT ?2"
                : $"{select} WHERE {where} AND g.seq > ?1 ORDER BY g.seq LIMIT ?2";

            var records = new List<LogRecord>();
            using var rows = db.PrepareOnce(source).Set(1, after).Set(2, page.Limit + 1);
            while (rows.Step())
            {
                records.Add(new(rows.Long(0), new(rows.Long(1)), rows.Int(2), rows.Text(3),
                    new(StoreClock.Moment(rows.Long(4)), rows.Int(5), rows.Text(6))));
            }

            return Paging.Of(records, page.Limit, static r => r.Sequence);
        });
    }

    public Page<TraceRow> Traces(TraceFilter filter, PageRequest page)
    {
        var after = Paging.After(page) ?? (filter.NewestFirst ? long.MaxValue : 0);
        if (filter.Job is not null || filter.Subject is not null || filter is { Type: null, Method: null, Success: null })
            return Paging.Of(Traces(filter, after, null, page.Limit + 1), page.Limit, static r => r.Sequence);

        // No index leads to what matches: window by window, and not for long.
        var started = StoreClock.Monotonic;
        var found = new List<TraceRow>();
        while (true)
        {
            var end = file.Read(db => db.Get(filter.NewestFirst ? "Read.TraceWindowBack" : "Read.TraceWindow").Set(1, after).Set(2, TraceWindow - 1).Scalar());
            found.AddRange(Traces(filter, after, end, page.Limit + 1 - found.Count));
            if (end is null || found.Count > page.Limit)
                return Paging.Of(found, page.Limit, static r => r.Sequence);
            after = end.Value;
            if (StoreClock.Since(started) > Patience)
                return new(found, Paging.Cursor(after));
        }
    }

    private List<TraceRow> Traces(TraceFilter filter, long after, long? end, int limit)
    {
        return file.Read(db =>
        {
            var back = filter.NewestFirst;
            var sql = SqlText.Of("Read.Traces") + (back ? " WHERE seq < ?1" : " WHERE seq > ?1")
                + (end is null ? "" : back ? " AND seq >= ?6" : " AND seq <= ?6")
                + (filter.Job is { } job ? $" AND job = {job}" : "")
                + (filter.Subject is null ? "" : " AND subject = ?3")
                + (filter.Type is null ? "" : " AND type = ?4")
                + (filter.Method is null ? "" : " AND method = ?5")
                + (filter.Success is { } success ? success ? " AND success" : " AND NOT success" : "")
                + (back ? " ORDER BY seq DESC LIMIT ?2" : " ORDER BY seq LIMIT ?2");
            var traces = new List<TraceRow>();
            using var rows = db.PrepareOnce(sql).Set(1, after).Set(2, limit).Set(3, filter.Subject).Set(4, filter.Type).Set(5, filter.Method).Set(6, end ?? 0);
            while (rows.Step())
                traces.Add(Trace(rows));
            return traces;
        });
    }

    public Page<ItemFailureRecord> Items(long job, PageRequest page)
    {
        var after = Paging.After(page) ?? 0;
        return file.Read(db =>
        {
            var items = new List<(long Sequence, ItemFailureRecord Item)>();
            var rows = db.Get("Read.Items").Set(1, job).Set(2, after).Set(3, page.Limit + 1);
            while (rows.Step())
            {
                items.Add((rows.Long(0), new()
                {
                    Item = new(rows.Text(1), rows.Text(2)),
                    After = rows.TextOrNull(3),
                    Error = new(rows.Text(4), rows.Text(5), rows.TextOrNull(6)),
                    At = StoreClock.Moment(rows.Long(7)),
                    Label = rows.TextOrNull(8),
                    Tries = rows.Int(9),
                }));
            }

            var read = Paging.Of(items, page.Limit, static i => i.Sequence);
            return new Page<ItemFailureRecord>([.. read.Items.Select(static i => i.Item)], read.Next);
        });
    }

    private static TraceRow Trace(Statement row) => new(row.Long(0), new(row.Long(1)), row.Int(2), new()
    {
        At = StoreClock.Moment(row.Long(3)),
        Type = row.Text(4),
        Subject = row.Text(5),
        Method = row.TextOrNull(6),
        Order = row.Int(7),
        Success = row.Bool(8),
        Reason = row.TextOrNull(9),
        Milliseconds = row.Double(10),
        ResultInfo = row.Bytes(11).ToArray(),
    });
}
