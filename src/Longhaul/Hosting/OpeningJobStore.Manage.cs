using Longhaul.Storage;

namespace Longhaul.Hosting;

/// <summary>Reading and managing.</summary>
internal sealed partial class OpeningJobStore
{
    public Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.GetJobAsync(id, cancellationToken), cancellationToken);

    public Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListJobsAsync(filter, page, cancellationToken), cancellationToken);

    public Task<Page<FailureRecord>> ListFailuresAsync(FailureFilter filter, PageRequest page, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListFailuresAsync(filter, page, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<StoreSize>> MeasureAsync(CancellationToken cancellationToken)
        => OpenThenAsync(s => s.MeasureAsync(cancellationToken), cancellationToken);

    public Task<Page<AuditRecord>> ListAuditAsync(PageRequest page, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListAuditAsync(page, cancellationToken), cancellationToken);

    public Task WriteAuditAsync(AuditRecord record, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.WriteAuditAsync(record, cancellationToken), cancellationToken);

    public Task<ReadOnlyMemory<byte>> KeepNoteAsync(string key, ReadOnlyMemory<byte> note, TimeSpan keepFor, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.KeepNoteAsync(key, note, keepFor, cancellationToken), cancellationToken);

    public Task<ReadOnlyMemory<byte>?> FindNoteAsync(string key, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.FindNoteAsync(key, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListQueuesAsync(cancellationToken), cancellationToken);

    public Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListWorkersAsync(cancellationToken), cancellationToken);

    public Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListLogsAsync(filter, page, cancellationToken), cancellationToken);

    public Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListTracesAsync(filter, page, cancellationToken), cancellationToken);

    public Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListItemFailuresAsync(job, page, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListHistoryAsync(job, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListCheckpointsAsync(job, cancellationToken), cancellationToken);

    public Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.GetCheckpointAsync(job, checkpointId, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ListUnhandledAsync(cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ActAsync(action, jobs, context, cancellationToken), cancellationToken);

    public Task<long> ClearAsync(string? queue, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ClearAsync(queue, cancellationToken), cancellationToken);

    public Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.FlushFailedAsync(queue, cancellationToken), cancellationToken);

    public Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.SetQueuePausedAsync(queue, paused, context, cancellationToken), cancellationToken);

    public Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.OrderWorkerAsync(session, order, cancellationToken), cancellationToken);

    public Task<int> RestartWorkersAsync(CancellationToken cancellationToken)
        => OpenThenAsync(s => s.RestartWorkersAsync(cancellationToken), cancellationToken);

    public Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.WatchAsync(job, cancellationToken), cancellationToken);

    public Task<int> PruneAsync(int limit, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.PruneAsync(limit, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
        => OpenThenAsync(s => s.CheckAsync(cancellationToken), cancellationToken);
}
