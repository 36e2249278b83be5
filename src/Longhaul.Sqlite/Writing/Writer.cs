using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>
/// The one who writes, in this process, to this file. Whatever waits goes into one transaction (group commit). A caller who finds the writer
/// idle writes on its own thread, which saves two hand-overs between threads; a thread of the writer's takes over when others have queued up meanwhile.
/// </summary>
internal sealed class Writer : IDisposable
{
    // A transaction holds the file's only write lock: other processes' hearts wait for it. About 10 ms of work.
    private const int MaxWeight = 2_000;

    private readonly Lock _gate = new();
    private readonly Queue<WriteOperation> _urgent = [];
    private readonly Queue<WriteOperation> _normal = [];
    private readonly SemaphoreSlim _handedOver = new(0);
    private readonly WriterConnection _connection;
    private readonly Thread _thread;
    private bool _busy;
    private bool _closing;

    public Writer(WriterConnection connection)
    {
        _connection = connection;
        _thread = new Thread(Work) { IsBackground = true, Name = "longhaul-sqlite-writer" };
        _thread.Start();
    }

    /// <summary>Runs a write in a transaction; the task ends when it is committed.</summary>
    public Task<T> RunAsync<T>(Func<Transaction, T> work, CancellationToken cancellationToken, int weight = 1, bool durable = true, string? kind = null)
    {
        var operation = new AwaitedWrite<T>(work, cancellationToken) { Weight = weight, Durable = durable, Kind = kind };
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

    public void Dispose()
    {
        lock (_gate)
            _closing = true;
        _handedOver.Release();
        _thread.Join();
        _connection.Dispose();
        _handedOver.Dispose();
    }

    private void Submit(WriteOperation operation, bool urgent)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(SqliteStore));
            if (_busy)
            {
                (urgent ? _urgent : _normal).Enqueue(operation);
                return;
            }

            _busy = true;
        }

        if (operation.Enter())
            _connection.RunGroup([operation]);
        lock (_gate)
        {
            if (_urgent.Count == 0 && _normal.Count == 0)
            {
                _busy = false;
                return;
            }
        }

        _ = _handedOver.Release();
    }

    private void Work()
    {
        var group = new List<WriteOperation>();
        while (true)
        {
            _handedOver.Wait();
            while (TakeGroup(group))
                _connection.RunGroup(group);
            lock (_gate)
            {
                if (_closing && !_busy)
                    return;
            }
        }
    }

    /// <summary>What goes into the next transaction; nothing: the writer is idle again.</summary>
    private bool TakeGroup(List<WriteOperation> group)
    {
        group.Clear();
        lock (_gate)
        {
            var weight = 0;
            while (weight < MaxWeight && (_urgent.TryDequeue(out var next) || _normal.TryDequeue(out next)))
            {
                if (!next.Enter())
                    continue;
                group.Add(next);
                weight += next.Weight;
            }

            if (group.Count == 0)
                _busy = false;
            return group.Count > 0;
        }
    }
}
