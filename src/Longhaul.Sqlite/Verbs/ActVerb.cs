using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>What people do to jobs.</summary>
internal sealed class ActVerb(Transaction tx)
{
    public ActionAnswer Run(JobAction action, JobId id, ActionContext context)
    {
        if (tx.Finder.Find(id.Value) is not { } job)
            return new(id, ActionStatus.NotFound, null);
        if (Do(action, job, context) is not var (status, state))
            return new(id, ActionStatus.WrongState, job.State);
        return new(id, status, state, status == ActionStatus.KeyTaken ? KeyHolder(job) : null);
    }

    /// <summary>Takes a job out of the table of its state, with its hook and its run.</summary>
    public void Leave(FoundJob job)
    {
        var id = job.Place.Id;
        if (job.Runs)
            tx.Db.Get("Moves.LeaveRun").Set(1, id).Run(); // fences the run off
        if (job.State == JobState.Pending)
            tx.Pending.Leave(job.Place, job.Due);
        else if (job.State is JobState.Waiting or JobState.Paused)
            tx.Moves.LeaveHeld(id);
        else if (job.State != JobState.Running)
            LeaveDone(job);
    }

    /// <summary>Removes a job, whatever its state.</summary>
    public void Delete(FoundJob job)
    {
        Leave(job);
        tx.Tally.Move(job.Place.Lane, job.State, null);
        tx.Moves.Erase(job.Place);
    }

