using System.Numerics;
using System.Text.Json;

namespace Longhaul.Jobs;

/// <summary>
/// Where a loop stands: the low cursor, up to which all items are finished, and the finished items above it.
/// Items are numbered from 0 in the order of the source; at most a window of them is between the first unfinished one and the next.
/// </summary>
internal sealed class LoopPosition<TCursor> : ILoopPosition, IProgressSource
{
    // Finished cursors of an earlier run that have not come again after so many items are gone from the source: they are dropped.
    private const long KeepUnseenFor = 4L * LoopOptions.LargestWindow;

    private readonly Lock _gate = new();
    private readonly (TCursor Cursor, bool Finished)[] _ring;
    private readonly int _mask;
    private readonly int _window;
    private readonly HashSet<string> _unseen; // finished in an earlier run above its low cursor, and not met again yet
    private TaskCompletionSource? _room;
    private TCursor? _low;
    private bool _hasLow;
    private long _head; // the first unfinished one
    private long _next;
    private long _done;
    private long _failed;
    private bool _ended;
    private bool _moved;
    private bool _closed;

    public LoopPosition(int window, long? total, SavedLoop<TCursor>? saved)
    {
        _window = window;
        _ring = new (TCursor, bool)[BitOperations.RoundUpToPowerOf2((uint)window)];
        _mask = _ring.Length - 1;
        Total = total;
        _unseen = saved is null ? [] : new HashSet<string>(saved.Above);
        if (saved is not null)
            (_hasLow, _low, _done, _failed, _ended) = (saved.HasLow, saved.Low, saved.Done, saved.Failed, saved.Ended);
    }

    public long? Total { get; }

    double? IProgressSource.Total => Total;

    double IProgressSource.Done => Volatile.Read(ref _done);

    long IProgressSource.Version => Volatile.Read(ref _done);

    public long Done => Volatile.Read(ref _done);

    public long Failed => Volatile.Read(ref _failed);

    public bool HasLow => _hasLow;

    public TCursor? Low => _low;

    public bool Ended => _ended;

    public bool IsClosed => Volatile.Read(ref _closed);

    public bool Moved => Volatile.Read(ref _moved);

    /// <summary>Whether items are left that an earlier run finished above its low cursor.</summary>
    public bool HasUnseen => _unseen.Count > 0;

    /// <summary>Takes the next number for an item; -1: the window is full.</summary>
    public long TryBegin(TCursor cursor)
    {
        lock (_gate)
        {
            if (_next - _head >= _window)
                return -1;
            _ring[_next & _mask] = (cursor, false);
            return _next++;
        }
    }

    /// <summary>Whether an earlier run finished this item: it counted it, too.</summary>
    public bool WasFinished(TCursor cursor)
    {
        var text = CursorJson.Text(cursor);
        lock (_gate)
        {
            if (_next > KeepUnseenFor)
                _unseen.Clear();
            return _unseen.Contains(text);
        }
    }

    /// <summary>Marks an item as finished by an earlier run.</summary>
    public void FinishAgain(long number, TCursor cursor)
    {
        var text = CursorJson.Text(cursor);
        lock (_gate)
        {
            _unseen.Remove(text);
            Advance(number);
        }
    }

    /// <summary>Marks an item as finished: done, or recorded as failed.</summary>
    public void Finish(long number, bool failed)
    {
        lock (_gate)
        {
            _done++;
            if (failed)
                _failed++;
            Advance(number);
        }
    }

    /// <summary>An item that was on record as failed is done.</summary>
    public void Mend()
    {
        lock (_gate)
        {
            _failed = Math.Max(0, _failed - 1);
            _moved = true;
        }
    }

    /// <summary>Something that belongs to the place has changed.</summary>
    public void Touch() => Volatile.Write(ref _moved, true);

    /// <summary>The source has no more, and all is finished.</summary>
    public void End()
    {
        lock (_gate)
        {
            _unseen.Clear();
            _moved |= !_ended;
            _ended = true;
        }
    }

    /// <summary>Completes when there may be room in the window, or the position is closed.</summary>
    public Task RoomAsync()
    {
        lock (_gate)
        {
            if (_closed || _next - _head < _window)
                return Task.CompletedTask;
            return (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Begins no more items, and ends the wait for room.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _room?.TrySetResult();
            _room = null;
        }
    }

    public void Write(Utf8JsonWriter writer, long alsoFinished, bool taken)
    {
        TCursor? low;
        bool hasLow, ended;
        long done, failed;
        var above = new List<TCursor>();
        string[] unseen;
        lock (_gate)
        {
            (hasLow, low, ended) = (_hasLow, _low, _ended);
            (done, failed) = (_done + (alsoFinished >= 0 ? 1 : 0), _failed);
            var number = _head;
            for (; number < _next && IsFinished(number); number++)
                (hasLow, low) = (true, _ring[number & _mask].Cursor);
            for (; number < _next; number++)
            {
                if (IsFinished(number))
                    above.Add(_ring[number & _mask].Cursor);
            }

            unseen = [.. _unseen];
            if (taken)
                _moved = false;
        }

        bool IsFinished(long number) => number == alsoFinished || _ring[number & _mask].Finished;

        writer.WriteStartObject();
        if (hasLow)
        {
            writer.WritePropertyName("low"u8);
            JsonSerializer.Serialize(writer, low, JobJson.Options);
        }

        if (above.Count + unseen.Length > 0)
        {
            writer.WriteStartArray("above"u8);
            foreach (var cursor in above)
                JsonSerializer.Serialize(writer, cursor, JobJson.Options);
            foreach (var cursor in unseen)
                writer.WriteRawValue(cursor, skipInputValidation: true);
            writer.WriteEndArray();
        }

        writer.WriteNumber("count"u8, done);
        if (failed > 0)
            writer.WriteNumber("failed"u8, failed);
        if (ended)
            writer.WriteBoolean("ended"u8, true);
        writer.WriteEndObject();
    }

    private void Advance(long number)
    {
        _moved = true;
        _ring[number & _mask].Finished = true;
        if (number != _head)
            return;
        for (; _head < _next && _ring[_head & _mask] is { Finished: true } slot; _head++)
            _low = slot.Cursor;
        _hasLow = true;
        _room?.TrySetResult();
        _room = null;
    }
}
