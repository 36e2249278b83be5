using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>One life of the worker in the store's eyes, from the opened session to its loss or close. A worker that lost its session opens a new one.</summary>
internal sealed class WorkerSession(SessionId id, TimeProvider time, TimeSpan lease, TimeSpan proofAge)
{
    private readonly CancellationTokenSource _lost = new();
    private long _provenAt = time.GetTimestamp();
    private int _told;
    private long _renewedAt = time.GetTimestamp();

    public SessionId Id => id;

    public RunTable Runs { get; } = new();

    /// <summary>Trips when the session is known to be lost.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Claims whose answer has not come yet: their runs are not strangers.</summary>
    public InFlightClaims Claims { get; } = new();

    /// <summary>Whether the store has lately said that the session is alive. Without proof no new item is started.</summary>
    public bool IsProven => !_lost.IsCancellationRequested && time.GetElapsedTime(Volatile.Read(ref _provenAt)) <= proofAge;

    /// <summary>Whether the lease has run out on the worker's own monotonic clock.</summary>
    public bool HasRunOut => SinceRenewal > lease;

    /// <summary>How long ago the last renewal that is known to have arrived was sent.</summary>
    public TimeSpan SinceRenewal => time.GetElapsedTime(Volatile.Read(ref _renewedAt));

    /// <summary>The store said "held" to a tick that was sent at <paramref name="sentAt"/>.</summary>
    public void Prove(long sentAt, bool renewed)
    {
        Volatile.Write(ref _provenAt, sentAt);
        if (renewed)
            Volatile.Write(ref _renewedAt, sentAt);
    }

    /// <summary>Tells every run that it was taken over. Returns false when that was done before.</summary>
    public bool Lose()
    {
        if (Interlocked.Exchange(ref _told, 1) != 0)
            return false;
        // First the token, then the runs: one that is added meanwhile either is among them, or finds the token tripped.
        _ = _lost.CancelAsync(); // its callbacks run off-thread: what waits for it is not the heart's business
        foreach (var run in Runs.Snapshot())
            run.State.Stop(StopReason.LeaseLost);
        return true;
    }
}

/// <summary>The ids of claims that are on their way.</summary>
internal sealed class InFlightClaims
{
    private readonly Lock _lock = new();
    private readonly HashSet<long> _ids = [];

    public void Add(long id)
    {
        lock (_lock)
            _ids.Add(id);
    }

    public void Remove(long id)
    {
        lock (_lock)
            _ids.Remove(id);
    }

    public bool Contains(long id)
    {
        lock (_lock)
            return _ids.Contains(id);
    }
}