    private (ActionStatus, JobState?)? Do(JobAction action, FoundJob job, ActionContext context) => action switch
    {
        JobAction.Cancel => job.State switch
        {
            JobState.Running => Order(job, action, RunOrderKind.Cancel, context),
            JobState.Waiting or JobState.Pending or JobState.Paused => Cancel(job, context),
            _ => null,
        },
        JobAction.Pause => job.State switch
        {
            JobState.Running => OrderOf(job) == RunOrderKind.Cancel ? null : Order(job, action, RunOrderKind.Pause, context),
            JobState.Waiting or JobState.Pending => Pause(job, context),
            _ => null,
        },
        JobAction.Resume => job.State == JobState.Paused ? Resume(job, context)
            : job.State == JobState.Running && OrderOf(job) == RunOrderKind.Pause ? Withdraw(job, context) : null,
        JobAction.Retry => job.State is JobState.Failed or JobState.Cancelled ? Revive(job, action, context) : null,
        JobAction.RetryItems => job.State is JobState.Completed or JobState.Failed && tx.States.Get(job.Place.Id)?.ItemFailures > 0
            ? Revive(job, action, context) : null,
        JobAction.Restart => Revive(job, action, context),
        JobAction.Release or JobAction.ReleaseAndResetAttempts => job.State < JobState.Completed ? Revive(job, action, context) : null,
        JobAction.Delete => Remove(job),
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "Not an action on a job."),
    };

    private (ActionStatus, JobState?) Order(FoundJob job, JobAction action, RunOrderKind order, ActionContext context)
    {
        if (OrderOf(job) != order)
        {
            tx.Db.Get("Act.Order").Set(1, job.Place.Id).Set(2, (long)order).Set(3, tx.Now).Set(4, context.By.Cleaned()).Set(5, context.Reason.Cleaned()).Run();
            tx.Db.Get("Update.Run").Set(1, job.Place.Id).Set(2, (long)(job.Place.Flags | JobFlags.Rows)).Set(3, false).Run();
        }

        Asked(job, action, context);
        return (ActionStatus.Ordered, JobState.Running);
    }

    private (ActionStatus, JobState?) Withdraw(FoundJob job, ActionContext context)
    {
        tx.Db.Get("Act.Order").Set(1, job.Place.Id).SetNull(2).SetNull(3).SetNull(4).SetNull(5).Run();
        Asked(job, JobAction.Resume, context);
        return (ActionStatus.Done, JobState.Running);
    }

    private (ActionStatus, JobState?) Cancel(FoundJob job, ActionContext context)
    {
        var (place, state) = Remember(job, StorageText.Reason(context.By, context.Reason));
        Leave(job);
        tx.History.OfPerson(place.Id, HistoryKind.Cancelled, null, context, context.Reason);
        tx.Ends.Cancel(place, state.RunNumber, null, job.State);
        return (ActionStatus.Done, JobState.Cancelled);
    }

    private (ActionStatus, JobState?) Pause(FoundJob job, ActionContext context)
    {
        var (place, _) = Remember(job, StorageText.Reason(context.By, context.Reason));
        Leave(job);
        tx.History.OfPerson(place.Id, HistoryKind.Paused, null, context, context.Reason);
        tx.Moves.ToHeld(place, JobState.Paused, job.State);
        return (ActionStatus.Done, JobState.Paused);
    }

    private (ActionStatus, JobState?) Resume(FoundJob job, ActionContext context)
    {
        var (place, _) = Remember(job, null);
        Leave(job);
        Asked(job, JobAction.Resume, context);
        return (ActionStatus.Done, tx.Moves.ToPending(place, job.Due, JobState.Paused));
    }

    private (ActionStatus, JobState?) Revive(FoundJob job, JobAction action, ActionContext context)
    {
        var ended = job.State >= JobState.Completed;
        if (ended && job.Place.Flags.HasFlag(JobFlags.Unique) && !tx.Unique.TryRevive(job.Place.Lane, job.Place.Id))
            return (ActionStatus.KeyTaken, job.State);

        var (place, state) = Remember(job, null);
        Leave(job);
        Asked(job, action, context);
        state.Due = tx.Now;
        state.HookDue = null;
        state.HookTries = 0;
        if (action is not JobAction.Release)
            state.FailedAttempts = 0;
        if (action is JobAction.Retry or JobAction.RetryItems or JobAction.Restart)
            state.LostRuns = 0;
        if (action == JobAction.Restart)
        {
            state.ItemFailures = 0;
            tx.States.Restart(place.Id);
        }

        tx.States.Save(state);
        return (ActionStatus.Done, tx.Moves.ToPending(place with { Flags = FlagsAfter(action, place, state) }, tx.Now, job.State));
    }

    private JobFlags FlagsAfter(JobAction action, Place place, StateRow state)
    {
        var flags = place.Flags;
        if (state.LostRuns < JobDefaults.SuspectAfter)
            flags &= ~JobFlags.Suspect;
        if (action is JobAction.Restart or JobAction.Retry)
            flags &= ~JobFlags.OfRun;
        if (action == JobAction.RetryItems)
            flags |= JobFlags.Items;
        if (action is JobAction.Retry or JobAction.RetryItems || !flags.HasFlag(JobFlags.Hold))
            return flags;
        tx.Moves.EndHold(place.Id);
        return flags & ~JobFlags.Hold;
    }

    private (ActionStatus, JobState?) Remove(FoundJob job)
    {
        Delete(job);
        return (ActionStatus.Done, null);
    }

    /// <summary>Makes sure of a job's row of state, with what its run, if it has one, adds to it.</summary>
    private (Place Place, StateRow State) Remember(FoundJob job, string? reason)
    {
        var place = job.Place with { Flags = job.Place.Flags | JobFlags.State | JobFlags.Rows };
        StateRow state;
        if (job.Runs && tx.Settle.Read(place.Id) is { } run)
        {
            state = tx.Settle.Remember(run, settledBy: null);
            tx.States.Save(state);
        }
        else
        {
            state = tx.States.Need(place.Id, job.Place.Flags);
            tx.States.Save(state);
        }

        tx.States.SetReason(place.Id, reason);
        return (place, state);
    }

    private void LeaveDone(FoundJob job)
    {
        tx.Moves.LeaveDone(job.Place.Id);
        if (job.HookDue is { } due)
            tx.Pending.Leave(job.Place, due);
    }

    private void Asked(FoundJob job, JobAction action, ActionContext context)
        => tx.History.OfPerson(job.Place.Id, HistoryKind.Asked, null, context, StorageText.Asked(action, context.Reason));

    private JobId? KeyHolder(FoundJob job) => tx.Unique.HolderOfKeyOf(job.Place.Lane, job.Place.Id) is { } holder ? new JobId(holder) : null;

    private RunOrderKind? OrderOf(FoundJob job) => tx.Settle.Read(job.Place.Id)?.Order;
}
