using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Memory;

/// <summary>
/// Jobs in the memory of one process: for tests, for development, and for work that need not survive it. It obeys the whole store contract
/// except what needs a disk, a database or a second process, and is the model with which the other stores are compared.
/// </summary>
/// <remarks>One lock guards everything; every call does its work at once and is done when it returns.</remarks>
public sealed partial class MemoryStore : IJobStore
{
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Random _random = new();
    private readonly JobTable _jobs = new();
    private readonly Dictionary<string, StoredName> _names = [];
    private readonly Dictionary<string, StoredQueue> _queues = [];
    private readonly List<StoredQueue> _ranked = [];
    private long _nextId = 1;

    /// <summary>Makes an empty store.</summary>
    /// <param name="clock">The store's clock; null: the system's.</param>
    public MemoryStore(TimeProvider? clock = null) : this(clock, "memory") { }

    internal MemoryStore(TimeProvider? clock, string driver)
    {
        _clock = clock ?? TimeProvider.System;
        Info = new StoreInfo(driver, "this process", StoreCapabilities.GlobalOrder | StoreCapabilities.Records);
    }

    /// <inheritdoc/>
    public StoreInfo Info { get; }

    /// <inheritdoc/>
    public string SchemaScript => "";

    /// <inheritdoc/>
    public Task OpenAsync(bool migrate, CancellationToken cancellationToken)
        => cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 10_000);
        RefuseTransaction(transaction);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<JobId>(cancellationToken)
            : ValueTask.FromResult(new JobId(Interlocked.Add(ref _nextId, count) - count));
    }

    /// <inheritdoc/>
    public Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken) => throw NoTransactions();

    /// <inheritdoc/>
    public Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken) => throw NoTransactions();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
            WakeAll();
        return ValueTask.CompletedTask;
    }

    private static void RefuseTransaction(DbTransaction? transaction)
    {
        if (transaction is not null)
            throw NoTransactions();
    }

    private static NotSupportedException NoTransactions()
        => new("The memory store has no transactions. Use a SQLite or PostgreSQL store, or call without one.");

    private static void RefuseMoreThan(int limit, int count, string what)
    {
        if (count > limit)
            throw new ArgumentException($"A call takes at most {limit} {what}, but got {count}. Split it.");
    }

    private long Now() => _clock.GetUtcNow().UtcTicks;

    private TimeSpan LeaseClock() => _clock.GetElapsedTime(0, _clock.GetTimestamp());

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);

    private static DateTimeOffset? AtOrNull(long ticks) => ticks == 0 ? null : At(ticks);

    /// <summary>A moment so long after another, or the last one that a clock can show.</summary>
    private static long After(long now, TimeSpan span)
        => span.Ticks > DateTimeOffset.MaxValue.UtcTicks - now ? DateTimeOffset.MaxValue.UtcTicks : now + Math.Max(0, span.Ticks);

    private StoredName NameOf(string text)
    {
        if (!_names.TryGetValue(text, out var name))
            _names.Add(text, name = new StoredName(text, _names.Count));
        return name;
    }

    private StoredQueue QueueOf(string name)
    {
        if (_queues.TryGetValue(name, out var queue))
            return queue;
        queue = new StoredQueue(name);
        _queues.Add(name, queue);
        var at = _ranked.FindIndex(other => (other.Rank, string.CompareOrdinal(other.Name, name)) is var (rank, order) && (rank > queue.Rank || (rank == queue.Rank && order > 0)));
        _ranked.Insert(at < 0 ? _ranked.Count : at, queue);
        return queue;
    }

    private static void SetState(StoredJob job, JobState state, long now)
    {
        job.Queue.Counts[(int)job.State]--;
        job.Queue.Counts[(int)state]++;
        job.State = state;
        job.UpdatedAt = now;
    }

    /// <summary>Makes a job claimable from a moment on, unless old code of it still runs.</summary>
    private void MakePending(StoredJob job, long dueAt, long now)
    {
        Lane.Remove(job);
        job.DueAt = dueAt;
        job.FinishedAt = 0;
        ForgetExpiry(job);
        SetReason(job, null);
        if (job.HoldToken != 0)
        {
            SetState(job, JobState.Waiting, now);
            return;
        }

        SetState(job, JobState.Pending, now);
        var kind = job.LostRuns >= JobDefaults.SuspectAfter ? LaneKind.Suspects : LaneKind.Jobs;
        if (job.Queue.LaneOf(job.Name, job.Priority, kind).Add(job, dueAt, now))
            Signal(job.Queue);
    }

    /// <summary>Makes the <c>FailedAsync</c> of a failed job claimable, unless old code of it still runs.</summary>
    private void MakeHookDue(StoredJob job, long dueAt, long now)
    {
        job.HookDue = true;
        job.HookDueAt = dueAt;
        if (job.HoldToken == 0 && job.Queue.LaneOf(job.Name, job.Priority, LaneKind.Hooks).Add(job, dueAt, now))
            Signal(job.Queue);
    }

    private static void DropHook(StoredJob job)
    {
        if (job.HookDue)
            Lane.Remove(job);
        job.HookDue = false;
        job.HookTries = 0;
    }

    private void Pause(StoredJob job, string? reason, long now)
    {
        Lane.Remove(job);
        SetState(job, JobState.Paused, now);
        SetReason(job, reason);
    }

    /// <summary>Ends a job, to be kept for a time; a unique key that it has until its end is free.</summary>
    private void Finish(StoredJob job, JobState state, TimeSpan keep, long now)
    {
        Lane.Remove(job);
        SetState(job, state, now);
        job.FinishedAt = now;
        if (job.Said?.Unique is not null)
            FreeKey(job, always: false);
        job.ExpiresAt = After(now, keep);
        ExpiryOf(state).Push(job.ExpiresAt, job);
    }

    private void Cancel(StoredJob job, string? reason, long now)
    {
        Finish(job, JobState.Cancelled, JobDefaults.CancelledRetention, now);
        SetReason(job, reason);
    }

    private static void SetReason(StoredJob job, string? reason)
    {
        if (reason is not null)
            job.Details.Reason = reason;
        else if (job.More is { } more)
            more.Reason = null;
    }

    /// <summary>Ends the current run of a job: from here its token is no longer current.</summary>
    private static void EndRun(StoredJob job)
    {
        job.Session!.RemoveRun(job);
        job.Token = 0;
        job.Asked = null;
        job.WatchUntil = 0;
    }

    /// <summary>Removes a job and all that hangs on it. A run is fenced off.</summary>
    private void Remove(StoredJob job)
    {
        if (job.Token != 0)
            EndRun(job);
        Lane.Remove(job);
        ForgetExpiry(job);
        ForgetHold(job);
        if (job.Said?.Unique is not null)
            FreeKey(job, always: true);
        job.Queue.Counts[(int)job.State]--;
        _jobs.Remove(job);
        if (job.More is { } more)
        {
            _lines.Forget(more.Lines);
            _traces.Forget(more.Traces);
        }
    }
}
