namespace Longhaul.Memory;

/// <summary>What stands in a lane.</summary>
internal enum LaneKind
{
    /// <summary>Ordinary jobs.</summary>
    Jobs,

    /// <summary>Jobs whose worker died too often: given one at a time, to those who allow it.</summary>
    Suspects,

    /// <summary>Failed jobs whose <c>FailedAsync</c> is to be called.</summary>
    Hooks,
}

/// <summary>Claimable jobs of one queue, name, priority and kind: what is due, and what will be.</summary>
internal sealed class Lane(StoredQueue queue, StoredName name, byte priority, LaneKind kind)
{
    public StoredQueue Queue { get; } = queue;

    public StoredName Name { get; } = name;

    public byte Priority { get; } = priority;

    public LaneKind Kind { get; } = kind;

    public TimeQueue Ready { get; } = new(expiry: false);

    public TimeQueue Later { get; } = new(expiry: false);

    /// <summary>Puts a job in line.</summary>
    /// <returns>Whether somebody who waits should look: it is due, or due before all others that are due later.</returns>
    public bool Add(StoredJob job, long dueAt, long now)
    {
        job.Lane = this;
        job.LaneTicket++;
        job.InLater = dueAt > now;
        if (!job.InLater)
        {
            Ready.Push(dueAt, job);
            return true;
        }

        var isNext = !Later.TryPeek(out var first) || dueAt < first.At;
        Later.Push(dueAt, job);
        return isNext;
    }

    /// <summary>Takes a job out of line.</summary>
    public static void Remove(StoredJob job)
    {
        if (job.Lane is not { } lane)
            return;
        job.Lane = null;
        job.LaneTicket++;
        (job.InLater ? lane.Later : lane.Ready).Forget();
    }

    /// <summary>Takes the first due job, which <see cref="TimeQueue.TryPeek"/> has just shown.</summary>
    public void PopReady(StoredJob job)
    {
        Ready.Pop();
        job.Lane = null;
        job.LaneTicket++;
    }

    /// <summary>Moves what has become due.</summary>
    /// <returns>Whether anything has.</returns>
    public bool Promote(long now)
    {
        var promoted = false;
        while (Later.Count > 0 && Later.TryPeek(out var first) && first.At <= now)
        {
            Later.Pop();
            first.Job.InLater = false;
            first.Job.LaneTicket++;
            Ready.Push(first.At, first.Job);
            promoted = true;
        }

        return promoted;
    }
}
