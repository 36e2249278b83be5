using System.Data.Common;
using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul;

/// <summary>One item of a loop, as its body sees it.</summary>
public sealed class ItemContext
{
    private readonly JobContext _job;
    private readonly ILoopPosition _position;
    private readonly LoopGate _gate;
    private readonly long _number;
    private readonly ItemKey? _again;
    private readonly List<NewJob> _children = [];
    private bool _holdsTransaction;
    private IReadOnlyList<NewJob> _saved = [];

    internal ItemContext(JobContext job, ILoopPosition position, LoopGate gate, long number, ItemKey? again)
        => (_job, _position, _gate, _number, _again) = (job, position, gate, number, again);

    /// <summary>The item in words, for people who read about its failure; cut at 200 characters.</summary>
    public string? Label { get; set; }

    /// <summary>Says that the body has moved bytes: while the loop is over its <see cref="LoopOptions.BytesPerSecond"/>, no further item starts.</summary>
    /// <param name="bytes">Since the last report; not negative.</param>
    public void ReportBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        _gate.ReportBytes(bytes);
    }

    /// <summary>As <see cref="ReportBytes"/>, and waits until the loop is within its limit: for bodies that move much, in pieces.</summary>
    public ValueTask ReportBytesAsync(long bytes, CancellationToken cancellationToken)
    {
        ReportBytes(bytes);
        return _gate.PayBytesAsync(cancellationToken);
    }

    /// <summary>Enqueues a job that belongs to this item: it is written when, and only when, the item is finished, in one with the loop's place.</summary>
    /// <returns>Its id.</returns>
    /// <inheritdoc cref="JobContext.EnqueueAsync"/>
    public async ValueTask<JobId> EnqueueAsync<TJob>(TJob job, EnqueueOptions? options = null, CancellationToken cancellationToken = default) where TJob : notnull
    {
        var child = await _job.PrepareAsync(job, options, cancellationToken).ConfigureAwait(false);
        lock (_children)
            _children.Add(child);
        return child.Id;
    }

    /// <summary>
    /// Writes, in the caller's own transaction on the store's database, that this item is finished: its work and the loop's place commit together or not at all.
    /// Make it the last call before the commit, and let what the commit throws pass: the run then ends, and the next one goes on from what was committed.
    /// </summary>
    /// <remarks>Of a run's items one at a time is between this call and the end of its body; others wait here.</remarks>
    /// <param name="transaction">An open transaction on the database that holds the job store.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <exception cref="LeaseLostException">Another run has taken over: nothing was written. Roll back and let it pass.</exception>
    /// <exception cref="NotSupportedException">The store has no transactions.</exception>
    public async Task SaveAsync(DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (!_holdsTransaction)
            await _job.Run.Checkpoint.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        _holdsTransaction = true;
        var saved = false;
        try
        {
            var part = new TransactionPart { Loop = _position, Number = _number, Mended = _again, Children = Children() };
            _saved = await _job.Run.SaveAsync(part, transaction, cancellationToken).ConfigureAwait(false);
            saved = true;
        }
        finally
        {
            if (!saved)
                EndTransaction(TransactionEnd.Known);
        }
    }

    /// <summary>The body has returned. Called with the place of the loop being moved, so that its children are written with that.</summary>
    internal void Succeeded() => _job.Run.Buffers.AddOfItem(Children());

    /// <summary>The place was moved: what was written in the transaction was committed.</summary>
    internal void Finished()
    {
        if (!_holdsTransaction)
            return;
        _job.Run.Buffers.Forget(_saved);
        EndTransaction(TransactionEnd.Known);
    }

    /// <summary>The body has thrown.</summary>
    /// <returns>Whether it is not known if its transaction was committed: then the run must end.</returns>
    internal bool Failed()
    {
        var undecided = _holdsTransaction;
        if (undecided)
            EndTransaction(TransactionEnd.Undecided);
        return undecided;
    }

    private NewJob[] Children()
    {
        lock (_children)
            return [.. _children];
    }

    private void EndTransaction(TransactionEnd end)
    {
        _holdsTransaction = false;
        _job.Run.Checkpoint.EndTransaction(end);
    }
}
