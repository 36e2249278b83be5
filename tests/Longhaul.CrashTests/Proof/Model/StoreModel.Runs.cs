using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>Claims, settlements and flushes of the model.</summary>
internal sealed partial class StoreModel
{
    private string Claim(Step.Claim o, int number)
    {
        var index = Choice.FromNewest(o.Session, _sessions.Count);
        if (index < 0)
            return "";
        _claims.Add(number + 1);
        var session = _sessions[index];
        if (!session.IsLive)
            return "lost";

        var asked = o.Among == 0 ? [.. Ranked()] : Step.Queues.Take(o.Among).ToList();
        asked.RemoveAll(_pausedQueues.Contains);
        var candidates = Jobs.Where(j => asked.Contains(j.Queue) && session.Names.Contains(j.Name) && ClaimableFrom(j) <= Now);
        var inOrder = o.OldestFirst
            ? candidates.OrderBy(ClaimableFrom).ThenBy(static j => j.Index)
            : candidates.OrderBy(j => asked.IndexOf(j.Queue)).ThenBy(static j => j.Priority).ThenBy(ClaimableFrom).ThenBy(static j => j.Index);
        var runs = new List<string>();
        var suspectAllowed = o.AllowSuspect;
        foreach (var job in inOrder.ToList())
        {
            if (runs.Count == o.Slots + o.Prefetch)
                break;
            var suspect = job.State == JobState.Pending && job.IsSuspect;
            if (suspect && !suspectAllowed)
                continue;
            suspectAllowed &= !suspect;
            runs.Add(Begin(job, session, number + 1, prefetched: runs.Count >= o.Slots));
        }

        var next = Jobs.Where(j => asked.Contains(j.Queue) && session.Names.Contains(j.Name) && ClaimableFrom(j) > Now && ClaimableFrom(j) < double.MaxValue).Select(ClaimableFrom).DefaultIfEmpty(-1).Min();
        return $"[{string.Join("; ", runs)}]" + (runs.Count < o.Slots + o.Prefetch ? $" next={(next < 0 ? "" : Moment(next - Now))}" : "");
    }

    /// <summary>From when on the job or its hook can be claimed.</summary>
    private static double ClaimableFrom(ModelJob job)
        => job.State == JobState.Pending ? job.DueAt
            : job is { HookDueAt: { } hook, Hold: null, Run: null } ? hook
            : double.MaxValue;

    private string Begin(ModelJob job, ModelSession session, int claim, bool prefetched)
    {
        var hook = job.State != JobState.Pending;
        var run = new ModelClaim(_runs.Count, session.Index, claim, hook ? RunKind.FailedHook : job.NextKind) { Begun = !prefetched };
        _runs.Add((job.Index, claim));
        job.Run = run;
        job.Runs++;
        var due = hook ? job.HookDueAt : job.DueAt;
        if (!hook)
        {
            job.State = JobState.Running;
            GiveUpKey(job, UniqueScope.UntilStarted);
        }

        return $"r{run.Run}=j{job.Index} {run.Kind} run={job.Runs} attempts={(hook ? job.HookTries : job.Attempts)} lost={job.LostRuns} prefetched={prefetched} due={Moment(due)} checkpoint={job.Checkpoint} progress={job.Progress} items={job.Items.Count} error={(hook ? job.Error : "")}";
    }

    private string FindClaim(Step.FindClaim o)
    {
        var (session, claim) = (Choice.FromNewest(o.Session, _sessions.Count), Choice.FromNewest(o.Number, _claims.Count));
        if (session < 0 || claim < 0)
            return "";
        return string.Join(' ', Jobs.Select(static j => j.Run).OfType<ModelClaim>().Where(r => r.Session == session && r.Claim == _claims[claim]).OrderBy(static r => r.Run).Select(static r => $"r{r.Run}"));
    }

    /// <summary>The job of a run, when that is its current one.</summary>
    private ModelJob? Current(int run) => _jobs[_runs[run].Job] is { Run: { } current } job && current.Run == run ? job : null;

