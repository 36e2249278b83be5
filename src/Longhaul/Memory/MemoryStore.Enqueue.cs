using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    private readonly Dictionary<UniqueSlot, Occupant> _keys = [];
    private readonly PriorityQueue<UniqueSlot, long> _windows = new();

    /// <inheritdoc/>
    public Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        RefuseTransaction(transaction);
        RefuseMoreThan(MostJobsTogether, jobs.Count, "jobs");
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<IReadOnlyList<EnqueueAnswer>>(cancellationToken);

        var answers = new EnqueueAnswer[jobs.Count];
        lock (_gate)
        {
            var now = Now();
            for (var i = 0; i < answers.Length; i++)
                answers[i] = Write(jobs[i], now);
        }

        return Task.FromResult<IReadOnlyList<EnqueueAnswer>>(answers);
    }

    private EnqueueAnswer Write(NewJob job, long now)
    {
        var answer = Judge(job, now);
        if (answer.Status != EnqueueStatus.Created)
            return answer;

        var stored = new StoredJob
        {
            Id = job.Id.Value,
            Nonce = job.Nonce,
            Name = NameOf(job.Name),
            Queue = QueueOf(job.Queue),
            Payload = job.Payload.ToArray(),
            PayloadVersion = job.PayloadVersion,
            Priority = job.Priority,
            CreatedAt = now,
            Said = JobWords.Of(job),
        };
        if (job.Unique is { } unique)
            TakeKey(stored, unique, now);
        if (job.ContinueFrom is { } earlier && _jobs.Find(earlier.Value)?.More is { Checkpoint: { } checkpoint, CheckpointAt: var at })
            (stored.Details.Checkpoint, stored.Details.CheckpointAt) = (checkpoint, at);
        _jobs.Add(stored);
        stored.Queue.Counts[(int)stored.State]++;
        MakePending(stored, job.RunAt?.UtcTicks ?? After(now, job.Delay), now);
        return answer;
    }

    /// <summary>What will be answered, before anything is written.</summary>
    private EnqueueAnswer Judge(NewJob job, long now)
    {
        long? nonce = _jobs.Find(job.Id.Value) is { } there ? there.Nonce : _gone.TryGetValue(job.Id.Value, out var gone) && gone.Until > now ? gone.Nonce : null;
        if (nonce is { } known)
            return new EnqueueAnswer(known == job.Nonce ? EnqueueStatus.Repeated : EnqueueStatus.IdTaken, job.Id);
        if (job.Unique is { } unique && OccupantOf(new UniqueSlot(job.Name, job.Owner, unique.Key), now) is { } occupant)
            return new EnqueueAnswer(EnqueueStatus.Duplicate, new JobId(occupant.Job));
        if (job.ContinueFrom is { } earlier)
        {
            if (_jobs.Find(earlier.Value) is not { } continued)
                return new EnqueueAnswer(EnqueueStatus.NothingToContinue, job.Id);
            if (!continued.HasEnded)
                return new EnqueueAnswer(EnqueueStatus.ContinuedJobLives, job.Id);
        }

        return new EnqueueAnswer(EnqueueStatus.Created, job.Id);
    }

    private static UniqueSlot SlotOf(StoredJob job) => new(job.Name.Text, job.Said!.Owner, job.Said.Unique!.Key);

    private Occupant? OccupantOf(UniqueSlot slot, long now)
        => _keys.TryGetValue(slot, out var occupant) && (occupant.Scope != UniqueScope.Window || occupant.Until > now) ? occupant : null;

    private void TakeKey(StoredJob job, UniqueKey unique, long now)
    {
        var slot = SlotOf(job);
        var until = unique.Scope == UniqueScope.Window ? After(now, unique.Window) : 0;
        _keys[slot] = new Occupant(job.Id, unique.Scope, until);
        if (until != 0)
            _windows.Enqueue(slot, until);
    }

    /// <summary>Takes the key again for a job that a person brings back to life.</summary>
    /// <returns>False when another job has it by now.</returns>
    private bool TryTakeKeyAgain(StoredJob job, long now)
    {
        if (job.Said?.Unique is not { Scope: UniqueScope.UntilFinished } unique)
            return true;
        if (OccupantOf(SlotOf(job), now) is { } occupant && occupant.Job != job.Id)
            return false;
        TakeKey(job, unique, now);
        return true;
    }

    /// <summary>Gives up the job's key when it has ended (or with <paramref name="always"/> is removed). A window outlives its job.</summary>
    private void FreeKey(StoredJob job, bool always)
    {
        var slot = SlotOf(job);
        if (_keys.TryGetValue(slot, out var occupant) && occupant.Job == job.Id && occupant.Scope != UniqueScope.Window
            && (always || job.HasEnded || occupant.Scope == UniqueScope.UntilStarted))
        {
            _keys.Remove(slot);
        }
    }

    private readonly record struct UniqueSlot(string Name, string? Owner, string Key);

    private sealed record Occupant(long Job, UniqueScope Scope, long Until);
}
