using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Tests.Worker;

/// <summary>A store whose connection breaks when a test says so: before the call, or after it was carried out.</summary>
internal sealed class FaultyStore(IJobStore inner) : IJobStore
{
    private int _claims;
    private int _settles;
    private int _flushes;

    /// <summary>So many claims that find something are carried out and their answer is lost.</summary>
    public int LoseClaims { get; set; }

    public int LostClaims { get; private set; }

    /// <summary>How long a claim is under way.</summary>
    public TimeSpan ClaimTime { get; init; }

    /// <summary>What age or lease each recovery was to judge by.</summary>
    public List<TimeSpan?> Recoveries { get; } = [];

    /// <summary>Whether lists of queues fail.</summary>
    public bool Away { get; init; }

    public StoreInfo Info => inner.Info;

    public string SchemaScript => inner.SchemaScript;

    public long WakeStamp => inner.WakeStamp;

    /// <summary>The next so many calls fail before they are carried out.</summary>
    public void FailNext(int claims, int settles)
    {
        Volatile.Write(ref _claims, claims);
        Volatile.Write(ref _settles, settles);
    }

    public void FailFlushes(int count) => Volatile.Write(ref _flushes, count);

    public IHeart OpenHeart(SessionId session) => inner.OpenHeart(session);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        if (Interlocked.Decrement(ref _claims) >= 0)
            throw new StoreUnavailableException("The connection broke before the claim.");
        if (ClaimTime > TimeSpan.Zero)
            await Task.Delay(ClaimTime, cancellationToken);
        var answer = await inner.ClaimAsync(request, cancellationToken);
        if (answer.Runs.Count == 0 || LostClaims >= LoseClaims)
            return answer;
        LostClaims++;
        throw new StoreUnavailableException("The connection broke after the claim.");
    }

    public Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
        => Interlocked.Decrement(ref _settles) >= 0
            ? throw new StoreUnavailableException("The connection broke before the settlement.")
            : inner.SettleAsync(settlements, cancellationToken);

    public Task OpenAsync(bool migrate, CancellationToken cancellationToken)
        => inner.OpenAsync(migrate, cancellationToken);

    public ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken)
        => inner.TakeIdsAsync(count, transaction, cancellationToken);

    public Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
        => inner.EnqueueAsync(jobs, transaction, cancellationToken);

    public Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken)
        => inner.OpenSessionAsync(worker, cancellationToken);

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken)
        => inner.CloseSessionAsync(session, cancellationToken);

    public Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
        => inner.FindClaimAsync(session, claimId, cancellationToken);

    public Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken)
        => inner.RunsOfAsync(session, cancellationToken);

    public Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken)
        => inner.EndHoldAsync(runs, cancellationToken);

    public Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
        => Interlocked.Decrement(ref _flushes) >= 0
            ? throw new StoreUnavailableException("The connection broke before the flush.")
            : inner.FlushAsync(updates, cancellationToken);

    public Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken)
        => inner.SettleAsync(settlement, transaction, cancellationToken);

    public Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
        => inner.SaveAsync(update, transaction, cancellationToken);

    public Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
    {
        lock (Recoveries)
            Recoveries.Add(olderThan);
        return inner.RecoverAsync(observer, proven, olderThan, cancellationToken);
    }

    public Task WaitForWorkAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
        => inner.WaitForWorkAsync(queues, seen, atMost, cancellationToken);

    public Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken)
        => inner.GetJobAsync(id, cancellationToken);

    public Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken)
        => inner.ListJobsAsync(filter, page, cancellationToken);

    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken)
        => Away ? throw new StoreUnavailableException("The connection is broken.") : inner.ListQueuesAsync(cancellationToken);

    public Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken)
        => inner.ListWorkersAsync(cancellationToken);

    public Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken)
        => inner.ListLogsAsync(filter, page, cancellationToken);

    public Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken)
        => inner.ListTracesAsync(filter, page, cancellationToken);

    public Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken)
        => inner.ListItemFailuresAsync(job, page, cancellationToken);

    public Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken)
        => inner.ListHistoryAsync(job, cancellationToken);

    public Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken)
        => inner.ListCheckpointsAsync(job, cancellationToken);

    public Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken)
        => inner.GetCheckpointAsync(job, checkpointId, cancellationToken);

    public Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken)
        => inner.ListUnhandledAsync(cancellationToken);

    public Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
        => inner.ActAsync(action, jobs, context, cancellationToken);

    public Task<long> ClearAsync(string? queue, CancellationToken cancellationToken)
        => inner.ClearAsync(queue, cancellationToken);

    public Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken)
        => inner.FlushFailedAsync(queue, cancellationToken);

    public Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken)
        => inner.SetQueuePausedAsync(queue, paused, context, cancellationToken);

    public Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken)
        => inner.OrderWorkerAsync(session, order, cancellationToken);

    public Task<int> RestartWorkersAsync(CancellationToken cancellationToken)
        => inner.RestartWorkersAsync(cancellationToken);

    public Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken)
        => inner.WatchAsync(job, cancellationToken);

    public Task<int> PruneAsync(int limit, CancellationToken cancellationToken)
        => inner.PruneAsync(limit, cancellationToken);

    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
        => inner.CheckAsync(cancellationToken);
}
