namespace Longhaul.Proof;

/// <summary>I23: a cancel reaches the running job in time, and nothing starts after it was acknowledged.</summary>
internal sealed class CancelReaches() : HistoryCheck("I23", "a cancel reaches a running job within a heartbeat and 1 s, and nothing starts after it was acknowledged")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        var reached = new List<long>();
        foreach (var job in history.Jobs)
        {
            foreach (var cancel in job.ActsOf(JobActions.Cancel).Where(static a => a.IsOk))
            {
                if (cancel.Answer!.Answer is not ("Ordered" or "Done"))
                    continue;
                var next = job.Runs.Find(r => r.IsJob && cancel.IsBefore(r.Claim));
                if (next is not null && !job.ActsOf(JobActions.MakeDue).Any(a => a.InvokedAt < next.Claim.AnsweredAt))
                    findings.Broken($"job {job.Id} was started again (run {next.Number}) after its cancel was acknowledged");
                if (cancel.Answer.Answer == "Ordered")
                    LookAtRun(findings, job, cancel, reached);
                else
                    findings.Tried();
            }
        }

        findings.Milliseconds("cancelMs", reached);
    }

    private static void LookAtRun(Findings findings, JobStory job, Operation cancel, List<long> reached)
    {
        var history = findings.History;
        var limit = MonotonicClock.Of(findings.Limits.Heartbeat) + MonotonicClock.Second;
        var run = job.Runs.FindLast(r => r.Begin is not null && r.Begin.T < cancel.InvokedAt);
        if (run is null || run.End?.T < cancel.AnsweredAt + limit || history.SurelyOver(job, run, bySettle: true) < cancel.AnsweredAt + limit)
            return; // it ended by itself
        var process = history.Process(run.Proc);
        if (process.IsGoneAt(cancel.AnsweredAt + limit) || process.WasAway(cancel.InvokedAt, cancel.AnsweredAt + limit) || history.WasServerAway(cancel.InvokedAt, cancel.AnsweredAt + limit) || run.Told?.T < cancel.InvokedAt)
            return;
        findings.Tried();
        if (run.Told is null)
            findings.Broken($"run {run.Number} of job {job.Id} was never told that it is cancelled");
        else if (run.Told.T - cancel.AnsweredAt > limit)
            findings.Broken($"run {run.Number} of job {job.Id} was told of its cancel after {MonotonicClock.Milliseconds(run.Told.T - cancel.AnsweredAt):0} ms");
        if (run.Told is not null)
            reached.Add(Math.Max(0, run.Told.T - cancel.AnsweredAt));
    }
}

/// <summary>I24: of a cancel and a completion one wins, and everybody is told the same.</summary>
internal sealed class CancelRace() : HistoryCheck("I24", "a cancel and a completion have one winner, and both callers are told the same")
{
    protected override void Look(Findings findings)
    {
        foreach (var job in findings.History.Jobs.Where(static j => j.ActsOf(JobActions.Cancel).Any()))
        {
            if (job.ActsOf(JobActions.Revive).Any() || job.ActsOf(JobActions.EndRuns).Any())
                continue;
            var told = Told(job).ToList();
            if (told.Count > 0)
                findings.Tried();
            var states = told.Select(static t => t.State).Distinct().ToList();
            if (states.Count > 1)
                findings.Broken($"job {job.Id}: {string.Join(", ", told.Select(static t => $"{t.Who} was told {t.State}"))}");
            if (job.Dump is { State: { } end } && states.Count == 1 && states[0] != end)
                findings.Broken($"job {job.Id} is {end}, but {told[0].Who} was told {states[0]}");
        }
    }

    /// <summary>Every final state that somebody was told.</summary>
    private static IEnumerable<(string Who, JobState State)> Told(JobStory job)
    {
        foreach (var cancel in job.Acts.Where(static a => a is { Call.What: "Cancel", Answer: { Answer: "Done" or "WrongState", State: JobState.Completed or JobState.Failed or JobState.Cancelled } }))
            yield return ("the canceller", cancel.Answer!.State!.Value);
        foreach (var run in job.Runs.Where(static r => r.IsJob))
        {
            if (run.Settled is { Answer.State: JobState.Completed or JobState.Failed or JobState.Cancelled } settled)
                yield return ($"run {run.Number}", settled.Answer!.State!.Value);
        }
    }
}

/// <summary>I30: a job changes its state only as it may.</summary>
internal sealed class StateMachine() : HistoryCheck("I30", "an ended or paused job comes back only when somebody asked for it")
{
    private static readonly JobActions LeavePause = new("Resume", "Release", "ReleaseAndResetAttempts", "Restart", "Cancel", "Retry");

    protected override void Look(Findings findings)
    {
        foreach (var job in findings.History.Jobs)
        {
            var seen = Sightings(job).OrderBy(static s => s.At.InvokedAt).ToList();
            for (var i = 0; i < seen.Count; i++)
            {
                // The next sighting that surely came later.
                var next = seen.FindIndex(i + 1, s => seen[i].At.IsBefore(s.At));
                if (next < 0)
                    continue;
                findings.Tried();
                LookAt(findings, job, seen[i], seen[next]);
            }
        }
    }

    private static void LookAt(Findings findings, JobStory job, Sighting from, Sighting to)
    {
        if (from.State == to.State)
            return;
        var asked = from.State switch
        {
            JobState.Completed or JobState.Failed or JobState.Cancelled => JobActions.Revive,
            JobState.Paused => LeavePause,
            _ => default,
        };
        if (asked.Names is null)
            return;
        if (!job.ActsOf(asked).Any(a => a.InvokedAt < to.At.AnsweredAt && findings.History.LatestEffect(a) > from.At.InvokedAt))
            findings.Broken($"job {job.Id} went from {from.State} to {to.State}, and nobody asked for it");
    }

    private static IEnumerable<Sighting> Sightings(JobStory job)
    {
        foreach (var run in job.Runs)
        {
            if (run.IsJob)
                yield return new Sighting(JobState.Running, run.Claim);
            foreach (var settle in run.Settles.Where(static s => s is { IsOk: true, Answer: { Answer: "Settled", State: not null } }))
                yield return new Sighting(settle.Answer!.State!.Value, settle);
        }

        foreach (var act in job.Acts.Where(static a => a is { IsOk: true, Answer: { Answer: "Done", State: not null } }))
            yield return new Sighting(act.Answer!.State!.Value, act);
        foreach (var read in job.Seen.Where(static s => s.Answer!.State is not null))
            yield return new Sighting(read.Answer!.State!.Value, read);
        if (job.Dump is { State: { } end })
            yield return new Sighting(end, new Operation(job.Dump, job.Dump));
    }

    private sealed record Sighting(JobState State, Operation At);
}
