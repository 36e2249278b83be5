namespace Longhaul.Sqlite;

/// <summary>Where a job stands.</summary>
/// <param name="Place">The job.</param>
/// <param name="State">Its state.</param>
/// <param name="Due">When it is, or was last, due.</param>
/// <param name="Runs">Whether it, or its hook, runs.</param>
/// <param name="HookDue">When its hook is due; null: none is.</param>
internal sealed record FoundJob(Place Place, JobState State, long Due, bool Runs, long? HookDue);

/// <summary>Finds jobs by id, wherever they are.</summary>
internal sealed class Finder(Transaction tx)
{
    public FoundJob? Find(long id)
    {
        var row = tx.Db.Get("Find.Job").Set(1, id);
        if (!row.First())
            return null;
        var (state, lane, priority, due, flags) = ((JobState)row.Long(0), tx.Lanes[row.Long(1)], row.Long(2), row.Long(3), row.LongOrNull(4));
        var (runs, hookDue) = (row.Bool(5), row.LongOrNull(6));
        row.Reset();
        var place = new Place(id, lane, priority, flags is { } known ? (JobFlags)known : tx.Pending.FlagsOf(lane, priority, due, id));
        return new(place, state, due, runs, hookDue);
    }
}
