using System.Runtime.InteropServices;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>
/// The one who writes, in this process, to this file. Whatever waits goes into one transaction (group commit). A caller who finds the writer
/// idle writes on its own thread, which saves two hand-overs between threads; a thread of the writer's takes over when others have queued up meanwhile.
/// </summary>
internal sealed class Writer : IDisposable
{
    // About 10 ms of work: a longer transaction saves nothing.
    private const int MaxWeight = 2_000;

    // Callers who each await their write come back together a moment after their group was answered. Without waiting for them the first one would
    // be written alone, and the others would wait for two syncs in place of one.
    private const int Crowd = 8;
    private static readonly TimeSpan MaxLinger = TimeSpan.FromMilliseconds(1);

    // They come a few microseconds apart, and the first one when a thread has woken: when nobody comes for this long, nobody comes soon.
    private static readonly TimeSpan MaxGap = TimeSpan.FromMicroseconds(100);

    private readonly Lock _gate = new();
    private readonly Queue<WriteOperation> _urgent = [];
    private readonly Queue<WriteOperation> _normal = [];
    private readonly SemaphoreSlim _handedOver = new(0);
    private readonly WriterConnection _connection;
    private readonly Thread _thread;
    private Owner _owner;
    private int _waiting; // as many as in both queues, to be read without the lock
    private bool _hurry; // an urgent one waits, or the end
    private bool _closing;

    public Writer(WriterConnection connection)
    {
        _connection = connection;
        _thread = new Thread(Work) { IsBackground = true, Name = "longhaul-sqlite-writer" };
        _thread.Start();
    }

    /// <summary>Whose turn it is to use the connection.</summary>
    private enum Owner
    {
        Nobody,
        Caller,
        Thread,
    }

    /// <summary>Whether a transaction is under way.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
                return _owner != Owner.Nobody;
        }
    }

    /// <summary>Runs a write in a transaction; the task ends when it is committed.</summary>
    public Task<T> RunAsync<T>(Func<Transaction, T> work, CancellationToken cancellationToken, int weight = 1, bool durable = true, bool grows = false, string? kind = null)
    {
        var operation = new AwaitedWrite<T>(work, cancellationToken) { Weight = weight, Durable = durable, Grows = grows, Kind = kind };
        Submit(operation, urgent: false);
        return operation.Task;
    }

    /// <summary>Runs a write before all others that wait, on a thread that waits for it; the thread pool has no part in it.</summary>
    public T RunUrgently<T>(Func<Transaction, T> work, TimeSpan atMost)
    {
        var operation = new BlockingWrite<T>(work) { Durable = false };
        Submit(operation, urgent: true);
        return operation.TryGet(atMost, out var result)
            ? result
            : throw new StoreBusyException($"The writer of {_connection.Path} must answer within {atMost.TotalSeconds:0.###} s, but is still waiting for the file; whether the last write is kept is unknown, and it may be repeated.");
    }

    /// <summary>Takes nothing more, and returns when all that was taken is written.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            Volatile.Write(ref _hurry, true);
        }

        _ = _handedOver.Release();
        _thread.Join();
        _connection.Dispose();
        _handedOver.Dispose();
    }

    private void Submit(WriteOperation operation, bool urgent)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(SqliteStore));
            if (_owner != Owner.Nobody)
            {
                (urgent ? _urgent : _normal).Enqueue(operation);
                Volatile.Write(ref _waiting, _urgent.Count + _normal.Count);
                if (urgent)
                    Volatile.Write(ref _hurry, true);
                return;
            }

            _owner = Owner.Caller;
        }

        if (operation.Enter())
            _connection.RunGroup([operation]);
        lock (_gate)
        {
            _owner = _urgent.Count + _normal.Count > 0 ? Owner.Thread : Owner.Nobody;
            if (_owner == Owner.Thread || _closing)
                _ = _handedOver.Release();
        }
    }

    private void Work()
    {
        var group = new List<WriteOperation>();
        while (true)
        {
            _handedOver.Wait();
            while (TakeGroup(group))
            {
                _connection.RunGroup(CollectionsMarshal.AsSpan(group));
                if (group.Count >= Crowd)
                    AwaitCrowd(group.Count);
            }

            lock (_gate)
            {
                if (_closing && _owner == Owner.Nobody)
                    return;
            }
        }
    }

    /// <summary>Waits until as many have come as there were, while they keep coming. Without the lock, which they need to come.</summary>
    private void AwaitCrowd(int size)
    {
        var began = StoreClock.Monotonic;
        var (seen, latest) = (0, began);
        while (Volatile.Read(ref _waiting) is var waiting && waiting < size && !Volatile.Read(ref _hurry))
        {
            if (waiting != seen)
                (seen, latest) = (waiting, StoreClock.Monotonic);
            else if (StoreClock.Since(latest) > MaxGap || StoreClock.Since(began) > MaxLinger)
                return;
            _ = Thread.Yield();
        }
    }

    /// <summary>What goes into the next transaction; nothing: it is not the thread's turn any more.</summary>
    private bool TakeGroup(List<WriteOperation> group)
    {
        group.Clear();
        lock (_gate)
        {
            if (_owner != Owner.Thread)
                return false; // woken for the end, while a caller still writes
            var weight = 0;
            while (weight < MaxWeight && (_urgent.TryDequeue(out var next) || _normal.TryDequeue(out next)))
            {
                if (!next.Enter())
                    continue;
                group.Add(next);
                weight += next.Weight;
            }

            Volatile.Write(ref _waiting, _urgent.Count + _normal.Count);
            Volatile.Write(ref _hurry, _urgent.Count > 0 || _closing);
            if (group.Count == 0)
                _owner = Owner.Nobody;
            return group.Count > 0;
        }
    }
}
