using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Load.Bench.Subjects;

/// <summary>Counts the calls that reach a store, heartbeats apart. Waiting for work is none: it sends nothing.</summary>
internal sealed class CountingStore(IJobStore inner) : IJobStore
{
    private long _beats;
    private long _others;

    public long Beats => Interlocked.Read(ref _beats);

    public long Others => Interlocked.Read(ref _others);

    public StoreInfo Info => inner.Info;

    public long WakeStamp => inner.WakeStamp;

    public string SchemaScript => inner.SchemaScript;

    public Task OpenAsync(bool migrate, CancellationToken cancellationToken) => Counted().OpenAsync(migrate, cancellationToken);

    public ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken) => Counted().TakeIdsAsync(count, transaction, cancellationToken);

    public Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
        => Counted().EnqueueAsync(jobs, transaction, cancellationToken);

    public Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken) => Counted().OpenSessionAsync(worker, cancellationToken);

    public IHeart OpenHeart(SessionId session) => new CountingHeart(this, inner.OpenHeart(session));

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) => Counted().CloseSessionAsync(session, cancellationToken);

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => Counted().ClaimAsync(request, cancellationToken);

    public Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
        => Counted().FindClaimAsync(session, claimId, cancellationToken);

    public Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken) => Counted().RunsOfAsync(session, cancellationToken);

    public Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
        => Counted().SettleAsync(settlements, cancellationToken);

    public Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken) => Counted().EndHoldAsync(runs, cancellationToken);

    public Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
        => Counted().FlushAsync(updates, cancellationToken);

    public Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken)
        => Counted().SettleAsync(settlement, transaction, cancellationToken);

    public Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
        => Counted().SaveAsync(update, transaction, cancellationToken);

    public Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
        => Counted().RecoverAsync(observer, proven, olderThan, cancellationToken);

    public Task WaitForWorkAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
        => inner.WaitForWorkAsync(queues, seen, atMost, cancellationToken);

    public Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken) => Counted().GetJobAsync(id, cancellationToken);

    public Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken)
        => Counted().ListJobsAsync(filter, page, cancellationToken);

    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken) => Counted().ListQueuesAsync(cancellationToken);

    public Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken) => Counted().ListWorkersAsync(cancellationToken);

    public Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken)
        => Counted().ListLogsAsync(filter, page, cancellationToken);

    public Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken)
        => Counted().ListTracesAsync(filter, page, cancellationToken);

    public Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken)
        => Counted().ListItemFailuresAsync(job, page, cancellationToken);

    public Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken) => Counted().ListHistoryAsync(job, cancellationToken);

    public Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken)
        => Counted().ListCheckpointsAsync(job, cancellationToken);

    public Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken)
        => Counted().GetCheckpointAsync(job, checkpointId, cancellationToken);

    public Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken) => Counted().ListUnhandledAsync(cancellationToken);

    public Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
        => Counted().ActAsync(action, jobs, context, cancellationToken);

    public Task<long> ClearAsync(string? queue, CancellationToken cancellationToken) => Counted().ClearAsync(queue, cancellationToken);

    public Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken) => Counted().FlushFailedAsync(queue, cancellationToken);

    public Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken)
        => Counted().SetQueuePausedAsync(queue, paused, context, cancellationToken);

    public Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken)
        => Counted().OrderWorkerAsync(session, order, cancellationToken);

    public Task<int> RestartWorkersAsync(CancellationToken cancellationToken) => Counted().RestartWorkersAsync(cancellationToken);

    public Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken) => Counted().WatchAsync(job, cancellationToken);

    public Task<int> PruneAsync(int limit, CancellationToken cancellationToken) => Counted().PruneAsync(limit, cancellationToken);

    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => Counted().CheckAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private IJobStore Counted()
    {
        Interlocked.Increment(ref _others);
        return inner;
    }

    private sealed class CountingHeart(CountingStore store, IHeart inner) : IHeart
    {
        public BeatAnswer Beat(Beat beat)
        {
            Interlocked.Increment(ref store._beats);
            return inner.Beat(beat);
        }

        public void Dispose() => inner.Dispose();
    }
}
