using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <content>Reading.</content>
public sealed partial class PostgresStore
{
    /// <inheritdoc/>
    public Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
