using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>A run's checkpoint in memory: what was read at its start, and all that the run has done since.</summary>
internal sealed class CheckpointDocument(JobId job, TimeProvider time, IEnumerable<PhaseRecord> phases) : IDisposable
{
    private static readonly TimeSpan LargePause = TimeSpan.FromSeconds(2);
    private const int LargeWriteShare = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PhaseRecord> _phases = phases.ToDictionary(static p => p.Path);
    private SemaphoreSlim? _transaction;
    private bool _changed;   // since it was last taken
    private bool _touched;   // since the run began
    private bool _keep;
    private bool _headway;
    private bool _forced;
    private bool _inDoubt;   // a transaction of the handler: until it goes on
    private bool _undecided; // a transaction of an item that threw afterwards: for good, the next run reads what was committed
    private int _lastSize;
    private long? _lastLargeWrite;
    private TimeSpan _largePause;
    private long _order;
    private volatile Exception? _fault;

    public static CheckpointDocument Read(ClaimedRun claim, TimeProvider time)
    {
        try
        {
            return new(claim.Key.Job, time, claim.Checkpoint is { Length: > 0 } body ? CheckpointFormat.Read(claim.Key.Job, body) : []);
        }
        catch (FailNowException) when (claim.Kind == RunKind.FailedHook)
        {
            return new(claim.Key.Job, time, []); // the hook goes on from nothing, and must hear of this very failure
        }
    }

    /// <summary>The phase's record, made when there is none.</summary>
    public PhaseRecord Phase(string path)
    {
        lock (_gate)
        {
            if (!_phases.TryGetValue(path, out var phase))
                _phases.Add(path, phase = new PhaseRecord(path));
            return phase;
        }
    }

    public IReadOnlyList<PhaseRecord> Phases()
    {
        lock (_gate)
            return [.. _phases.Values];
    }

    /// <summary>Changes a record. Means also that a transaction which was in doubt is taken for committed: the handler has gone on.</summary>
    public void Change(Action change, bool keep = false, bool headway = false)
    {
        lock (_gate)
        {
            change();
            _inDoubt = false;
            _changed = _touched = true;
            _keep |= keep;
            _headway |= headway;
        }
    }

    /// <summary>Refuses, before anything is changed, what would make the checkpoint too large.</summary>
    /// <exception cref="ArgumentException">It would be over the limit.</exception>
    public void CheckRoom(int more, int less)
    {
        long size;
        lock (_gate)
            size = _phases.Values.Sum(static p => (long)p.Size) + more - less;
        if (size > JobLimits.CheckpointBytes)
            throw new ArgumentException($"A checkpoint may hold at most {JobLimits.CheckpointBytes} bytes of JSON, but with this it would have about {size}. Keep large data elsewhere and its place here.");
    }

    /// <summary>The handler has gone on: a transaction that was in doubt is taken for committed.</summary>
    public void Trust()
    {
        lock (_gate)
        {
            _changed |= _inDoubt;
            _inDoubt = false;
        }
    }

    /// <summary>The next <see cref="Take"/> includes the checkpoint even when it is large and was written lately.</summary>
    public void Force()
    {
        lock (_gate)
            _forced = true;
    }

    /// <summary>Whether the checkpoint cannot be written any more.</summary>
    public bool IsFaulty => _fault is not null;

    /// <summary>Lets nothing more be written: a loop ends at its next item.</summary>
    public void Fail(Exception error) => _fault = error;

    /// <summary>Throws what kept the checkpoint from being written, if anything did.</summary>
    public void ThrowIfFaulty()
    {
        if (_fault is { } fault)
            throw new FailNowException($"The checkpoint of job {job} cannot be written: {fault.Message}", fault);
    }

    public CheckpointWrite? Take(bool final, out bool headway)
    {
        lock (_gate)
        {
            headway = false;
            var moved = _phases.Values.Any(static p => p.Loop is { Moved: true });
            var wanted = _changed || moved || (final && _touched);
            if (!wanted || _inDoubt || _undecided || _fault is not null || (!final && !_forced && IsTooSoon()))
                return null;
            if (Serialise(null, -1, taken: true) is not { } body)
                return null;

            var write = new CheckpointWrite(body) { Keep = _keep || final, Order = ++_order };
            headway = _headway || moved;
            _touched = true;
            _changed = _keep = _headway = _forced = false;
            return write;
        }
    }

    /// <summary>
    /// Begins a checkpoint in somebody's transaction. Until <see cref="EndTransaction"/> no other one begins, and <see cref="Take"/> gives none:
    /// it would lack what the transaction holds, and could be written after it.
    /// </summary>
    public async Task BeginTransactionAsync(CancellationToken cancellationToken)
    {
        await LazyInitializer.EnsureInitialized(ref _transaction, static () => new SemaphoreSlim(1)).WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            if (!_undecided)
            {
                _inDoubt = true;
                return;
            }
        }

        _transaction!.Release();
        throw new InvalidOperationException("It is not known whether an earlier transaction of this run was committed, so nothing more can be saved by it. The next run goes on from what was committed.");
    }

    /// <summary>The checkpoint for the holder of the transaction.</summary>
    /// <param name="loop">The loop of an item that counts as finished in it.</param>
    /// <param name="alsoFinished">That item's number; -1: none.</param>
    public CheckpointWrite TakeForTransaction(ILoopPosition? loop, long alsoFinished)
    {
        lock (_gate)
        {
            ThrowIfFaulty();
            var body = Serialise(loop, alsoFinished, taken: false);
            ThrowIfFaulty();
            return new CheckpointWrite(body) { Order = ++_order };
        }
    }

    /// <summary>Lets others save again.</summary>
    public void EndTransaction(TransactionEnd end)
    {
        lock (_gate)
        {
            _inDoubt = end == TransactionEnd.InDoubt;
            _undecided |= end == TransactionEnd.Undecided;
            _changed = _touched = true;
        }

        _transaction!.Release();
    }

    public void Written(CheckpointWrite write, TimeSpan took)
    {
        if (write.Body.Length <= JobLimits.SmallCheckpointBytes)
            return;
        lock (_gate)
        {
            _lastLargeWrite = time.GetTimestamp();
            _largePause = TimeSpan.FromTicks(Math.Max(LargePause.Ticks, took.Ticks * LargeWriteShare));
        }
    }

    public void PutBack(CheckpointWrite write)
    {
        lock (_gate)
        {
            _changed = true;
            _keep |= write.Keep;
        }
    }

    public void Dispose() => _transaction?.Dispose();

    private bool IsTooSoon()
        => _lastSize > JobLimits.SmallCheckpointBytes && _lastLargeWrite is { } last && time.GetElapsedTime(last) < _largePause;

    private byte[]? Serialise(ILoopPosition? loop, long alsoFinished, bool taken)
    {
        try
        {
            var body = CheckpointFormat.Write(_phases.Values, loop, alsoFinished, taken);
            if (body.Length > JobLimits.CheckpointBytes)
                throw new ArgumentException($"it has {body.Length} bytes, the limit is {JobLimits.CheckpointBytes}. Use shorter cursors, a smaller window or less state.");
            _lastSize = body.Length;
            return body;
        }
        catch (Exception e) // of a cursor's own converter: nothing may stop the flusher, the loop throws it at its next item
        {
            _fault = e;
            return null;
        }
    }
}
