using System.Text;
using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    /// <summary>A list looks at this many rows at most and then gives a short page, so that the lock is free again soon.</summary>
    private const int RowsLookedAt = 50_000;

    /// <inheritdoc/>
    public Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken)
    {
        lock (_gate)
            return Task.FromResult(_jobs.Find(id.Value) is { } job ? Show(job, whole: true, Now()) : null);
    }

    /// <inheritdoc/>
    public Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var after = Cursor.Read('j', page);
        lock (_gate)
        {
            var now = Now();
            var rows = filter.Ids.Count > 0
                ? Named(filter, after)
                : filter.OldestFirst ? _jobs.Above(after ?? 0) : _jobs.Below(after ?? long.MaxValue);
            return Task.FromResult(Cursor.Page('j', page, rows, job => Matches(filter, job, now), job => Show(job, whole: false, now), static job => job.Id));
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var (now, infos) = (Now(), new List<QueueInfo>());
            foreach (var queue in _ranked)
            {
                if (queue.Paused || !queue.IsEmpty)
                    infos.Add(Show(queue, now));
            }

            return Task.FromResult<IReadOnlyList<QueueInfo>>(infos);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var now = Now();
            return Task.FromResult<IReadOnlyList<WorkerInfo>>(
            [
                .. _sessions.Values.Where(session => session.IsLive || !IsOver(session, now)).OrderBy(static session => session.StartedAt)
                    .Select(static session => new WorkerInfo(
                        session.Worker, session.State, At(session.StartedAt), At(session.RenewedAt), At(session.RenewedAt) + session.Worker.Lease, session.RunCount)),
            ]);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var (now, found) = (Now(), new List<(Lane Lane, long Oldest)>());
            foreach (var queue in _ranked)
            {
                Promote(queue, now);
                foreach (var lane in queue.Lanes)
                {
                    if (lane.Kind != LaneKind.Hooks && lane.Ready.TryPeek(out var first) && !IsHandled(lane.Name.Text, queue.Name))
                        found.Add((lane, first.At));
                }
            }

            return Task.FromResult<IReadOnlyList<UnhandledName>>(
            [
                .. found.GroupBy(static each => (Queue: each.Lane.Queue.Name, Name: each.Lane.Name.Text))
                    .OrderBy(static group => group.Key.Queue, StringComparer.Ordinal).ThenBy(static group => group.Key.Name, StringComparer.Ordinal)
                    .Select(static group => new UnhandledName(
                        group.Key.Name, group.Key.Queue, group.Sum(static each => (long)each.Lane.Ready.Count), At(group.Min(static each => each.Oldest)))),
            ]);
        }
    }

    private IEnumerable<StoredJob> Named(JobFilter filter, long? after)
    {
        var ids = filter.Ids.Select(static id => id.Value).Distinct();
        var ordered = filter.OldestFirst
            ? ids.Where(id => after is null || id > after).Order()
            : ids.Where(id => after is null || id < after).OrderDescending();
        return ordered.Select(_jobs.Find).OfType<StoredJob>();
    }

    private static bool Matches(JobFilter filter, StoredJob job, long now)
        => (filter.States.Count == 0 || filter.States.Contains(job.State))
        && (filter.Derived is not { } derived || DerivedOf(job, now) == derived)
        && (filter.Queue is null || StorageText.Matches(job.Queue.Name, filter.Queue))
        && (filter.Name is null || StorageText.Matches(job.Name.Text, filter.Name))
        && (filter.Tag is null || job.Said?.Tags.Contains(filter.Tag) == true)
        && (filter.Owner is null || job.Said?.Owner == filter.Owner)
        && (filter.EnqueuedBy is not { } parent || job.Said?.EnqueuedBy == parent)
        && (filter.CreatedFrom is not { } from || job.CreatedAt >= from.UtcTicks)
        && (filter.CreatedBefore is not { } before || job.CreatedAt < before.UtcTicks)
        && (filter.Text is null || HasText(job, filter.Text));

    private static bool HasText(StoredJob job, string text)
    {
        return Has(Encoding.UTF8.GetString(job.Payload)) || Has(job.Said?.Description) || Has(job.Error?.Type) || Has(job.Error?.Message) || Has(job.Error?.Detail);

        bool Has(string? kept) => kept?.Contains(text, StringComparison.Ordinal) == true;
    }

    private QueueInfo Show(StoredQueue queue, long now)
    {
        Promote(queue, now);
        var (scheduled, oldest) = (0L, long.MaxValue);
        foreach (var lane in queue.Lanes)
        {
            if (lane.Kind == LaneKind.Hooks)
                continue;
            scheduled += lane.Later.Count;
            if (lane.Ready.TryPeek(out var first))
                oldest = Math.Min(oldest, first.At);
        }

        return new QueueInfo
        {
            Name = queue.Name,
            Paused = queue.Paused,
            Due = queue.Counts[(int)JobState.Pending] - scheduled,
            Scheduled = scheduled,
            Waiting = queue.Counts[(int)JobState.Waiting],
            Running = queue.Counts[(int)JobState.Running],
            PausedJobs = queue.Counts[(int)JobState.Paused],
            Completed = queue.Counts[(int)JobState.Completed],
            Failed = queue.Counts[(int)JobState.Failed],
            Cancelled = queue.Counts[(int)JobState.Cancelled],
            OldestDue = oldest == long.MaxValue ? null : At(oldest),
        };
    }

    private JobRecord Show(StoredJob job, bool whole, long now)
    {
        var (said, more, runs) = (job.Said, job.More, job.State == JobState.Running);
        return new JobRecord
        {
            Id = new JobId(job.Id),
            Name = job.Name.Text,
            Queue = job.Queue.Name,
            State = job.State,
            Derived = DerivedOf(job, now),
            Priority = job.Priority,
            Payload = whole ? job.Payload : default(ReadOnlyMemory<byte>),
            PayloadVersion = job.PayloadVersion,
            Policy = said?.Policy,
            Owner = said?.Owner,
            Tags = said?.Tags ?? [],
            Description = said?.Description,
            UniqueKey = said?.Unique?.Key,
            ContinueFrom = said?.ContinueFrom,
            EnqueuedBy = said?.EnqueuedBy,
            CreatedAt = At(job.CreatedAt),
            DueAt = At(job.DueAt),
            StartedAt = AtOrNull(job.StartedAt),
            UpdatedAt = At(job.UpdatedAt),
            FinishedAt = AtOrNull(job.FinishedAt),
            ExpiresAt = AtOrNull(job.ExpiresAt),
            RunNumber = job.RunNumber,
            FailedAttempts = job.FailedAttempts,
            LostRuns = job.LostRuns,
            Session = runs ? job.Session!.Worker.Session : null,
            Worker = runs ? job.Session!.Worker.Name : null,
            Order = job.Asked?.Kind,
            OrderedAt = AtOrNull(job.Asked?.At ?? 0),
            Progress = more?.Progress,
            ProgressAt = AtOrNull(more?.ProgressAt ?? 0),
            CheckpointAt = AtOrNull(more?.CheckpointAt ?? 0),
            ItemFailures = more?.Items?.Count ?? 0,
            Error = job.Error,
            Result = whole ? Bytes(more?.Result) : null,
            Reason = more?.Reason,
            WaitsFor = WaitsFor(job, now),
        };
    }

    private static DerivedState DerivedOf(StoredJob job, long now) => job.State switch
    {
        JobState.Pending when job.FailedAttempts > 0 => DerivedState.Retrying,
        JobState.Pending when job.DueAt > now => DerivedState.Scheduled,
        JobState.Running when now - Math.Max(job.ClaimedAt, job.More?.ProgressAt ?? 0) > (job.Policy?.StallAfter ?? JobDefaults.StallAfter).Ticks => DerivedState.Stuck,
        _ => DerivedState.None,
    };

    private string? WaitsFor(StoredJob job, long now) => job.State switch
    {
        JobState.Waiting when job.HoldToken != 0 => "old run has not ended",
        JobState.Pending when job.DueAt > now => null,
        JobState.Pending when job.Queue.Paused => "queue paused",
        JobState.Pending when !IsHandled(job.Name.Text, job.Queue.Name) => "no worker for this job",
        _ => null,
    };

    private bool IsHandled(string name, string queue)
    {
        foreach (var session in _live)
        {
            if (session.Takes(name, queue))
                return true;
        }

        return false;
    }

    private static ReadOnlyMemory<byte>? Bytes(byte[]? bytes) => bytes is null ? default(ReadOnlyMemory<byte>?) : new ReadOnlyMemory<byte>(bytes);
}
