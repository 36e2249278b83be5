using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    /// <inheritdoc/>
    public Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var after = Cursor.Read('l', page);
        lock (_gate)
        {
            bool IsWanted(Told<LogRecord> told) => Matches(filter, told);
            var begin = after ?? (filter.Last is { } last ? BeforeLast(filter, last, IsWanted) : 0);
            var rows = filter.Job is { } job
                ? _jobs.Find(job.Value)?.More?.Lines?.Where(told => told.Sequence > begin) ?? []
                : _lines.After(begin);
            return Task.FromResult(Cursor.Page('l', page, rows, IsWanted, static told => told.Row, static told => told.Sequence));
        }
    }

    /// <inheritdoc/>
    public Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var after = Cursor.Read('t', page);
        lock (_gate)
        {
            var all = filter.Job is { } job ? _jobs.Find(job.Value)?.More?.Traces ?? [] : null;
            var rows = filter.NewestFirst
                ? (all?.AsEnumerable().Reverse() ?? _traces.Backwards()).SkipWhile(told => told.Sequence >= after)
                : all?.Where(told => told.Sequence > (after ?? 0)) ?? _traces.After(after ?? 0);
            return Task.FromResult(Cursor.Page('t', page, rows, told => Matches(filter, told.Row.Trace), static told => told.Row, static told => told.Sequence));
        }
    }

    /// <inheritdoc/>
    public Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken)
    {
        var after = Cursor.Read('i', page) ?? 0;
        lock (_gate)
        {
            var rows = _jobs.Find(job.Value)?.More?.Items?.Values.Where(item => item.Sequence > after) ?? [];
            return Task.FromResult(Cursor.Page('i', page, rows, static _ => true, static item => item.Failure, static item => item.Sequence));
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<CheckpointInfo>>(_jobs.Find(job.Value)?.More?.Kept is { } kept
                ? [.. kept.Select(static each => each.Info).Reverse()]
                : []);
        }
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var more = _jobs.Find(job.Value)?.More;
            return Task.FromResult(Bytes(checkpointId is { } id ? more?.Kept?.Find(each => each.Info.Id == id)?.Body : more?.Checkpoint));
        }
    }

    private long BeforeLast(LogFilter filter, int last, Func<Told<LogRecord>, bool> isWanted)
    {
        var rows = filter.Job is { } job ? _jobs.Find(job.Value)?.More?.Lines?.Reverse() ?? [] : _lines.Backwards();
        return rows.Where(isWanted).Take(last).LastOrDefault() is { } first ? first.Sequence - 1 : long.MaxValue;
    }

    private static bool Matches(LogFilter filter, Told<LogRecord> told)
        => told.Row.Line.Level >= filter.MinLevel
        && (filter.Name is null || StorageText.Matches(told.Row.Name, filter.Name))
        && (filter.Queue is null || StorageText.Matches(told.Job.Queue.Name, filter.Queue));

    private static bool Matches(TraceFilter filter, TraceRecord trace)
        => (filter.Subject is null || trace.Subject == filter.Subject)
        && (filter.Type is null || trace.Type == filter.Type)
        && (filter.Method is null || trace.Method == filter.Method)
        && (filter.Success is not { } success || trace.Success == success);

    /// <summary>Where a page ended: the list's letter and the key of the last row that was looked at.</summary>
    private static class Cursor
    {
        public static long? Read(char list, PageRequest page)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(page.Limit, 1, nameof(page));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(page.Limit, 1_000, nameof(page));
            if (page.After is not { } after)
                return null;
            return after.Length > 1 && after[0] == list && JobId.TryParse(after.AsSpan(1), null, out var key)
                ? key.Value
                : throw new ArgumentException("A cursor must come from an earlier page of the same list, but this one does not. Begin again without one.", nameof(page));
        }

        public static Page<TOut> Page<TIn, TOut>(char list, PageRequest page, IEnumerable<TIn> rows, Func<TIn, bool> isWanted, Func<TIn, TOut> show, Func<TIn, long> keyOf)
        {
            var (items, lookedAt, lastKey) = (new List<TOut>(), 0, 0L);
            foreach (var row in rows)
            {
                if (items.Count == page.Limit || lookedAt++ == RowsLookedAt)
                    return new Page<TOut>(items, $"{list}{lastKey}") { SearchedTo = list == 'j' && items.Count < page.Limit ? new JobId(lastKey) : null };
                lastKey = keyOf(row);
                if (isWanted(row))
                    items.Add(show(row));
            }

            return new Page<TOut>(items, null);
        }
    }
}
