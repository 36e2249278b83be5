using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        RefuseMoreThan(1_000, jobs.Count, "jobs");
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<IReadOnlyList<ActionAnswer>>(cancellationToken);

        var answers = new ActionAnswer[jobs.Count];
        lock (_gate)
        {
            var now = Now();
            for (var i = 0; i < answers.Length; i++)
            {
                answers[i] = _jobs.Find(jobs[i].Value) is { } job
                    ? Answer(action, job, Act(action, job, context, now), now)
                    : new ActionAnswer(jobs[i], ActionStatus.NotFound, null);
            }
        }

        return Task.FromResult<IReadOnlyList<ActionAnswer>>(answers);
    }

    private ActionAnswer Answer(JobAction action, StoredJob job, ActionStatus status, long now) => new(
        new JobId(job.Id),
        status,
        action == JobAction.Delete ? null : job.State,
        status == ActionStatus.KeyTaken ? new JobId(OccupantOf(SlotOf(job), now)!.Job) : null);

    private ActionStatus Act(JobAction action, StoredJob job, ActionContext context, long now)
    {
        var status = action switch
        {
            JobAction.Cancel => AskCancel(job, context, now),
            JobAction.Pause => AskPause(job, context, now),
            JobAction.Resume => Resume(job, now),
            JobAction.Retry => Revive(job, RunKind.Job, fits: job.State is JobState.Failed or JobState.Cancelled, now),
            JobAction.RetryItems => Revive(job, RunKind.FailedItems, fits: job is { State: JobState.Completed or JobState.Failed, More.Items.Count: > 0 }, now),
            JobAction.Restart => Restart(job, now),
            JobAction.Release or JobAction.ReleaseAndResetAttempts => Release(job, action == JobAction.ReleaseAndResetAttempts, now),
            JobAction.Delete => Delete(job),
            _ => throw new ArgumentOutOfRangeException(nameof(action), action, "Not an action on a job."),
        };
        if (status is ActionStatus.WrongState or ActionStatus.KeyTaken || action == JobAction.Delete)
            return status;

        var kind = (action, job.State) switch
        {
            (JobAction.Cancel, JobState.Cancelled) => HistoryKind.Cancelled,
            (JobAction.Pause, JobState.Paused) => HistoryKind.Paused,
            _ => HistoryKind.Asked,
        };
        RecordAction(job, kind, context, kind == HistoryKind.Asked ? StorageText.Asked(action, context.Reason) : Clean(context.Reason), now);
        return status;
    }

    private ActionStatus AskCancel(StoredJob job, ActionContext context, long now)
    {
        switch (job.State)
        {
            case JobState.Running:
                if (job.Asked?.Kind != RunOrderKind.Cancel)
                    Ask(job, RunOrderKind.Cancel, context, now);
                return ActionStatus.Ordered;
            case JobState.Waiting or JobState.Pending or JobState.Paused:
                Cancel(job, StorageText.Reason(context.By, context.Reason), now);
                return ActionStatus.Done;
            default:
                return ActionStatus.WrongState;
        }
    }

    private ActionStatus AskPause(StoredJob job, ActionContext context, long now)
    {
        switch (job.State)
        {
            case JobState.Running when job.Asked?.Kind == RunOrderKind.Cancel:
                return ActionStatus.WrongState;
            case JobState.Running:
                if (job.Asked is null)
                    Ask(job, RunOrderKind.Pause, context, now);
                return ActionStatus.Ordered;
            case JobState.Waiting or JobState.Pending:
                Pause(job, StorageText.Reason(context.By, context.Reason), now);
                return ActionStatus.Done;
            default:
                return ActionStatus.WrongState;
        }
    }

    private static void Ask(StoredJob job, RunOrderKind kind, ActionContext context, long now)
    {
        job.Asked = new AskedOfRun(kind, Clean(context.By), Clean(context.Reason), now);
        job.UpdatedAt = now;
    }

    private ActionStatus Resume(StoredJob job, long now)
    {
        switch (job.State)
        {
            case JobState.Paused:
                MakePending(job, job.DueAt, now);
                return ActionStatus.Done;
            case JobState.Running when job.Asked?.Kind == RunOrderKind.Pause:
                job.Asked = null;
                job.UpdatedAt = now;
                return ActionStatus.Done;
            default:
                return ActionStatus.WrongState;
        }
    }

    private ActionStatus Revive(StoredJob job, RunKind kind, bool fits, long now)
    {
        if (!fits)
            return ActionStatus.WrongState;
        if (!TryTakeKeyAgain(job, now))
            return ActionStatus.KeyTaken;
        if (job.Token != 0)
            EndRun(job); // of the hook
        DropHook(job);
        job.NextKind = kind;
        job.FailedAttempts = 0;
        job.LostRuns = 0;
        MakePending(job, now, now);
        return ActionStatus.Done;
    }

    private ActionStatus Restart(StoredJob job, long now)
    {
        if (job.HasEnded && !TryTakeKeyAgain(job, now))
            return ActionStatus.KeyTaken;
        if (job.Token != 0)
            EndRun(job);
        ForgetHold(job);
        DropHook(job);
        job.NextKind = RunKind.Job;
        job.FailedAttempts = 0;
        job.LostRuns = 0;
        job.Error = null;
        if (job.More is { } more)
        {
            more.Progress = null;
            more.ProgressAt = 0;
            more.Checkpoint = null;
            more.CheckpointAt = 0;
            more.Result = null;
            more.Items = null;
        }

        MakePending(job, now, now);
        return ActionStatus.Done;
    }

    private ActionStatus Release(StoredJob job, bool resetAttempts, long now)
    {
        if (job.HasEnded)
            return ActionStatus.WrongState;
        if (job.Token != 0)
            EndRun(job);
        ForgetHold(job);
        if (resetAttempts)
            job.FailedAttempts = 0;
        MakePending(job, now, now);
        return ActionStatus.Done;
    }

    private ActionStatus Delete(StoredJob job)
    {
        Remove(job);
        return ActionStatus.Done;
    }
}