    private string Settle(Step.Settle o, int number)
    {
        var run = Choice.FromNewest(o.Run, _runs.Count);
        if (run < 0)
            return "";
        var children = o.Update.HasFlag(Step.Parts.Child) ? NewChild() : -1;
        var index = _runs[run].Job;
        if (Current(run) is not { } job)
        {
            if (_jobs[index] is { } known && known.SettledRun == run)
                return $"AlreadyYours {known.State}";
            return _jobs[index] is null && _gone.TryGetValue(index, out var gone) && gone.Run == run && gone.Until > Now ? "AlreadyYours Completed" : "LeaseLost";
        }

        Apply(job, o.Update, number, children);
        var (order, reason, hook) = (job.Order, job.OrderReason, job.RunIsHook);
        var session = job.Run!.Session;
        EndRun(job);
        job.SettledRun = run;
        if (o.CodeStillRuns)
            job.Hold = (run, session);
        if (hook)
        {
            SettleHook(job, o);
            return $"Settled {job.State}";
        }

        if (o.Outcome is Outcome.Retry or Outcome.Failed)
        {
            job.Attempts++;
            job.Error = $"error {number}";
        }

        var own = o.Outcome is Outcome.Cancelled or Outcome.Paused ? $"reason {number}" : null;
        SettleJob(job, o, order, order is null ? own : reason);
        return _jobs[index] is null ? "Settled Completed" : $"Settled {job.State}";
    }

    private void SettleJob(ModelJob job, Step.Settle o, RunOrderKind? order, string? reason)
    {
        switch (o.Outcome)
        {
            case Outcome.Completed:
                job.Error = null;
                job.NextKind = RunKind.Job;
                End(job, JobState.Completed, o.Forget ? TimeSpan.Zero : JobDefaults.Retention);
                if (o.Forget)
                {
                    _gone[job.Index] = (job.SettledRun, Now + JobDefaults.NonceRetention.TotalSeconds);
                    _jobs[job.Index] = null;
                }

                return;
            case Outcome.Failed:
                End(job, JobState.Failed, JobDefaults.FailedRetention);
                if (o.Hook)
                    job.HookDueAt = Now;
                return;
            case Outcome.Cancelled:
                End(job, JobState.Cancelled, JobDefaults.CancelledRetention, reason);
                return;
        }

        var due = o.Outcome switch
        {
            Outcome.Retry => Now + o.Delay,
            Outcome.Yielded => Now,
            _ => job.DueAt,
        };
        if (order == RunOrderKind.Cancel)
        {
            End(job, JobState.Cancelled, JobDefaults.CancelledRetention, reason);
        }
        else if (order == RunOrderKind.Pause)
        {
            job.DueAt = due;
            Pause(job, reason);
        }
        else
        {
            MakePending(job, due);
        }
    }

    private void SettleHook(ModelJob job, Step.Settle o)
    {
        if (o.Outcome is Outcome.HandedBack or Outcome.Yielded or Outcome.Paused)
            return; // due as it was
        if (o.Outcome == Outcome.Retry && ++job.HookTries < JobDefaults.FailedHookTries)
            job.HookDueAt = Now + o.Delay;
        else
            DropHook(job);
    }

    private string Flush(Step.Flush o, int number)
    {
        var run = Choice.FromNewest(o.Run, _runs.Count);
        if (run < 0)
            return "";
        var child = o.Update.HasFlag(Step.Parts.Child) ? NewChild() : -1;
        if (Current(run) is not { } job)
            return "LeaseLost";
        Apply(job, o.Update, number, child);
        return "Written";
    }

    private int NewChild()
    {
        var index = _jobs.Count;
        Add(() => new ModelJob(index, Step.Names[0], Step.Queues[0], JobDefaults.Priority, JobDefaults.MaxLostRuns, null) { DueAt = Now });
        return index;
    }

    private void Apply(ModelJob job, Step.Parts parts, int number, int child)
    {
        if (child >= 0)
            Write(child, otherNonce: false);
        if (parts.HasFlag(Step.Parts.Headway))
            job.LostRuns = 0;
        if (parts.HasFlag(Step.Parts.Progress))
            job.Progress = number;
        if (parts.HasFlag(Step.Parts.Checkpoint))
            job.Checkpoint = Moment(number);
        if (parts.HasFlag(Step.Parts.ItemFailure))
            job.Items.Add(number % 3);
        if (parts.HasFlag(Step.Parts.MendedItem))
            job.Items.Remove((number + 1) % 3);
    }

    private string EndHold(Step.EndHold o)
    {
        var run = Choice.FromNewest(o.Run, _runs.Count);
        if (run >= 0 && _jobs[_runs[run].Job] is { } job && job.Hold?.Run == run)
            EndHold(job);
        return "";
    }

    private void EndHold(ModelJob job)
    {
        job.Hold = null;
        if (job.State == JobState.Waiting)
            MakePending(job, job.DueAt);
    }
}
