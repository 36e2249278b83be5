using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>
/// What a run has to tell and has not been written yet: log lines, traces, failed items, children, result.
/// What belongs to an item of a loop (its failure, its children) leaves only together with the loop's place.
/// </summary>
internal sealed class RunBuffers
{
    /// <summary>From here on, a loop flushes before its next item.</summary>
    public const int Plenty = 1_000;

    /// <summary>From here on, whoever enqueues another job flushes. More than for a loop: the caller may hold a transaction on the store, and a flush would wait for that.</summary>
    public const int TooMany = 10_000;

    private readonly Lock _gate = new();
    private LinkedList<LogLine> _logs = new();
    private LinkedList<TraceRecord> _traces = new();
    private LinkedList<NewJob> _children = new();
    private LinkedList<NewJob> _itemChildren = new();
    private readonly HashSet<JobId> _onTheWay = []; // children of items in updates that are neither written nor put back
    private readonly Dictionary<ItemKey, ItemFailureRecord?> _items = []; // null: mended
    private ReadOnlyMemory<byte>? _result;
    private long _droppedLogs;
    private long _droppedTraces;
    private bool _headway;
    private volatile bool _any;

    /// <summary>Whether as many children or failed items wait to be written.</summary>
    public bool Holds(int count) => _any && HoldsUnderLock(count);

    public void Add(LogLine line)
    {
        lock (_gate)
        {
            _logs.AddLast(line);
            _any = true;
            TrimLogs();
        }
    }

    public void Add(TraceRecord trace)
    {
        lock (_gate)
        {
            _traces.AddLast(trace);
            _any = true;
            TrimTraces();
        }
    }

    public void Add(NewJob child)
    {
        lock (_gate)
        {
            _children.AddLast(child);
            _any = true;
        }
    }

    /// <summary>Adds jobs that are written with the loop's place.</summary>
    public void AddOfItem(IReadOnlyList<NewJob> children)
    {
        if (children.Count == 0)
            return;
        lock (_gate)
        {
            foreach (var child in children)
                _itemChildren.AddLast(child);
            _any = true;
        }
    }

    public void Add(ItemFailureRecord failure) => SetItem(failure.Item, failure);

    public void AddMended(ItemKey item) => SetItem(item, null);

    public void SetResult(ReadOnlyMemory<byte> result)
    {
        lock (_gate)
        {
            _result = result;
            _any = true;
        }
    }

    public void NoteHeadway()
    {
        lock (_gate)
            _any = _headway = true;
    }

    /// <summary>Removes jobs that are known to be written.</summary>
    public void Forget(IReadOnlyList<NewJob> children)
    {
        lock (_gate)
        {
            foreach (var child in children)
                _ = _children.Remove(child) || _itemChildren.Remove(child);
        }
    }

    /// <summary>Takes what is there, up to about so many bytes; null: nothing.</summary>
    /// <param name="bytes">What belongs to items is taken in full.</param>
    /// <param name="withItems">Whether the loops' places are written with it.</param>
    public Content? Take(long bytes, bool withItems)
    {
        if (!_any)
            return null;
        lock (_gate)
        {
            ReportDropped();
            bytes -= _result?.Length ?? 0;
            var items = withItems ? DescribeItems() : new Content();
            var itemChildren = withItems ? _itemChildren : new LinkedList<NewJob>();
            var content = items with
            {
                Headway = _headway,
                Result = _result,
                Children = [.. itemChildren, .. TakeFrom(_children, ref bytes, static c => 200 + c.Payload.Length)],
                Traces = TakeFrom(_traces, ref bytes, static t => 100 + (t.Subject.Length * 2) + t.ResultInfo.Length),
                Logs = TakeFrom(_logs, ref bytes, static l => 40 + (l.Text.Length * 2)),
            };
            (_headway, _result) = (false, null);
            if (withItems)
            {
                _items.Clear();
                _onTheWay.UnionWith(_itemChildren.Select(static c => c.Id));
                _itemChildren = new LinkedList<NewJob>();
            }

            _any = _children.Count + _traces.Count + _logs.Count + _items.Count + _itemChildren.Count > 0;
            return content.IsEmpty ? null : content;
        }
    }

