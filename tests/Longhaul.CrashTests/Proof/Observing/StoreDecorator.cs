using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>Passes everything on to another store: the base of what watches or spoils some calls.</summary>
internal abstract class StoreDecorator(IJobStore inner) : IJobStore
{
    protected IJobStore Inner => inner;

    public virtual StoreInfo Info => inner.Info;

    public virtual string SchemaScript => inner.SchemaScript;

    public virtual long WakeStamp => inner.WakeStamp;

    public virtual Task OpenAsync(bool migrate, CancellationToken cancellationToken) => inner.OpenAsync(migrate, cancellationToken);

    public virtual ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken)
        => inner.TakeIdsAsync(count, transaction, cancellationToken);

    public virtual Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
        => inner.EnqueueAsync(jobs, transaction, cancellationToken);

    public virtual Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken) => inner.OpenSessionAsync(worker, cancellationToken);

    public virtual IHeart OpenHeart(SessionId session) => inner.OpenHeart(session);

    public virtual Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) => inner.CloseSessionAsync(session, cancellationToken);

    public virtual Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => inner.ClaimAsync(request, cancellationToken);

    public virtual Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
        => inner.FindClaimAsync(session, claimId, cancellationToken);

    public virtual Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken) => inner.RunsOfAsync(session, cancellationToken);

    public virtual Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
        => inner.SettleAsync(settlements, cancellationToken);

    public virtual Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken) => inner.EndHoldAsync(runs, cancellationToken);

    public virtual Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken) => inner.FlushAsync(updates, cancellationToken);

    public virtual Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken)
        => inner.SettleAsync(settlement, transaction, cancellationToken);

    public virtual Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
        => inner.SaveAsync(update, transaction, cancellationToken);

    public virtual Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
        => inner.RecoverAsync(observer, proven, olderThan, cancellationToken);

    public virtual Task WaitForWorkAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
        => inner.WaitForWorkAsync(queues, seen, atMost, cancellationToken);

    public virtual Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
        => inner.ActAsync(action, jobs, context, cancellationToken);

    public virtual Task<long> ClearAsync(string? queue, CancellationToken cancellationToken) => inner.ClearAsync(queue, cancellationToken);

    public virtual Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken) => inner.FlushFailedAsync(queue, cancellationToken);

    public virtual Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken)
        => inner.SetQueuePausedAsync(queue, paused, context, cancellationToken);

    public virtual Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken) => inner.OrderWorkerAsync(session, order, cancellationToken);

    public virtual Task<int> RestartWorkersAsync(CancellationToken cancellationToken) => inner.RestartWorkersAsync(cancellationToken);

    public virtual Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken) => inner.WatchAsync(job, cancellationToken);

    public virtual Task<int> PruneAsync(int limit, CancellationToken cancellationToken) => inner.PruneAsync(limit, cancellationToken);

    public virtual Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

    public virtual Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken) => inner.GetJobAsync(id, cancellationToken);

    public virtual Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken) => inner.ListJobsAsync(filter, page, cancellationToken);

    public virtual Task<Page<FailureRecord>> ListFailuresAsync(FailureFilter filter, PageRequest page, CancellationToken cancellationToken) => inner.ListFailuresAsync(filter, page, cancellationToken);

    public virtual Task<Page<AuditRecord>> ListAuditAsync(PageRequest page, CancellationToken cancellationToken) => inner.ListAuditAsync(page, cancellationToken);

    public virtual Task WriteAuditAsync(AuditRecord record, CancellationToken cancellationToken) => inner.WriteAuditAsync(record, cancellationToken);

    public virtual Task<ReadOnlyMemory<byte>> KeepNoteAsync(string key, ReadOnlyMemory<byte> note, TimeSpan keepFor, CancellationToken cancellationToken)
        => inner.KeepNoteAsync(key, note, keepFor, cancellationToken);

    public virtual Task<ReadOnlyMemory<byte>?> FindNoteAsync(string key, CancellationToken cancellationToken) => inner.FindNoteAsync(key, cancellationToken);

    public virtual Task<IReadOnlyList<StoreSize>> MeasureAsync(CancellationToken cancellationToken) => inner.MeasureAsync(cancellationToken);

    public virtual Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken) => inner.ListQueuesAsync(cancellationToken);

    public virtual Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken) => inner.ListWorkersAsync(cancellationToken);

    public virtual Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken) => inner.ListLogsAsync(filter, page, cancellationToken);

    public virtual Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken)
        => inner.ListTracesAsync(filter, page, cancellationToken);

    public virtual Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken)
        => inner.ListItemFailuresAsync(job, page, cancellationToken);

    public virtual Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken) => inner.ListHistoryAsync(job, cancellationToken);

    public virtual Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken) => inner.ListCheckpointsAsync(job, cancellationToken);

    public virtual Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken)
        => inner.GetCheckpointAsync(job, checkpointId, cancellationToken);

    public virtual Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken) => inner.ListUnhandledAsync(cancellationToken);

    public virtual ValueTask DisposeAsync() => inner.DisposeAsync();
}
