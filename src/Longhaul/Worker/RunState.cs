using System.Data.Common;
using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>What one run keeps in memory between flushes. Everything a handler reports lands here and costs no call.</summary>
internal sealed class RunState : IDisposable
{
    private readonly RunStop _stop = new();
    private readonly Lock _together = new();
    private RunBuffers? _buffers;
    private CheckpointDocument? _checkpoint;
    private Task<IReadOnlyList<ItemFailureRecord>>? _failedItems;

    public RunState(ClaimedRun claim, IRunHost host)
    {
        Claim = claim;
        Host = host;
        MaxAttempts = claim.Policy?.MaxAttempts ?? JobDefaults.MaxAttempts;
        Progress = new ProgressBoard(host.Time);
    }

    public ClaimedRun Claim { get; }

    public IRunHost Host { get; }

    /// <summary>The attempts that hold for this run; the worker sets what definition and options say.</summary>
    public int MaxAttempts { get; init; }

    public ProgressBoard Progress { get; }

    /// <summary>Made at the first use, as the checkpoint is: most runs of short jobs have nothing to tell.</summary>
    public RunBuffers Buffers => Volatile.Read(ref _buffers) ?? LazyInitializer.EnsureInitialized(ref _buffers, static () => new RunBuffers());

    /// <summary>The checkpoint, read at the first use.</summary>
    /// <exception cref="FailNowException">It cannot be read: the job fails rather than begin from zero.</exception>
    public CheckpointDocument Checkpoint
        => Volatile.Read(ref _checkpoint) ?? LazyInitializer.EnsureInitialized(ref _checkpoint, () => CheckpointDocument.Read(Claim, Host.Time));

    /// <summary>Trips when the run is to stop.</summary>
    public CancellationToken StopToken => _stop.Token;

    /// <summary>Trips when items in flight must stop too: at once when the run is cancelled, timed out or lost, else by <see cref="StopHard"/>.</summary>
    public CancellationToken HardStop => _stop.HardToken;

    public StopReason StopReason => _stop.Reason;

    /// <summary>Whether a loop is running, so that an interrupt takes effect at the next item.</summary>
    public bool HasSafePoints => _stop.HasSafePoints;

    /// <summary>Asks the run to stop. The first reason stays, but for a lost lease, which beats all others. Never runs handler code on the caller's thread.</summary>
    public void Stop(StopReason reason) => _stop.Stop(reason);

    /// <summary>Asks the run to stop as soon as it can be interrupted: now while a loop runs, else when it enters one or begins a phase.</summary>
    public void StopAtSafePoint(StopReason reason) => _stop.StopAtSafePoint(reason);

    /// <summary>Ends the patience with items in flight: call it after <see cref="Stop"/>, when the shutdown timeout is over.</summary>
    public void StopHard() => _stop.StopHard();

    public void EnterSafePoints() => _stop.Enter();

    public void LeaveSafePoints() => _stop.Leave();

    /// <summary>Stops a phase from beginning when the run is to stop.</summary>
    public void ThrowIfStopping() => _stop.ThrowIfStopping();

    /// <summary>Tells the store with the next flush that the run made headway (the worker: it has lived over 5 min).</summary>
    public void NoteHeadway() => Buffers.NoteHeadway();

    /// <summary>All that has changed since the last call, for one flush; null: nothing. What is not written must be given back by <see cref="PutBack"/>.</summary>
    /// <remarks>
    /// Without <paramref name="final"/> it holds at most about <see cref="JobLimits.FlushBytes"/>, checkpoint apart: the rest comes with the next call.
    /// An update whose checkpoint is over <see cref="JobLimits.SmallCheckpointBytes"/> is to be written in a call of its own.
    /// </remarks>
    /// <param name="final">The last one of the run: also keeps a copy of the checkpoint in the job's history when it has one.</param>
    public RunUpdate? TakeUpdate(bool final)
    {
        CheckpointWrite? checkpoint;
        RunBuffers.Content? content;
        var headway = false;
        lock (_together)
        {
            checkpoint = Volatile.Read(ref _checkpoint)?.Take(final, out headway);
            content = Volatile.Read(ref _buffers)?.Take(final ? long.MaxValue : JobLimits.FlushBytes, withItems: checkpoint is not null);
        }

        var progress = Progress.TakeIfChanged();
        if (checkpoint is null && progress is null && content is null)
            return null;
        content ??= new RunBuffers.Content();
        return new RunUpdate
        {
            Key = Claim.Key,
            Checkpoint = checkpoint is null ? null : checkpoint with { Phase = PhaseName },
            Progress = progress,
            Headway = headway || content.Headway,
            Logs = content.Logs,
            Traces = content.Traces,
            ItemFailures = content.Failures,
            MendedItems = content.Mended,
            Children = content.Children,
            Result = content.Result,
        };
    }

