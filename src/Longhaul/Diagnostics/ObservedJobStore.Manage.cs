using Longhaul.Storage;

namespace Longhaul.Diagnostics;

/// <summary>Reading and managing.</summary>
internal sealed partial class ObservedJobStore
{
    public Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken)
        => TimedAsync("get_job", Began(), inner.GetJobAsync(id, cancellationToken));

    public Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken)
        => TimedAsync("list_jobs", Began(), inner.ListJobsAsync(filter, page, cancellationToken));

    public Task<Page<FailureRecord>> ListFailuresAsync(FailureFilter filter, PageRequest page, CancellationToken cancellationToken)
        => TimedAsync("list_failures", Began(), inner.ListFailuresAsync(filter, page, cancellationToken));

    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken)
        => TimedAsync("list_queues", Began(), inner.ListQueuesAsync(cancellationToken));

    public Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken)
        => TimedAsync("list_workers", Began(), inner.ListWorkersAsync(cancellationToken));

    public Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken)
        => TimedAsync("list_logs", Began(), inner.ListLogsAsync(filter, page, cancellationToken));

    public Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken)
        => TimedAsync("list_traces", Began(), inner.ListTracesAsync(filter, page, cancellationToken));

    public Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken)
        => TimedAsync("list_item_failures", Began(), inner.ListItemFailuresAsync(job, page, cancellationToken));

    public Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken)
        => TimedAsync("list_history", Began(), inner.ListHistoryAsync(job, cancellationToken));

    public Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken)
        => TimedAsync("list_checkpoints", Began(), inner.ListCheckpointsAsync(job, cancellationToken));

    public Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken)
        => TimedAsync("get_checkpoint", Began(), inner.GetCheckpointAsync(job, checkpointId, cancellationToken));

    public Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken)
        => TimedAsync("list_unhandled", Began(), inner.ListUnhandledAsync(cancellationToken));

    public Task<IReadOnlyList<StoreSize>> MeasureAsync(CancellationToken cancellationToken)
        => TimedAsync("measure", Began(), inner.MeasureAsync(cancellationToken));

    public Task<Page<AuditRecord>> ListAuditAsync(PageRequest page, CancellationToken cancellationToken)
        => TimedAsync("list_audit", Began(), inner.ListAuditAsync(page, cancellationToken));

    public Task WriteAuditAsync(AuditRecord record, CancellationToken cancellationToken)
        => TimedAsync("write_audit", Began(), inner.WriteAuditAsync(record, cancellationToken));

    public Task<ReadOnlyMemory<byte>> KeepNoteAsync(string key, ReadOnlyMemory<byte> note, TimeSpan keepFor, CancellationToken cancellationToken)
        => TimedAsync("keep_note", Began(), inner.KeepNoteAsync(key, note, keepFor, cancellationToken));

    public Task<ReadOnlyMemory<byte>?> FindNoteAsync(string key, CancellationToken cancellationToken)
        => TimedAsync("find_note", Began(), inner.FindNoteAsync(key, cancellationToken));

    public Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
        => TimedAsync("act", Began(), inner.ActAsync(action, jobs, context, cancellationToken));

    public Task<long> ClearAsync(string? queue, CancellationToken cancellationToken)
        => TimedAsync("clear", Began(), inner.ClearAsync(queue, cancellationToken));

    public Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken)
        => TimedAsync("flush_failed", Began(), inner.FlushFailedAsync(queue, cancellationToken));

    public Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken)
        => TimedAsync("set_queue_paused", Began(), inner.SetQueuePausedAsync(queue, paused, context, cancellationToken));

    public Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken)
        => TimedAsync("order_worker", Began(), inner.OrderWorkerAsync(session, order, cancellationToken));

    public Task<int> RestartWorkersAsync(CancellationToken cancellationToken)
        => TimedAsync("restart_workers", Began(), inner.RestartWorkersAsync(cancellationToken));

    public Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken)
        => TimedAsync("watch", Began(), inner.WatchAsync(job, cancellationToken));

    public Task<int> PruneAsync(int limit, CancellationToken cancellationToken)
        => TimedAsync("prune", Began(), inner.PruneAsync(limit, cancellationToken));

    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
        => TimedAsync("check", Began(), inner.CheckAsync(cancellationToken));
}
