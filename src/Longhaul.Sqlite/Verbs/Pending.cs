namespace Longhaul.Sqlite;

/// <summary>Pending jobs: those that are due and those due later, in ranges of consecutive ids.</summary>
internal sealed class Pending(Transaction tx)
{
    // About 10 ms: what becomes due at once by the hundred thousand is promoted in several transactions.
    private const int PromotionSize = 2_000;

    private readonly Statement _ready = tx.Db.Get("Pending.Ready");
    private readonly Statement _leaveReady = tx.Db.Get("Pending.LeaveReady");
    private readonly Statement _later = tx.Db.Get("Pending.Later");
    private readonly Statement _firstLater = tx.Db.Get("Pending.FirstLater");

    private readonly record struct Range(bool Due, long First, long Jobs, JobFlags Flags);

    public void Put(Place job, long due) => Put(job.Lane.Id, job.Priority, due, job.Id, 1, job.Flags);

    /// <summary>Puts jobs with consecutive ids; more than one only when they are plain.</summary>
    public void Put(long lane, long priority, long due, long first, long jobs, JobFlags flags)
        => (due <= tx.Now ? _ready : _later).Set(1, lane).Set(2, priority).Set(3, due).Set(4, first).Set(5, jobs).Set(6, (long)flags).Run();

    /// <summary>Takes a pending job, or a pending hook, out of its queue; what is left of its range stays.</summary>
    public void Leave(Place job, long due)
    {
        if (RangeOf(job.Lane, job.Priority, due, job.Id) is not { } range)
            return;
        if (range.Due)
            _leaveReady.Set(1, job.Lane.Id).Set(2, job.Priority).Set(3, due).Set(4, range.First).Run();
        else
            tx.Db.Get("Pending.LeaveLater").Set(1, due).Set(2, range.First).Run();

        var statement = range.Due ? _ready : _later; // as it was, whatever the time is now: whoever promotes takes whole ranges
        var before = job.Id - range.First;
        var after = range.Jobs - before - 1;
        if (before > 0)
            Put(statement, job, due, range.First, before, range.Flags);
        if (after > 0)
            Put(statement, job, due, job.Id + 1, after, range.Flags);
    }

    /// <summary>Takes the first jobs of a range that is due.</summary>
    public void TakeFirst(in Pick pick)
    {
        var statement = pick.Jobs == pick.RangeJobs ? _leaveReady : tx.Db.Get("Pending.Shorten").Set(5, pick.Jobs);
        statement.Set(1, pick.Lane.Id).Set(2, pick.Priority).Set(3, pick.Due).Set(4, pick.First).Run();
    }

    /// <summary>The flags of a pending job.</summary>
    public JobFlags FlagsOf(Lane lane, long priority, long due, long id) => RangeOf(lane, priority, due, id)?.Flags ?? JobFlags.None;

    /// <summary>Moves what has become due among the claimable; false: there is more.</summary>
    public bool Promote()
    {
        if (_firstLater.Scalar() is not { } first || first > tx.Now)
            return true;

        var end = tx.Db.Get("Pending.PromotionEnd").Set(1, tx.Now).Set(2, PromotionSize);
        var (due, id, all) = end.First() ? (end.Long(0), end.Long(1), false) : (tx.Now, long.MaxValue, true);
        end.Reset();
        tx.Db.Get("Pending.Promote").Set(1, due).Set(2, id).Run();
        tx.Db.Get("Pending.Promoted").Set(1, due).Set(2, id).Run();
        return all;
    }

    private static void Put(Statement statement, Place job, long due, long first, long jobs, JobFlags flags)
        => statement.Set(1, job.Lane.Id).Set(2, job.Priority).Set(3, due).Set(4, first).Set(5, jobs).Set(6, (long)flags).Run();

    private Range? RangeOf(Lane lane, long priority, long due, long id)
        => Read(tx.Db.Get("Pending.ReadyRange").Set(1, lane.Id).Set(2, priority).Set(3, due).Set(4, id), isDue: true, id)
            ?? Read(tx.Db.Get("Pending.LaterRange").Set(1, due).Set(2, id), isDue: false, id);

    private static Range? Read(Statement row, bool isDue, long id)
    {
        if (!row.First())
            return null;
        var range = new Range(isDue, row.Long(0), row.Long(1), (JobFlags)row.Long(2));
        row.Reset();
        return id < range.First + range.Jobs ? range : null;
    }
}
