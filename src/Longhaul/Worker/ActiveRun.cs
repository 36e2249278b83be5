using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>A run in the hands of this worker: what it keeps in memory, and how far it is on its way from claim to settle.</summary>
internal sealed class ActiveRun(ClaimedRun claim, JobDefinition definition, RunState state, WorkerSession session)
{
    private SemaphoreSlim? _flushing; // made at the first flush: most short runs never have one
    private bool _settling;
    private int _begunToldOrNotNeeded = claim.Prefetched ? 0 : 1;

    public ClaimedRun Claim => claim;

    public JobDefinition Definition => definition;

    public RunState State => state;

    public WorkerSession Session => session;

    /// <summary>Whether its job was lost so often that it may be what kills workers. A failed job's hook never is, as in the store.</summary>
    public bool IsSuspect => claim.LostRuns >= JobDefaults.SuspectAfter && claim.Kind != RunKind.FailedHook;

    /// <summary>The worker's monotonic clock when it came out of the claim.</summary>
    public long ClaimedAt { get; init; }

    /// <summary>When the handler began; 0: it has not.</summary>
    public long BegunAt { get; private set; }

    /// <summary>The handler has ended (or was given up) and the outcome is on its way to the store.</summary>
    public bool IsSettling
    {
        get => Volatile.Read(ref _settling);
        set => Volatile.Write(ref _settling, value);
    }

    /// <summary>Whether it was counted as running: what breaks a run may come before that.</summary>
    public bool IsCounted { get; set; }

    /// <summary>The settler has it.</summary>
    public bool IsSettled { get; set; }

    /// <summary>Whether the flush has told the store that it lives long enough to count as headway.</summary>
    public bool HeadwayTold { get; set; }

    /// <summary>Until when somebody watches, on the monotonic clock.</summary>
    public long WatchedUntil { get; set; }

    /// <summary>Who asked for the run's end, and why: for the record.</summary>
    public RunOrder? Order { get; set; }

    public void Begin(long now) => BegunAt = now;

    private SemaphoreSlim FlushGate => LazyInitializer.EnsureInitialized(ref _flushing, static () => new SemaphoreSlim(1, 1));

    /// <summary>Enters a flush of this run, so that an older one never lands after a newer one or after the settlement. False: its end has begun.</summary>
    public async ValueTask<bool> EnterFlushAsync(CancellationToken cancellationToken)
    {
        await FlushGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        return MayFlush();
    }

    /// <summary>As <see cref="EnterFlushAsync"/>, but waits for nothing. False also while another flush of this run is on its way.</summary>
    public bool TryEnterFlush() => FlushGate.Wait(0) && MayFlush();

    public void LeaveFlush() => _flushing!.Release();

    private bool MayFlush()
    {
        Interlocked.MemoryBarrier(); // pairs with CloseFlushesAsync: either it sees the gate, or this sees the flag
        if (!IsSettling)
            return true;
        LeaveFlush();
        return false;
    }

    /// <summary>Lets no further flush begin and waits for one that is on its way.</summary>
    public async ValueTask CloseFlushesAsync()
    {
        IsSettling = true;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _flushing) is not { } gate)
            return;
        await gate.WaitAsync().ConfigureAwait(false);
        gate.Release();
    }

    /// <summary>True once, for a prefetched run that began before a moment and has not ended: the store does not know that yet.</summary>
    public bool TakeBegun(long before) => BegunAt != 0 && BegunAt <= before && !IsSettling && Interlocked.Exchange(ref _begunToldOrNotNeeded, 1) == 0;

    /// <summary>What <see cref="TakeBegun"/> took may not have reached the store: it is told again.</summary>
    public void PutBackBegun() => Volatile.Write(ref _begunToldOrNotNeeded, 0);
}
