using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>How jobs end, whoever ends them: a run, a person, or the loss of a worker.</summary>
internal sealed class Ends(Transaction tx)
{
    public void Complete(Place job, int runNumber, long token, TimeSpan retention)
    {
        if (job.Flags.HasFlag(JobFlags.Unique))
            tx.Unique.Ended(job.Lane, job.Id);
        if (retention > TimeSpan.Zero)
        {
            tx.Moves.ToDone(job, JobState.Completed, runNumber, token, retention, JobState.Running);
            return;
        }

        var expires = StoreClock.Later(tx.Now, JobDefaults.NonceRetention);
        tx.Db.Get("Moves.Gone").Set(1, job.Id).Set(2, token).Set(3, expires).Run();
        tx.Expiries.Add(job.Id, expires, gone: true);
        tx.SetAnyGone();
        tx.Tally.Move(job.Lane, JobState.Running, null);
        tx.Moves.Erase(job);
    }

    /// <summary>Fails a job for good. Its hook becomes due now; or when the code of its last run has ended.</summary>
    public void Fail(Place job, int runNumber, long? token, bool withHook, JobState from)
    {
        if (job.Flags.HasFlag(JobFlags.Unique))
            tx.Unique.Ended(job.Lane, job.Id);
        tx.Moves.ToDone(job, JobState.Failed, runNumber, token, JobDefaults.FailedRetention, from);
        if (withHook && !job.Flags.HasFlag(JobFlags.Hold))
            tx.Moves.HookToPending(job, tx.Now);
    }

    public void Cancel(Place job, int runNumber, long? token, JobState from)
    {
        if (job.Flags.HasFlag(JobFlags.Unique))
            tx.Unique.Ended(job.Lane, job.Id);
        tx.Moves.ToDone(job, JobState.Cancelled, runNumber, token, JobDefaults.CancelledRetention, from);
    }

    /// <summary>A run of a failed job's hook has ended.</summary>
    /// <param name="job">The failed job; its flags say whether the hook's code still runs.</param>
    /// <param name="due">When the hook is to run again, also in <see cref="StateRow.HookDue"/>; null: it is not.</param>
    public void HookEnded(Place job, long? due)
    {
        if (job.Flags.HasFlag(JobFlags.Hold))
            tx.Db.Get("Settle.AddDoneFlag").Set(1, job.Id).Set(2, (long)JobFlags.Hold).Run();
        else if (due is { } at)
            tx.Moves.HookToPending(job, at);
    }

    /// <summary>The code of a settled run has ended: what waited for it is claimable.</summary>
    public void EndHold(RunKey key)
    {
        if (tx.Db.Get("Settle.HoldOf").Set(1, key.Job.Value).Set(2, key.Token).Scalar() is not { } id)
            return;
        tx.Moves.EndHold(id);
        tx.Db.Get("Settle.DropHeldFlag").Set(1, id).Set(2, (long)JobFlags.Hold).Run();
        tx.Db.Get("Settle.DropDoneFlag").Set(1, id).Set(2, (long)JobFlags.Hold).Run();

        if (tx.Finder.Find(id) is not { } job)
            return;
        if (job.State == JobState.Waiting)
        {
            tx.Moves.LeaveHeld(id);
            tx.Moves.ToPending(job.Place, job.Due, JobState.Waiting);
        }
        else if (job.State == JobState.Failed && job.HookDue is { } due)
        {
            tx.Moves.HookToPending(job.Place, due);
        }
    }
}
