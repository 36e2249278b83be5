using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Acting on queues, and cleaning up: always in parts that leave the write lock free between them.</summary>
internal sealed class QueueVerb(Transaction tx)
{
    /// <summary>Jobs removed by one transaction.</summary>
    public const int BatchSize = 1_000;

    public void SetPaused(string queue, bool paused)
    {
        var id = tx.Lanes.QueueId(queue);
        tx.Db.Get("Act.PauseQueue").Set(1, id).Set(2, paused).Run();
        if (!paused)
            tx.Tally.Arrive(id, queue);
    }

    /// <summary>Deletes some of the pending jobs. Fewer than <see cref="BatchSize"/>: those were the last.</summary>
    public int Clear(string? queue)
    {
        var cleared = 0;
        foreach (var lane in LanesOf(queue))
        {
            foreach (var statement in (ReadOnlySpan<string>)["Act.PendingOfLane", "Act.LaterOfLane"])
            {
                if (cleared < BatchSize)
                    cleared += Clear(lane, statement, BatchSize - cleared);
            }
        }

        return cleared;
    }

    /// <summary>Deletes some of the failed jobs.</summary>
    public int FlushFailed(string? queue)
    {
        var flushed = 0;
        foreach (var lane in LanesOf(queue))
        {
            if (flushed == BatchSize)
                break;
            var ids = new List<long>();
            var rows = tx.Db.Get("Act.FailedOfLane").Set(1, lane.Id).Set(2, BatchSize - flushed);
            while (rows.Step())
                ids.Add(rows.Long(0));
            ids.ForEach(Delete);
            flushed += ids.Count;
        }

        return flushed;
    }

    /// <summary>Deletes what has expired, at most so many jobs.</summary>
    /// <returns>How many went.</returns>
    public int Prune(int limit)
    {
        var expired = tx.Expiries.Take(limit);
        expired.ForEach(Delete);
        tx.Expiries.Forget(parts: 20);
        tx.Db.Get("Act.PruneUnique").Set(1, tx.Now).Run();
        tx.Db.Get("Act.PruneSessions").Set(1, tx.Now - StoreClock.From(TimeSpan.FromHours(1))).Run();
        tx.Db.Get("Records.PruneNotes").Set(1, tx.Now).Run();
        PruneAudit();
        return expired.Count;
    }

    private void PruneAudit()
    {
        if (tx.Db.Get("Records.OldAudit").Set(1, tx.Now - StoreClock.From(JobDefaults.AuditRetention)).Scalar() is not { } first)
            return;
        // In this order: a line that must be there cannot be deleted.
        tx.Db.Get("Records.AuditFrom").Set(1, first).Run();
        tx.Db.Get("Records.PruneAudit").Set(1, first).Run();
    }

    private void Delete(long id)
    {
        if (tx.Finder.Find(id) is { } job)
            tx.Act.Delete(job);
    }

    private int Clear(Lane lane, string statement, int limit)
    {
        var ranges = new List<(Place First, long Jobs, long Due)>();
        var rows = tx.Db.Get(statement).Set(1, lane.Id).Set(2, limit);
        while (rows.Step())
            ranges.Add((new(rows.Long(0), lane, rows.Long(2), (JobFlags)rows.Long(4)), rows.Long(1), rows.Long(3)));

        var cleared = 0;
        foreach (var (first, jobs, due) in ranges)
        {
            // From the end, so that what is left stays one range.
            for (var i = jobs - 1; i >= 0 && cleared < limit; i--, cleared++)
            {
                var job = first with { Id = first.Id + i };
                tx.Pending.Leave(job, due);
                tx.Tally.Move(lane, JobState.Pending, null);
                tx.Moves.Erase(job);
            }
        }

        return cleared;
    }

    private List<Lane> LanesOf(string? queue)
    {
        var lanes = new List<Lane>();
        var rows = tx.Db.Get("Act.LanesOfQueue").Set(1, queue);
        while (rows.Step())
            lanes.Add(tx.Lanes[rows.Long(0)]);
        return lanes;
    }
}
