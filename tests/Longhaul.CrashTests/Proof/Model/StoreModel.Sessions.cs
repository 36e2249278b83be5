using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>Sessions, recovery and what people do, in the model.</summary>
internal sealed partial class StoreModel
{
    private const string Reason = "so it is (by ann)";

    private string Open(Step.OpenSession o)
    {
        _sessions.Add(new ModelSession(_sessions.Count, Step.Leases[o.Kind % 2].TotalSeconds, o.Kind == 3 ? [Step.Names[0]] : Step.Names) { RenewedAt = Now });
        return "";
    }

    private string OpenAgain(Step.OpenAgain o)
    {
        var index = Choice.FromNewest(o.Session, _sessions.Count);
        if (index < 0)
            return "";
        if (!_sessions[index].IsLive)
            return "refused";
        _sessions[index].RenewedAt = Now;
        return "renewed";
    }

    private string Close(Step.CloseSession o)
    {
        if (Choice.FromNewest(o.Session, _sessions.Count) is not (var index and >= 0) || _sessions[index] is not { IsLive: true } session)
            return "";
        EndSession(session, WorkerState.Gone);
        foreach (var job in Jobs.Where(j => j.Run?.Session == index).ToList())
        {
            var (order, reason, hook) = (job.Order, job.OrderReason, job.RunIsHook);
            EndRun(job);
            if (!hook)
                CarryOut(job, order, reason);
        }

        return "";
    }

    private void EndSession(ModelSession session, WorkerState state)
    {
        session.State = state;
        session.EndedAt = Now;
        foreach (var job in Jobs.Where(j => j.Hold?.Session == session.Index).ToList())
            EndHold(job);
    }

    private void CarryOut(ModelJob job, RunOrderKind? order, string? reason)
    {
        if (order == RunOrderKind.Cancel)
            End(job, JobState.Cancelled, JobDefaults.CancelledRetention, reason);
        else if (order == RunOrderKind.Pause)
            Pause(job, reason);
        else
            MakePending(job, job.DueAt);
    }

    private string Beat(Step.Beat o)
    {
        var index = Choice.FromNewest(o.Session, _sessions.Count);
        if (index < 0)
            return "";
        var session = _sessions[index];
        if (!session.IsLive)
            return "lost";
        if (o.Renew)
            session.RenewedAt = Now;
        var runs = Jobs.Where(j => j.Run?.Session == index).ToList();
        var orders = runs.Where(static j => j.Order is not null).Select(static j => $"r{j.Run!.Run}:{j.Order}").Concat(runs.Where(j => j.WatchedUntil > Now).Select(static j => $"r{j.Run!.Run}:Watch"));
        var seen = runs.Select(static j => $"r{j.Run!.Run}:{j.Order}").Order(StringComparer.Ordinal).ToList();
        if (Choice.FromNewest(o.Begun, _runs.Count) is var begun and >= 0 && Current(begun) is { } job && job.Run!.Session == index)
            job.Run!.Begun = true;
        var peers = _sessions.Where(s => s.IsLive && s != session).Select(s => $"s{s.Index}{(Now - s.RenewedAt > s.Lease ? "!" : "")}");
        return $"agree={o.KnowsAll || runs.Count == 0} runs=[{string.Join(' ', seen)}] orders=[{string.Join(' ', orders.Order(StringComparer.Ordinal))}] order={session.Order} peers=[{string.Join(' ', peers.Order(StringComparer.Ordinal))}]";
    }

    private string Recover(Step.Recover o)
    {
        const string Nothing = "dead=[] recovered=[] failed=[]";
        var observer = o.Observer < 0 ? -1 : Choice.FromNewest(o.Observer, _sessions.Count);
        if (observer >= 0 && !_sessions[observer].IsLive)
            return Nothing;
        bool IsDead(ModelSession s) => ((o.Proven & (1 << (s.Index % 3))) != 0 && s.Index + 3 >= _sessions.Count)
            || (o.OlderThan == 0 ? Now - s.RenewedAt > s.Lease : Now - s.RenewedAt >= (o.OlderThan * 20) + 0.5);
        var dead = _sessions.Where(s => s.IsLive && s.Index != observer && IsDead(s)).ToList();
        var (recovered, failed) = (new List<ModelJob>(), new List<ModelJob>());
        foreach (var session in dead)
            TakeOver(session, recovered, failed);
        return $"dead=[{Sorted(dead.Select(static s => $"s{s.Index}"))}] recovered=[{Sorted(recovered.Select(static j => $"j{j.Index}"))}] failed=[{Sorted(failed.Select(static j => $"j{j.Index}"))}]";
    }

