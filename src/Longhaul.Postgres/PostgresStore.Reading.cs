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
    public Task<Page<FailureRecord>> ListFailuresAsync(FailureFilter filter, PageRequest page, CancellationToken cancellationToken) => Jobs.FailuresAsync(filter, page, cancellationToken);

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

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoreSize>> MeasureAsync(CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<StoreSize>>(
        async (connection, cancel) =>
        {
            using var command = connection.Command(_database.Sql["Read.Sizes"]);
            using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            return await row.ReadAsync(cancel).ConfigureAwait(false) ? [new("schema", row.GetInt64(0)), new("database", row.GetInt64(1))] : [];
        },
        cancellationToken);
}
