namespace Longhaul.Sqlite;

/// <summary>Wakes those who wait for work: by a signal in this process, by a watch on the WAL from others.</summary>
internal sealed class WakeHub : IDisposable
{
    private readonly StoreClock _clock;
    private readonly ArrivalsWatch _others;
    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private long _stamp;

    public WakeHub(StoreFile file, StoreClock clock)
    {
        _clock = clock;
        _others = new(file, Arrived, HasWaiters);
    }

    private sealed record Waiter(IReadOnlyList<string>? Queues, TaskCompletionSource Woken);

    /// <summary>Changes whenever new work may be there; asks the file when another process may have written.</summary>
    public long Stamp
    {
        get
        {
            _others.Refresh();
            return Interlocked.Read(ref _stamp);
        }
    }

    /// <summary>Work may have become claimable in these queues.</summary>
    public void Arrived(IReadOnlyList<string> queues)
    {
        lock (_gate)
        {
            _stamp++;
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Queues is { } wanted && !wanted.Any(queues.Contains))
                    continue;
                _waiters[i].Woken.SetResult();
                _waiters.RemoveAt(i);
            }
        }
    }

    public async Task WaitAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter(queues, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _others.Start();
        lock (_gate)
        {
            if (_stamp != seen)
                return;
            _waiters.Add(waiter);
        }

        _others.Refresh(); // what others committed between the caller's look and this line
        _others.Schedule();
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (await Task.WhenAny(waiter.Woken.Task, Task.Delay(atMost, _clock.Provider, over.Token)).ConfigureAwait(false) != waiter.Woken.Task)
                cancellationToken.ThrowIfCancellationRequested();
            await over.CancelAsync().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                _ = _waiters.Remove(waiter);
        }
    }

    public void Dispose() => _others.Dispose();

    private bool HasWaiters()
    {
        lock (_gate)
            return _waiters.Count > 0;
    }
}