    private void TakeOver(ModelSession session, List<ModelJob> recovered, List<ModelJob> failed)
    {
        EndSession(session, WorkerState.Dead);
        var lost = Jobs.Where(j => j.Run?.Session == session.Index).ToList();
        bool Suspected(ModelJob job) => job is { RunIsHook: false, IsSuspect: true, Run.Begun: true };
        var suspect = lost.Exists(Suspected);
        foreach (var job in lost)
        {
            var (begun, counts) = (job.Run!.Begun, suspect ? Suspected(job) : job.Run.Begun);
            var (order, reason) = (job.Order, job.OrderReason);
            if (job.RunIsHook)
            {
                EndRun(job);
                if (begun && ++job.HookTries >= JobDefaults.FailedHookTries)
                    DropHook(job);
                continue;
            }

            EndRun(job);
            if (counts)
                job.LostRuns++;
            if (counts && job.LostRuns > job.MaxLostRuns && order != RunOrderKind.Cancel)
            {
                job.Error = "lost";
                End(job, JobState.Failed, JobDefaults.FailedRetention);
                job.HookDueAt = Now;
                failed.Add(job);
                continue;
            }

            CarryOut(job, order, reason);
            recovered.Add(job);
        }
    }

    private string Act(Step.Act o)
    {
        var index = Choice.FromNewest(o.Job, _jobs.Count);
        if (index < 0)
            return "";
        if (_jobs[index] is not { } job)
            return $"j{index} NotFound ";
        var status = o.Action switch
        {
            JobAction.Cancel => Cancel(job),
            JobAction.Pause => AskPause(job),
            JobAction.Resume => Resume(job),
            JobAction.Retry => Revive(job, RunKind.Job, job.State is JobState.Failed or JobState.Cancelled),
            JobAction.RetryItems => Revive(job, RunKind.FailedItems, job.State is JobState.Completed or JobState.Failed && job.Items.Count > 0),
            JobAction.Restart => Restart(job),
            JobAction.Release or JobAction.ReleaseAndResetAttempts => Release(job, o.Action == JobAction.ReleaseAndResetAttempts),
            _ => ActionStatus.Done,
        };
        if (o.Action == JobAction.Delete)
            Delete(job);
        return $"j{index} {status} {(o.Action == JobAction.Delete ? "" : job.State)}";
    }

    private ActionStatus Cancel(ModelJob job)
    {
        if (job.HasEnded)
            return ActionStatus.WrongState;
        if (job.State != JobState.Running)
        {
            End(job, JobState.Cancelled, JobDefaults.CancelledRetention, Reason);
            return ActionStatus.Done;
        }

        (job.Order, job.OrderReason) = (RunOrderKind.Cancel, Reason);
        return ActionStatus.Ordered;
    }

    private ActionStatus AskPause(ModelJob job)
    {
        if (job.State is JobState.Waiting or JobState.Pending)
        {
            Pause(job, Reason);
            return ActionStatus.Done;
        }

        if (job.State != JobState.Running || job.Order == RunOrderKind.Cancel)
            return ActionStatus.WrongState;
        (job.Order, job.OrderReason) = (RunOrderKind.Pause, Reason);
        return ActionStatus.Ordered;
    }

    private ActionStatus Resume(ModelJob job)
    {
        if (job is { State: JobState.Running, Order: RunOrderKind.Pause })
        {
            job.Order = null;
            return ActionStatus.Done;
        }

        if (job.State != JobState.Paused)
            return ActionStatus.WrongState;
        MakePending(job, job.DueAt);
        return ActionStatus.Done;
    }

    private ActionStatus Revive(ModelJob job, RunKind kind, bool fits)
    {
        if (!fits)
            return ActionStatus.WrongState;
        if (!TakeKeyAgain(job))
            return ActionStatus.KeyTaken;
        EndRun(job);
        DropHook(job);
        job.NextKind = kind;
        job.Attempts = job.LostRuns = 0;
        MakePending(job, Now);
        return ActionStatus.Done;
    }

    private ActionStatus Restart(ModelJob job)
    {
        if (job.HasEnded && !TakeKeyAgain(job))
            return ActionStatus.KeyTaken;
        EndRun(job);
        DropHook(job);
        job.Hold = null;
        job.NextKind = RunKind.Job;
        job.Attempts = job.LostRuns = 0;
        job.Error = null;
        job.Progress = null;
        job.Checkpoint = "";
        job.Items = [];
        MakePending(job, Now);
        return ActionStatus.Done;
    }

    private ActionStatus Release(ModelJob job, bool reset)
    {
        if (job.HasEnded)
            return ActionStatus.WrongState;
        EndRun(job);
        job.Hold = null;
        if (reset)
            job.Attempts = 0;
        MakePending(job, Now);
        return ActionStatus.Done;
    }

    private string Watch(Step.Watch o)
    {
        var index = Choice.FromNewest(o.Job, _jobs.Count);
        if (index < 0)
            return "";
        if (_jobs[index] is not { State: JobState.Running } job)
            return "False";
        job.WatchedUntil = Now + JobDefaults.WatchFor.TotalSeconds;
        return "True";
    }

    private string RestartWorkers()
    {
        var live = _sessions.FindAll(static s => s.IsLive);
        live.ForEach(static s => s.Order = WorkerOrder.Stop);
        return $"told {live.Count}";
    }

    private static string Sorted(IEnumerable<string> names) => string.Join(' ', names.Order(StringComparer.Ordinal));
}
