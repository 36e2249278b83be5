namespace Longhaul.Postgres;

/// <summary>Wakes those who wait for work: by a signal in this process, by NOTIFY from others.</summary>
internal sealed class WakeHub(Database database) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private long _stamp;

    private sealed record Waiter(IReadOnlyList<string>? Queues, TaskCompletionSource Woken);

    /// <summary>Changes whenever new work may be there.</summary>
    public long Stamp => Interlocked.Read(ref _stamp);

    /// <summary>Work may have become claimable in these queues (null: in any), by a write of this process that is committed.</summary>
    public void Arrived(IReadOnlyCollection<string>? queues)
    {
        lock (_gate)
        {
            _stamp++;
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (queues is not null && _waiters[i].Queues is { } wanted && !wanted.Any(queues.Contains))
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
        lock (_gate)
        {
            if (_stamp != seen)
                return;
            _waiters.Add(waiter);
        }

        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (await Task.WhenAny(waiter.Woken.Task, Task.Delay(atMost, database.Options.Clock ?? TimeProvider.System, over.Token)).ConfigureAwait(false) != waiter.Woken.Task)
                cancellationToken.ThrowIfCancellationRequested();
            await over.CancelAsync().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                _ = _waiters.Remove(waiter);
        }
    }

    public void Dispose()
    {
    }
}
