using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Writes jobs.</summary>
internal sealed class EnqueueVerb(Transaction tx)
{
    private readonly Statement _job = tx.Db.Get("Enqueue.Job");
    private Range _open;

    /// <summary>Plain jobs with consecutive ids, alike in lane, priority and due time: one row of the queue.</summary>
    private readonly record struct Range(Lane? Lane, long Priority, long Due, long First, long Jobs, JobFlags Flags);

    public JobId TakeIds(int count)
    {
        var first = tx.Db.Get("Enqueue.TakeIds").Set(1, count).Scalar()!.Value;
        return first + count - 1 <= JobId.MaxValue ? new(first) : throw new StoreException("The store has given out all its ids.");
    }

    public EnqueueAnswer[] Run(IReadOnlyList<NewJob> jobs)
    {
        var answers = new EnqueueAnswer[jobs.Count];
        _open = default;
        for (var i = 0; i < answers.Length; i++)
            answers[i] = Run(jobs[i]);
        CloseRange();
        return answers;
    }

    /// <summary>Whether the children of a run can be written, asked before any of them is.</summary>
    /// <exception cref="StoreException">One cannot.</exception>
    public void CheckChildren(IReadOnlyList<NewJob> children)
    {
        foreach (var child in children)
        {
            var known = tx.Db.Get("Enqueue.Nonce").Set(1, child.Id.Value).Scalar() ?? tx.Db.Get("Enqueue.Gone").Set(1, child.Id.Value).Scalar();
            var status = known is { } nonce ? Known(child, nonce).Status : child.ContinueFrom is null ? EnqueueStatus.Created : Continuable(child)?.Status;
            if (status is EnqueueStatus.IdTaken or EnqueueStatus.NothingToContinue or EnqueueStatus.ContinuedJobLives)
                throw new StoreException($"A job enqueued by a run must be writable, but {child.Name} {child.Id} was answered {status}; nothing of this update was written.");
        }
    }

    private EnqueueAnswer Run(NewJob job)
    {
        var lane = tx.Lanes.Of(job.Queue, job.Name);
        var delay = Delay(job);
        if (tx.AnyGone && tx.Db.Get("Enqueue.Gone").Set(1, job.Id.Value).Scalar() is { } gone)
            return Known(job, gone);

        var flags = JobFlags.None;
        if (HasDetail(job))
        {
            if (tx.Db.Get("Enqueue.Nonce").Set(1, job.Id.Value).Scalar() is { } nonce)
                return Known(job, nonce);
            if (Refusal(job, lane) is { } refusal)
                return refusal;
            flags = WriteSpecial(job, lane);
        }

        if (_job.Set(1, job.Id.Value).Set(2, lane.Id).Set(3, job.Priority).Set(4, tx.Now).Set(5, delay).Set(6, job.Nonce)
            .Set(7, job.PayloadVersion).SetUtf8(8, job.Payload.Span).RunCounted() == 0)
            return Known(job, tx.Db.Get("Enqueue.Nonce").Set(1, job.Id.Value).Scalar()!.Value);

        AddToRange(lane, job.Priority, tx.Now + delay, job.Id.Value, flags);
        tx.Tally.Move(lane, null, JobState.Pending);
        return new(EnqueueStatus.Created, job.Id);
    }

    private void AddToRange(Lane lane, long priority, long due, long id, JobFlags flags)
    {
        if (flags.IsPlain() && _open.Flags == flags && _open.Lane == lane && _open.Priority == priority && _open.Due == due && _open.First + _open.Jobs == id)
        {
            _open = _open with { Jobs = _open.Jobs + 1 };
            return;
        }

        CloseRange();
        _open = new(lane, priority, due, id, 1, flags);
    }

    private void CloseRange()
    {
        if (_open.Lane is { } lane)
            tx.Pending.Put(lane.Id, _open.Priority, _open.Due, _open.First, _open.Jobs, _open.Flags);
        _open = default;
    }

    private static EnqueueAnswer Known(NewJob job, long nonce)
        => new(nonce == job.Nonce ? EnqueueStatus.Repeated : EnqueueStatus.IdTaken, job.Id);

    private long Delay(NewJob job)
        => job.RunAt is { } at ? StoreClock.From(at) - tx.Now : StoreClock.Later(tx.Now, job.Delay) - tx.Now;

    private static bool HasDetail(NewJob job)
        => job is not { Unique: null, ContinueFrom: null, Policy: null, Owner: null, Description: null, EnqueuedBy: null, TraceParent: null, Tags.Count: 0 };

    private EnqueueAnswer? Refusal(NewJob job, Lane lane)
    {
        if (job.Unique is { } unique && tx.Unique.Holder(lane, job.Owner, unique.Key) is { } holder)
            return new(EnqueueStatus.Duplicate, new(holder));
        return job.ContinueFrom is null ? null : Continuable(job);
    }

    private EnqueueAnswer? Continuable(NewJob job)
    {
        var source = job.ContinueFrom!.Value.Value;
        if (tx.Db.Get("Enqueue.Ended").Set(1, source).Scalar() is not null)
            return null;
        var exists = tx.Db.Get("Enqueue.Nonce").Set(1, source).Scalar() is not null;
        return new(exists ? EnqueueStatus.ContinuedJobLives : EnqueueStatus.NothingToContinue, job.Id);
    }

    private JobFlags WriteSpecial(NewJob job, Lane lane)
    {
        var flags = JobFlags.Detail;
        if (job.Unique is { } unique)
        {
            flags |= JobFlags.Unique;
            tx.Unique.Occupy(lane, job.Owner, unique.Key, job.Id.Value, unique.Scope,
                unique.Scope == UniqueScope.Window ? StoreClock.Later(tx.Now, unique.Window) : null);
        }

        if (job.Tags.Count > 0)
        {
            flags |= JobFlags.Rows;
            foreach (var tag in job.Tags)
                tx.Db.Get("Enqueue.Tag").Set(1, tag).Set(2, job.Id.Value).Run();
        }

        if (job.ContinueFrom is { } source && tx.States.Continue(job.Id.Value, source.Value))
            flags |= JobFlags.State | JobFlags.Rows;

        tx.Db.Get("Enqueue.Detail").Set(1, job.Id.Value).Set(2, job.Owner).SetJson(3, JobPolicy.ToJson(job.Policy)).Set(4, Json.Of(job.Tags))
            .Set(5, job.Description.Cleaned(JobLimits.DescriptionLength)).Set(6, job.Unique?.Key).Set(7, (long?)job.Unique?.Scope)
            .Set(8, job.ContinueFrom?.Value).Set(9, job.EnqueuedBy?.Value).Set(10, job.TraceParent).Run();
        return flags;
    }
}
