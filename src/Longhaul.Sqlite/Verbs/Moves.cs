namespace Longhaul.Sqlite;

/// <summary>What every table of a job's states says of it.</summary>
internal readonly record struct Place(long Id, Lane Lane, long Priority, JobFlags Flags);

/// <summary>Jobs from state to state: rows leave one table and come into another, and the counts with them.</summary>
internal sealed class Moves(Transaction tx)
{
    private static readonly string[] ErasedRows =
        ["Moves.EraseBody", "Moves.EraseCheckpoints", "Moves.EraseLog", "Moves.EraseTraces", "Moves.EraseItems", "Moves.EraseHistory"];

    private readonly Statement _done = tx.Db.Get("Moves.Done");

    /// <summary>Makes a job pending; or waiting, while the code of its last run goes on.</summary>
    public JobState ToPending(Place job, long due, JobState? from)
    {
        if (job.Flags.HasFlag(JobFlags.Hold))
        {
            ToHeld(job, JobState.Waiting, from);
            return JobState.Waiting;
        }

        tx.Pending.Put(job, due);
        tx.Tally.Move(job.Lane, from, JobState.Pending);
        return JobState.Pending;
    }

    /// <summary>Makes the hook of a failed job claimable.</summary>
    public void HookToPending(Place job, long due)
    {
        tx.Pending.Put(job with { Flags = (job.Flags & ~JobFlags.Suspect) | JobFlags.Hook | JobFlags.State }, due);
        tx.Tally.Arrive(job.Lane);
    }

    public void ToHeld(Place job, JobState state, JobState? from)
    {
        tx.Db.Get("Moves.Hold").Set(1, job.Id).Set(2, (long)state).Set(3, job.Lane.Id).Set(4, job.Priority).Set(5, (long)job.Flags).Run();
        tx.Tally.Move(job.Lane, from, state);
    }

    public void ToDone(Place job, JobState state, int runNumber, long? token, TimeSpan retention, JobState? from)
    {
        var expires = StoreClock.Later(tx.Now, retention);
        _done.Set(1, job.Id).Set(2, (long)state).Set(3, (long)(job.Flags & ~JobFlags.OfRun)).Set(4, runNumber).Set(5, token).Set(6, tx.Now).Set(7, expires).Run();
        tx.Expiries.Add(job.Id, expires, gone: false);
        tx.Tally.Move(job.Lane, from, state);
    }

    public void LeaveHeld(long id) => tx.Db.Get("Moves.LeaveHeld").Set(1, id).Run();

    public void LeaveDone(long id) => tx.Db.Get("Moves.LeaveDone").Set(1, id).Run();

    /// <summary>Holds a job until the code of its last run has ended.</summary>
    public void AddHold(long id, long token, long session) => tx.Db.Get("Moves.AddHold").Set(1, id).Set(2, token).Set(3, session).Run();

    public void EndHold(long id) => tx.Db.Get("Moves.EraseHold").Set(1, id).Run();

    /// <summary>Removes a job that is in no table of states any more, and all that hangs on it.</summary>
    public void Erase(Place job)
    {
        if (job.Flags.HasFlag(JobFlags.Unique))
            tx.Unique.Ended(job.Lane, job.Id);
        if (job.Flags.HasFlag(JobFlags.Rows))
            EraseRows(job.Id);
        if (job.Flags.HasFlag(JobFlags.Detail))
            tx.Db.Get("Moves.EraseDetail").Set(1, job.Id).Run();
        if (job.Flags.HasFlag(JobFlags.State))
            tx.Db.Get("Moves.EraseState").Set(1, job.Id).Run();
        if (job.Flags.HasFlag(JobFlags.Hold))
            EndHold(job.Id);
        tx.Db.Get("Moves.EraseJob").Set(1, job.Id).Run();
    }

    private void EraseRows(long id)
    {
        foreach (var tag in Json.List(TagsOf(id)))
            tx.Db.Get("Moves.EraseTag").Set(1, tag).Set(2, id).Run();
        foreach (var statement in ErasedRows)
            tx.Db.Get(statement).Set(1, id).Run();
    }

    private string? TagsOf(long id)
    {
        var row = tx.Db.Get("Moves.Tags").Set(1, id);
        var tags = row.First() ? row.TextOrNull(0) : null;
        row.Reset();
        return tags;
    }
}