    /// <summary>All that the last update of the run would hold now; it stays to be taken.</summary>
    public RunUpdate? PeekUpdate()
    {
        var update = TakeUpdate(final: true);
        if (update is not null)
            PutBack(update);
        return update;
    }

    /// <summary>Tells that an update of <see cref="TakeUpdate"/> was written: call it for each that was. Large checkpoints are paced by how long that took.</summary>
    public void Written(RunUpdate update, TimeSpan took)
    {
        if (update.Checkpoint is { } checkpoint)
            Checkpoint.Written(checkpoint, took);
        Buffers.Written(update);
    }

    /// <summary>Gives back an update that was not written: newer values win.</summary>
    public void PutBack(RunUpdate update)
    {
        if (update.Checkpoint is { } checkpoint)
            Checkpoint.PutBack(checkpoint);
        if (update.Progress is not null)
            Progress.MarkChanged();
        Buffers.PutBack(update);
    }

    /// <summary>What the store refused of this run for good; null: nothing. The job fails with it.</summary>
    public Exception? Refused { get; private set; }

    /// <summary>The store refuses an update for good: what it says of the job's way still goes with the next one, the rest is given up and the run fails.</summary>
    public void Refuse(RunUpdate update, Exception error)
    {
        Refused = error;
        Checkpoint.Fail(error);
        PutBack(update with { Checkpoint = null, Children = [], ItemFailures = [], MendedItems = [], Result = null });
    }

    /// <summary>Does what must be written with a loop's place at the same moment as it moves that place.</summary>
    public void Together(Action action)
    {
        lock (_together)
            action();
    }

    /// <summary>
    /// Writes the checkpoint in the caller's transaction, which holds <see cref="CheckpointDocument.BeginTransactionAsync"/>, with copies of all that must not come later.
    /// Nothing leaves the buffers, as nobody knows whether the transaction commits; what is written twice is there once.
    /// </summary>
    /// <returns>The children that were written.</returns>
    public async Task<IReadOnlyList<NewJob>> SaveAsync(TransactionPart part, DbTransaction transaction, CancellationToken cancellationToken)
    {
        RunUpdate update;
        lock (_together)
        {
            part.Change?.Invoke();
            var content = Buffers.Peek();
            update = new RunUpdate
            {
                Key = Claim.Key,
                Checkpoint = Checkpoint.TakeForTransaction(part.Loop, part.Number) with { Phase = PhaseName },
                Headway = true,
                ItemFailures = content.Failures,
                MendedItems = part.Mended is null ? content.Mended : [.. content.Mended, part.Mended],
                Children = [.. content.Children, .. part.Children],
                Result = content.Result,
            };
        }

        await Host.SaveAsync(this, update, transaction, cancellationToken).ConfigureAwait(false);
        return update.Children;
    }

    /// <summary>The failed items of one loop, by its path, as the job had them when the run first asked.</summary>
    public async Task<IReadOnlyList<ItemFailureRecord>> FailedItemsAsync(Func<string, bool> loop)
    {
        if (Claim.ItemFailures == 0)
            return [];
        var all = await LazyInitializer.EnsureInitialized(ref _failedItems, () => Host.FailedItemsAsync(this, StopToken)).ConfigureAwait(false);
        return [.. all.Where(f => loop(f.Item.Loop))];
    }

    public void Dispose()
    {
        _stop.Dispose();
        _checkpoint?.Dispose();
    }

    private string? PhaseName => Progress.Current.Path is { Length: > 0 } path ? path : null;
}
