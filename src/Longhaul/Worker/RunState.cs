using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>What a run needs of the worker (or of the test harness) around it.</summary>
internal interface IRunHost
{
    /// <summary>The worker's clock.</summary>
    TimeProvider Time { get; }

    /// <summary>Writes all that the run has to tell now, fenced. Throws <see cref="LeaseLostException"/> when refused.</summary>
    Task FlushAsync(RunState run, CancellationToken cancellationToken);

    /// <summary>Writes it in the caller's transaction, fenced. Throws <see cref="LeaseLostException"/> when refused.</summary>
    Task SaveAsync(RunState run, DbTransaction transaction, CancellationToken cancellationToken);

    /// <summary>Completes at once while the lease is proven; else when it is again. Loops await it before each new item.</summary>
    ValueTask LeaseProvenAsync(CancellationToken cancellationToken);

    /// <summary>Makes a job to be enqueued by the run: checks it and takes its id.</summary>
    ValueTask<NewJob> PrepareAsync(object payload, EnqueueOptions? options, CancellationToken cancellationToken);
}

/// <summary>What one run keeps in memory between flushes. Everything a handler reports lands here and costs no call.</summary>
internal sealed class RunState : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private int _reason;

    public RunState(ClaimedRun claim, IRunHost host)
    {
        Claim = claim;
        Host = host;
    }

    public ClaimedRun Claim { get; }

    public IRunHost Host { get; }

    /// <summary>Trips when the run is to stop.</summary>
    public CancellationToken StopToken => _stop.Token;

    public StopReason StopReason => (StopReason)Volatile.Read(ref _reason);

    /// <summary>Asks the run to stop. The first reason stays, but for a lost lease, which beats all others. Never runs handler code on the caller's thread.</summary>
    public void Stop(StopReason reason)
    {
        var first = Interlocked.CompareExchange(ref _reason, (int)reason, 0) == 0;
        if (!first && reason == StopReason.LeaseLost)
            Volatile.Write(ref _reason, (int)reason);
        if (first)
            _ = _stop.CancelAsync(); // off-thread: callbacks are handler code
    }

    /// <summary>Whether a loop is running, so that an interrupt takes effect at the next item.</summary>
    public bool HasSafePoints { get; set; }

    /// <summary>All that has changed since the last call, for one flush; null: nothing. What is not written must be given back by <see cref="PutBack"/>.</summary>
    /// <param name="final">The last one of the run: also keeps a copy of the checkpoint in the job's history when it has one.</param>
    public RunUpdate? TakeUpdate(bool final) => null;

    /// <summary>Gives back an update that was not written: newer values win.</summary>
    public void PutBack(RunUpdate update) { }

    public void Dispose() => _stop.Dispose();
}
