using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Wakes those who wait for work: by a signal in this process, by NOTIFY from others. And tells others, when this process wrote.</summary>
/// <remarks>
/// Others notify only when they see the waiting flag, a lock of the listener's connection. It must be up before the last look for work: who begins
/// to wait while it is down has it raised, and then looks again. It stays up for a while when nobody waits any more, so that a worker with
/// little to do does not raise and lower it for each job.
/// </remarks>
internal sealed class WakeHub : IAsyncDisposable
{
    /// <summary>How long the flag stays up when nobody waits.</summary>
    private static readonly TimeSpan FlagStays = TimeSpan.FromSeconds(1);

    private readonly Database _database;
    private readonly Listener _listener;
    private readonly Notifier _notifier;
    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiters = [];
    private readonly ITimer _lower;
    private readonly CancellationTokenSource _closing = new();
    private Task _looking = Task.CompletedTask;
    private long _stamp;
    private bool _hasWaited;

    public WakeHub(Database database)
    {
        _database = database;
        _notifier = new(database);
        _listener = new(database, queue => Wake(queue.Length == 0 ? null : [queue]), FlagRaised);
        _lower = TimeProvider.System.CreateTimer(_ => LowerFlag(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private Listener? Listener => _database.Listens ? _listener : null;

    private sealed record Waiter(IReadOnlyList<string>? Queues, TaskCompletionSource Woken);

    /// <summary>Changes whenever new work may be there.</summary>
    public long Stamp => Interlocked.Read(ref _stamp);

    /// <summary>Whether somebody waits whom no notification would reach: then the heart asks for what is claimable.</summary>
    public bool WantsHint
    {
        get
        {
            lock (_gate)
                return _waiters.Count > 0 && !_listener.IsFlagUp;
        }
    }

    /// <summary>Whether anybody waits, or has since this was asked last: between two waits for the same there is a moment.</summary>
    public bool TakeWaited()
    {
        lock (_gate)
        {
            var waited = _waiters.Count > 0 || _hasWaited;
            _hasWaited = false;
            return waited;
        }
    }

    /// <summary>
    /// Work of this process' own has become claimable in these queues (null: in any): wakes those who wait, here and elsewhere. To be called after
    /// the commit, so that whoever looks then sees it.
    /// </summary>
    public void Arrived(IReadOnlyCollection<string>? queues)
    {
        Wake(queues);
        _notifier.Tell(queues ?? [""]);
    }

    /// <summary>
    /// What a transaction that makes work claimable in these queues is to tell others of at its commit (<c>Wake.Wake</c>); its commit is then followed by
    /// <see cref="Wake"/>, its failure by <see cref="Arrived"/>. Null: nothing; its commit is followed by <see cref="Arrived"/>.
    /// </summary>
    public string[]? TakeTelling(IReadOnlyCollection<string> queues) => _notifier.Take(queues);

    /// <summary>Wakes those of this process alone: others know by themselves.</summary>
    public void Wake(IReadOnlyCollection<string>? queues)
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

    /// <summary>Shows the life of a session by a lock, for as long as the listener's connection stands.</summary>
    public void HoldLife(SessionId session) => Listener?.Hold(session.Value);

    public void ReleaseLife(SessionId session) => Listener?.Release(session.Value);

    /// <summary>Whether that lock is held now.</summary>
    public bool HoldsLife(SessionId session) => _listener.Holds(session.Value);

    public async Task WaitAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter(queues, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_stamp != seen)
                return;
            _waiters.Add(waiter);
            _ = _lower.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        Listener?.RaiseFlag();
        try
        {
            // Without a token of its own for the timer: to cancel that would cost a change to another thread before the work is looked for.
            await waiter.Woken.Task.WaitAsync(atMost, _database.Options.Clock ?? TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!waiter.Woken.Task.IsCompleted)
                cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            lock (_gate)
            {
                _ = _waiters.Remove(waiter);
                _hasWaited = true;
                if (_waiters.Count == 0 && !_closing.IsCancellationRequested)
                    _ = _lower.Change(FlagStays, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _lower.Dispose();
        await _listener.DisposeAsync().ConfigureAwait(false);
        Task looking;
        lock (_gate)
            looking = _looking;
        await looking.ConfigureAwait(false);
        await _notifier.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    private void LowerFlag()
    {
        lock (_gate)
        {
            if (_waiters.Count == 0)
                _listener.LowerFlag();
        }
    }

    /// <summary>The flag is up, for the first time or on a new connection: what was written before, nobody notified of.</summary>
    private void FlagRaised()
    {
        lock (_gate)
        {
            if (!_closing.IsCancellationRequested)
                _looking = LookAfterAsync(_looking);
        }
    }

    private async Task LookAfterAsync(Task before)
    {
        await before.ConfigureAwait(false);
        try
        {
            var queues = await _database.ReadAsync(ReadClaimableAsync, _closing.Token).ConfigureAwait(false);
            if (queues.Count > 0)
                Wake(queues);
        }
        catch (Exception exception) when (exception is StoreException or OperationCanceledException)
        {
            Wake(null); // whoever waits sees for himself
        }
    }

    private async Task<List<string>> ReadClaimableAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var queues = new List<string>();
        using var command = connection.Command(_database.Sql["Wake.Claimable"]).With(_database.Now);
        using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            queues.Add(rows.GetString(0));
        return queues;
    }
}