    /// <summary>What must not be written later than a cursor that is saved now. It stays in the buffers.</summary>
    public Content Peek()
    {
        lock (_gate)
            return DescribeItems() with { Result = _result, Children = [.. _itemChildren, .. _children] };
    }

    public void Written(RunUpdate update)
    {
        if (update.Children.Count == 0)
            return;
        lock (_gate)
            _onTheWay.ExceptWith(update.Children.Select(static c => c.Id));
    }

    /// <summary>Gives back what was not written: newer values win, lists keep their order.</summary>
    public void PutBack(RunUpdate update)
    {
        lock (_gate)
        {
            _logs = new LinkedList<LogLine>(update.Logs.Concat(_logs));
            _traces = new LinkedList<TraceRecord>(update.Traces.Concat(_traces));
            _itemChildren = new LinkedList<NewJob>(update.Children.Where(c => _onTheWay.Contains(c.Id)).Concat(_itemChildren));
            _children = new LinkedList<NewJob>(update.Children.Where(c => !_onTheWay.Remove(c.Id)).Concat(_children));
            foreach (var failure in update.ItemFailures)
                _items.TryAdd(failure.Item, failure);
            foreach (var item in update.MendedItems)
                _items.TryAdd(item, null);
            _result ??= update.Result;
            _headway |= update.Headway;
            _any = true;
            TrimLogs();
            TrimTraces();
        }
    }

    private Content DescribeItems() => new()
    {
        Failures = [.. _items.Values.OfType<ItemFailureRecord>()],
        Mended = [.. _items.Where(static i => i.Value is null).Select(static i => i.Key)],
    };

    private bool HoldsUnderLock(int count)
    {
        lock (_gate)
            return _children.Count + _itemChildren.Count >= count || _items.Count >= count;
    }

    private static List<T> TakeFrom<T>(LinkedList<T> list, ref long bytes, Func<T, int> size)
    {
        var taken = new List<T>();
        while (list.First is { } first && (bytes > 0 || taken.Count == 0))
        {
            bytes -= size(first.Value);
            taken.Add(first.Value);
            list.RemoveFirst();
        }

        return taken;
    }

    private void SetItem(ItemKey item, ItemFailureRecord? failure)
    {
        lock (_gate)
        {
            _items[item] = failure;
            _any = true;
        }
    }

    private void TrimLogs()
    {
        for (; _logs.Count > JobLimits.LogLinesPerJob; _droppedLogs++)
            _logs.RemoveFirst();
    }

    private void TrimTraces()
    {
        for (; _traces.Count > JobLimits.LogLinesPerJob; _droppedTraces++)
            _traces.RemoveFirst();
    }

    private void ReportDropped()
    {
        if (_droppedLogs + _droppedTraces == 0)
            return;
        var at = _logs.First?.Value.At ?? _traces.First?.Value.At ?? default;
        const int Warning = 3;
        if (_droppedTraces > 0)
            _logs.AddFirst(new LogLine(at, Warning, Dropped(_droppedTraces, "traces")));
        if (_droppedLogs > 0)
            _logs.AddFirst(new LogLine(at, Warning, Dropped(_droppedLogs, "log lines")));
        _droppedLogs = _droppedTraces = 0;
    }

    private static string Dropped(long count, string what)
        => string.Create(CultureInfo.InvariantCulture, $"{count} {what} before this one were dropped: more than {JobLimits.LogLinesPerJob} came between two flushes.");

    /// <summary>What was taken.</summary>
    internal sealed record Content
    {
        public IReadOnlyList<LogLine> Logs { get; init; } = [];

        public IReadOnlyList<TraceRecord> Traces { get; init; } = [];

        public IReadOnlyList<NewJob> Children { get; init; } = [];

        public IReadOnlyList<ItemFailureRecord> Failures { get; init; } = [];

        public IReadOnlyList<ItemKey> Mended { get; init; } = [];

        public ReadOnlyMemory<byte>? Result { get; init; }

        public bool Headway { get; init; }

        public bool IsEmpty => !Headway && Result is null && Logs.Count + Traces.Count + Children.Count + Failures.Count + Mended.Count == 0;
    }
}
