using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <content>Reading: plain snapshots, which hold up no write.</content>
public sealed partial class PostgresStore
{
    private JobReader Jobs => field ??= new(_database);

    private JobLister Lister => field ??= new(_database);

    private Overview Overview => field ??= new(_database);

    private RunReader Runs => field ??= new(_database);

    /// <inheritdoc/>
    public Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken) => Jobs.GetAsync(id.Value, cancellationToken);

    /// <inheritdoc/>
    public Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken) => Lister.ListAsync(filter, page, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken) => Overview.QueuesAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken) => Overview.WorkersAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken) => Runs.LogsAsync(filter, page, cancellationToken);

    /// <inheritdoc/>
    public Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken) => Runs.TracesAsync(filter, page, cancellationToken);

    /// <inheritdoc/>
    public Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken) => Runs.ItemsAsync(job.Value, page, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken) => Jobs.HistoryAsync(job.Value, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken) => Jobs.CheckpointsAsync(job.Value, cancellationToken);

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken)
        => Jobs.CheckpointAsync(job.Value, checkpointId, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken) => Overview.UnhandledAsync(cancellationToken);
}
