using System.Data.Common;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Worker;

/// <summary>What a run needs of the worker (or of the test harness) around it.</summary>
internal interface IRunHost
{
    /// <summary>The worker's clock.</summary>
    TimeProvider Time { get; }

    /// <summary>Where a job's log lines go besides the store. The worker has the run's scope open around the handler.</summary>
    ILogger Logger { get; }

    /// <summary>Writes all that the run has to tell now, fenced. Throws <see cref="LeaseLostException"/> when refused.</summary>
    Task FlushAsync(RunState run, CancellationToken cancellationToken);

    /// <summary>Writes an update in the caller's transaction, fenced. Throws <see cref="LeaseLostException"/> when refused.</summary>
    Task SaveAsync(RunState run, RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken);

    /// <summary>Completes the job in the caller's transaction, fenced, with all that the run has to tell. Throws <see cref="LeaseLostException"/> when refused.</summary>
    Task CompleteAsync(RunState run, DbTransaction transaction, CancellationToken cancellationToken);

    /// <summary>Completes at once while the lease is proven; else when it is again. Loops await it before each new item.</summary>
    ValueTask LeaseProvenAsync(CancellationToken cancellationToken);

    /// <summary>Makes a job to be enqueued by the run: checks it and takes its id.</summary>
    ValueTask<NewJob> PrepareAsync(object payload, EnqueueOptions? options, CancellationToken cancellationToken);

    /// <summary>All failed items of the run's job, in the order in which they were recorded. Asked for at most once a run.</summary>
    Task<IReadOnlyList<ItemFailureRecord>> FailedItemsAsync(RunState run, CancellationToken cancellationToken);
}
