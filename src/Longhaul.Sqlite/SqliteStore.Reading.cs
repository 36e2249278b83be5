using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <content>Reading: on connections and snapshots of its own, so that it never holds up a write.</content>
public sealed partial class SqliteStore
{
    /// <inheritdoc/>
    public Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken) => ReadAsync(() => _jobs.Get(id.Value), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken)
        => ReadLongAsync(() => _lister.List(filter, page), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<FailureRecord>> ListFailuresAsync(FailureFilter filter, PageRequest page, CancellationToken cancellationToken)
        => ReadLongAsync(() => _jobs.Failures(filter, page), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken) => ReadLongAsync(_overview.Queues, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken) => ReadAsync(_overview.Workers, cancellationToken);

    /// <inheritdoc/>
    public Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken)
        => ReadLongAsync(() => _runs.Logs(filter, page), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken)
        => ReadLongAsync(() => _runs.Traces(filter, page), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken)
        => ReadLongAsync(() => _runs.Items(job.Value, page), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken)
        => ReadAsync(() => _jobs.History(job.Value), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken)
        => ReadAsync(() => _jobs.Checkpoints(job.Value), cancellationToken);

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken)
        => ReadAsync(() => _jobs.Checkpoint(job.Value, checkpointId), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken) => ReadLongAsync(_overview.Unhandled, cancellationToken);

    /// <summary>A read of microseconds: on the caller's thread, for another would cost more than the read.</summary>
    private Task<T> ReadAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _ = Writer; // says so when the store is not open
        return Task.FromResult(read());
    }

    /// <summary>A read that may take a while: SQLite has no asynchronous ones.</summary>
    private Task<T> ReadLongAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        _ = Writer;
        return Task.Run(read, cancellationToken);
    }
}
