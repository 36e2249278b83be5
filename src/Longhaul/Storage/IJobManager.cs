namespace Longhaul.Storage;

/// <summary>Acting on jobs, queues and workers: what operators do.</summary>
public interface IJobManager
{
    /// <summary>Does one thing to each of the jobs, each atomically on its own.</summary>
    /// <param name="action">What.</param>
    /// <param name="jobs">At most 1,000 ids.</param>
    /// <param name="context">Who and why: kept in each job's history.</param>
    /// <param name="cancellationToken">Cancels between jobs.</param>
    /// <returns>One answer each, in order.</returns>
    Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken);

    /// <summary>Deletes pending jobs (due, scheduled, retrying) of a queue, or with null of all; runs and other states are not touched.</summary>
    /// <returns>How many went.</returns>
    Task<long> ClearAsync(string? queue, CancellationToken cancellationToken);

    /// <summary>Deletes the failed jobs of a queue, or with null all.</summary>
    /// <returns>How many went.</returns>
    Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken);

    /// <summary>Stops or starts the claiming from a queue.</summary>
    Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken);

    /// <summary>Gives an order to one worker.</summary>
    /// <returns>Whether there is such a live worker.</returns>
    Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken);

    /// <summary>Gives <see cref="WorkerOrder.Stop"/> to every worker whose session was opened before now.</summary>
    /// <returns>How many live ones there are.</returns>
    Task<int> RestartWorkersAsync(CancellationToken cancellationToken);

    /// <summary>Asks the worker of a running job to flush its progress and log every 200 ms, for 30 s.</summary>
    /// <returns>Whether it runs.</returns>
    Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken);

    /// <summary>Deletes finished jobs whose time is over, old sessions, and other rows that nothing needs, in one bounded transaction.</summary>
    /// <param name="limit">At most this many jobs.</param>
    /// <param name="cancellationToken">Cancels before the transaction.</param>
    /// <returns>How many jobs went; less than <paramref name="limit"/> means that none is left.</returns>
    Task<int> PruneAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Checks the store and tells what is wrong with it and how to mend it, for <c>doctor</c>. Empty: nothing.</summary>
    Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Adds a line to the audit, which nothing changes afterwards: in a chain of hashes where the store is durable, which <see cref="CheckAsync"/>
    /// checks. It stays for <see cref="JobDefaults.AuditRetention"/>.
    /// </summary>
    /// <exception cref="NotSupportedException">The store lacks <see cref="StoreCapabilities.Records"/>.</exception>
    Task WriteAuditAsync(AuditRecord record, CancellationToken cancellationToken) => throw AuditRecord.NotKept();

    /// <summary>
    /// Keeps a note under a key, unless there is one whose time is not over: of any number of callers at once, one writes, and all get what that one
    /// wrote. Durable when it returns.
    /// </summary>
    /// <param name="key">1–256 characters.</param>
    /// <param name="note">At most 4 KiB.</param>
    /// <param name="keepFor">How long it stays.</param>
    /// <param name="cancellationToken">Counts until the write begins.</param>
    /// <returns>The note that is kept under the key: this one, or the one that was there.</returns>
    /// <exception cref="NotSupportedException">The store lacks <see cref="StoreCapabilities.Records"/>.</exception>
    Task<ReadOnlyMemory<byte>> KeepNoteAsync(string key, ReadOnlyMemory<byte> note, TimeSpan keepFor, CancellationToken cancellationToken) => throw AuditRecord.NotKept();

    /// <summary>Looks for the note under a key; writes nothing.</summary>
    /// <param name="key">1–256 characters.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null: there is none, or its time is over.</returns>
    /// <exception cref="NotSupportedException">The store lacks <see cref="StoreCapabilities.Records"/>.</exception>
    Task<ReadOnlyMemory<byte>?> FindNoteAsync(string key, CancellationToken cancellationToken) => throw AuditRecord.NotKept();

    /// <summary>The whole schema as one script; empty where there is none.</summary>
    string SchemaScript { get; }
}

/// <summary>What can be done to a job.</summary>
public enum JobAction
{
    /// <summary>Waiting, pending, paused: cancelled at once. Running: ordered.</summary>
    Cancel,

    /// <summary>Failed or cancelled: pending now, attempts and lost runs 0, from the checkpoint. A hook is dropped.</summary>
    Retry,

    /// <summary>Completed or failed with item failures: pending now, attempts and lost runs 0, to run the failed items alone. A hook is dropped.</summary>
    RetryItems,

    /// <summary>
    /// Any state: pending now, anew from the beginning; checkpoint, progress, result, error, item failures, attempts and lost runs are dropped
    /// (kept checkpoints, logs, traces and history stay). A run is fenced off.
    /// </summary>
    Restart,

    /// <summary>Waiting, pending, paused or running: pending now. A run is fenced off; nothing is counted.</summary>
    Release,

    /// <summary>As <see cref="Release"/>, with attempts set to 0.</summary>
    ReleaseAndResetAttempts,

    /// <summary>Waiting or pending: paused at once. Running: ordered, unless it is to be cancelled.</summary>
    Pause,

    /// <summary>Paused: pending, due time kept. A pause order that is not carried out is withdrawn.</summary>
    Resume,

    /// <summary>Removes the job. A run is fenced off.</summary>
    Delete,
}

/// <summary>Who does something and why.</summary>
/// <param name="By">Who; null: unknown.</param>
/// <param name="Reason">Why.</param>
public readonly record struct ActionContext(string? By, string? Reason = null);

/// <summary>What became of an action on one job.</summary>
/// <param name="Job">The job.</param>
/// <param name="Status">What happened.</param>
/// <param name="State">The job's state now; null: there is no such job (any more).</param>
/// <param name="KeyHolder">With <see cref="ActionStatus.KeyTaken"/>: the job that has the unique key.</param>
public readonly record struct ActionAnswer(JobId Job, ActionStatus Status, JobState? State, JobId? KeyHolder = null);

/// <summary>What became of an action.</summary>
public enum ActionStatus
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>The job's worker has been told.</summary>
    Ordered,

    /// <summary>The action does not fit the job's state: nothing changed.</summary>
    WrongState,

    /// <summary>There is no such job.</summary>
    NotFound,

    /// <summary>The action would revive the job, but another job has its unique key now: nothing changed.</summary>
    KeyTaken,
}
