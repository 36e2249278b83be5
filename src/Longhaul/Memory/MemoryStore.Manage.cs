using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    private readonly TimeQueue _completed = new(expiry: true);
    private readonly TimeQueue _failed = new(expiry: true);
    private readonly TimeQueue _cancelled = new(expiry: true);

    /// <inheritdoc/>
    public Task<long> ClearAsync(string? queue, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var pending = new List<StoredJob>();
            foreach (var each in _ranked)
            {
                if (queue is not null && each.Name != queue)
                    continue;
                foreach (var lane in each.Lanes)
                {
                    if (lane.Kind == LaneKind.Hooks)
                        continue;
                    lane.Ready.CopyTo(pending);
                    lane.Later.CopyTo(pending);
                }
            }

            pending.ForEach(Remove);
            return Task.FromResult((long)pending.Count);
        }
    }

    /// <inheritdoc/>
    public Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var failed = new List<StoredJob>();
            _failed.CopyTo(failed);
            if (queue is not null)
                failed.RemoveAll(job => job.Queue.Name != queue);
            failed.ForEach(Remove);
            return Task.FromResult((long)failed.Count);
        }
    }

    /// <inheritdoc/>
    public Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queue);
        lock (_gate)
        {
            var stored = QueueOf(queue);
            stored.Paused = paused;
            if (!paused)
                Signal(stored);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (LiveSession(session) is not { } live)
                return Task.FromResult(false);
            live.Order = order;
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<int> RestartWorkersAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            foreach (var session in _live)
                session.Order = WorkerOrder.Stop;
            return Task.FromResult(_live.Count);
        }
    }

    /// <inheritdoc/>
    public Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_jobs.Find(job.Value) is not { State: JobState.Running } running)
                return Task.FromResult(false);
            running.WatchUntil = After(Now(), JobDefaults.WatchFor);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<int> PruneAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<int>(cancellationToken);
        lock (_gate)
        {
            var (now, gone) = (Now(), 0);
            foreach (var order in (ReadOnlySpan<TimeQueue>)[_completed, _cancelled, _failed])
            {
                while (gone < limit && order.TryPeek(out var first) && first.At <= now)
                {
                    Remove(first.Job);
                    gone++;
                }
            }

            PruneTheRest(now);
            return Task.FromResult(gone);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var wrong = new List<string>();
            var counted = _ranked.ToDictionary(static queue => queue, static _ => new long[7]);
            foreach (var job in _jobs.Above(0))
            {
                counted[job.Queue][(int)job.State]++;
                if (job.State == JobState.Pending != job.Lane is { Kind: not LaneKind.Hooks })
                    wrong.Add($"Job {job.Id} is {job.State} and {(job.Lane is null ? "not " : "")}in line. Release it.");
                if (job.State == JobState.Running != (job.Token != 0 && job.RunKind != RunKind.FailedHook))
                    wrong.Add($"Job {job.Id} is {job.State} and has {(job.Token == 0 ? "no" : "a")} run. Release it.");
                if (job.Token != 0 && job.Session is not { IsLive: true })
                    wrong.Add($"Job {job.Id} runs in a session that has ended. Recover it.");
                if (job.HasEnded == (job.ExpiresAt == 0))
                    wrong.Add($"Job {job.Id} is {job.State} and {(job.ExpiresAt == 0 ? "is kept for ever" : "will be pruned")}. Delete it.");
            }

            foreach (var (queue, counts) in counted)
            {
                if (!counts.AsSpan().SequenceEqual(queue.Counts))
                    wrong.Add($"The counts of queue '{queue.Name}' are [{string.Join(", ", queue.Counts)}], but its jobs are [{string.Join(", ", counts)}]. Restart the process.");
            }

            return Task.FromResult<IReadOnlyList<string>>(wrong);
        }
    }

    private TimeQueue ExpiryOf(JobState state) => state switch
    {
        JobState.Completed => _completed,
        JobState.Failed => _failed,
        _ => _cancelled,
    };

    private void ForgetExpiry(StoredJob job)
    {
        if (job.ExpiresAt == 0)
            return;
        job.ExpiresAt = 0;
        job.ExpiryTicket++;
        ExpiryOf(job.State).Forget();
    }

    private void PruneTheRest(long now)
    {
        ForgetGone(now, int.MaxValue);
        PruneRecords(now);
        while (_windows.TryPeek(out var slot, out var until) && until <= now)
        {
            _windows.Dequeue();
            if (_keys.TryGetValue(slot, out var occupant) && occupant.Scope == UniqueScope.Window && occupant.Until <= now)
                _keys.Remove(slot);
        }

        foreach (var session in _sessions.Values)
        {
            if (!session.IsLive && IsOver(session, now))
                _sessions.Remove(session.Worker.Session); // removing while enumerating is allowed
        }

        for (var i = _ranked.Count - 1; i >= 0; i--)
        {
            if (_ranked[i] is not { Paused: false, IsEmpty: true } queue)
                continue;
            _ranked.RemoveAt(i);
            _queues.Remove(queue.Name);
        }
    }

    private static bool IsOver(StoredSession session, long now) => now - session.EndedAt > EndedSessionsStay.Ticks;
}
