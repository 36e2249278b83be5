namespace Longhaul.Proof;

/// <summary>When a run may have ended, and from when on it surely had: a call takes effect somewhere between its sending and its answer.</summary>
internal static class RunEnds
{
    /// <summary>The last moment at which a call can have taken effect. A killed process sends nothing more.</summary>
    public static long LatestEffect(this History history, Operation operation)
        => operation is { Answer: not null, Outcome: not EventType.Info }
            ? operation.AnsweredAt
            : history.Process(operation.Call.Proc) is { Killed.T: var killed } ? killed : long.MaxValue;

    /// <summary>The earliest moment at which the run may have ended; <see cref="long.MaxValue"/>: nothing was done that could end it.</summary>
    public static long EarliestEnd(this History history, JobStory job, RunStory run)
    {
        var earliest = long.MaxValue;
        foreach (var settle in run.Settles.Where(static s => s.MayHaveHappened && s.Answer?.Answer != "LeaseLost"))
            May(settle);
        foreach (var recovery in job.Recoveries)
            May(recovery);
        foreach (var recovery in history.UnknownRecoveries)
            May(recovery);
        foreach (var act in job.ActsOf(JobActions.EndRuns))
            May(act);
        foreach (var close in history.Session(run.Session)?.Closes ?? [])
            May(close);
        foreach (var death in history.Session(run.Session)?.Deaths ?? []) // a lost hook is not named by the recovery
            May(death);
        return earliest;

        void May(Operation operation)
        {
            if (history.LatestEffect(operation) > run.Claim.InvokedAt)
                earliest = Math.Min(earliest, Math.Max(operation.InvokedAt, run.Claim.InvokedAt));
        }
    }

    /// <summary>The first moment at which the run surely was not the job's current one any more; <see cref="long.MaxValue"/>: not known.</summary>
    /// <param name="history">The history.</param>
    /// <param name="job">The run's job.</param>
    /// <param name="run">The run.</param>
    /// <param name="bySettle">Whether its own settlement counts too.</param>
    public static long SurelyOver(this History history, JobStory job, RunStory run, bool bySettle)
    {
        var over = long.MaxValue;
        if (bySettle && run.Settled is { } settled)
            over = settled.AnsweredAt;
        foreach (var next in job.Runs.Where(r => r.Fence > run.Fence))
            over = Math.Min(over, next.Claim.AnsweredAt);
        foreach (var recovery in job.Recoveries.Where(static r => r.IsOk))
            Surely(recovery);
        foreach (var act in job.ActsOf(JobActions.EndRuns).Where(static a => a.Answer is { Type: EventType.Ok, Answer: "Done" }))
            Surely(act);
        foreach (var close in (history.Session(run.Session)?.Closes ?? []).Where(static c => c.IsOk))
            Surely(close);
        foreach (var death in (history.Session(run.Session)?.Deaths ?? []).Where(static d => d.IsOk))
            Surely(death);
        return over;

        void Surely(Operation operation)
        {
            if (run.Claim.IsBefore(operation))
                over = Math.Min(over, operation.AnsweredAt);
        }
    }
}
