namespace Longhaul.Proof;

/// <summary>I28: a checkpoint never goes back, and the next run reads the last one that was acknowledged.</summary>
internal sealed class CheckpointMonotonic() : HistoryCheck("I28", "checkpoints only advance, a run resumes from the last acknowledged one, and a kill repeats little work")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        var repeated = new List<long>();
        var items = 0L;
        foreach (var job in history.Jobs.Where(static j => j.Runs.Count > 0 && !j.ActsOf(new JobActions("Restart")).Any()))
        {
            var writes = job.Runs.SelectMany(static r => r.Writes.Concat(r.Settles)).Where(static w => w.Call.Value is not null && w.MayHaveHappened && w.Answer?.Answer is not ("LeaseLost" or "Busy")).ToList();
            LookAtOrder(findings, job, [.. writes.Where(static w => w is { IsOk: true, Answer.Answer: "Written" or "Settled" })]);
            foreach (var run in job.Runs.Where(static r => r.IsJob))
                LookAtResume(findings, job, run, writes);
            for (var i = 1; i < job.Runs.Count; i++)
                items += Repeats(history, job.Runs, i, repeated);
        }

        findings.Figure("itemsRepeated", items);
        findings.Milliseconds("repeatedMs", repeated);
        foreach (var much in repeated.Where(r => r > MonotonicClock.Of(findings.Limits.Repeated)))
            findings.Broken($"a kill made a job repeat {MonotonicClock.Milliseconds(much):0} ms of its work");
    }

    private static void LookAtOrder(Findings findings, JobStory job, List<Operation> taken)
    {
        foreach (var (earlier, later) in taken.Zip(taken.Skip(1)))
        {
            if (earlier.IsBefore(later) && later.Call.Value < earlier.Call.Value)
                findings.Broken($"the checkpoint of job {job.Id} went back from {earlier.Call.Value} to {later.Call.Value}");
        }
    }

    private static void LookAtResume(Findings findings, JobStory job, RunStory run, List<Operation> writes)
    {
        var acknowledged = writes.Where(w => w.IsOk && w.IsBefore(run.Claim)).Select(static w => w.Call.Value!.Value).DefaultIfEmpty(double.MinValue).Max();
        var read = run.Claim.Answer!.Value;
        if (acknowledged > double.MinValue)
        {
            findings.Tried();
            if (read is null || read < acknowledged)
                findings.Broken($"run {run.Number} of job {job.Id} resumed from {read?.ToString() ?? "nothing"}, but {acknowledged} had been acknowledged");
        }

        if (read is not null && !writes.Exists(w => w.Call.Value == read && w.InvokedAt < run.Claim.AnsweredAt) && job.Enqueues.Count > 0)
            findings.Broken($"run {run.Number} of job {job.Id} resumed from {read}, which nobody wrote");
    }

    /// <summary>The items of a run that the run before had done, and how long that had taken it.</summary>
    private static long Repeats(History history, List<RunStory> runs, int index, List<long> repeated)
    {
        var mine = runs[index].Ledger.Where(static e => e is { Op: Ops.Item, Value: not null }).Select(static e => e.Value!.Value).ToHashSet();
        var last = runs[index - 1];
        var again = last.Ledger.Where(e => e is { Op: Ops.Item, Value: { } item } && mine.Contains(item)).ToList();
        var process = history.Process(last.Proc);
        // Only a kill of a worker that could flush: one that was cut off repeats all since then.
        if (again.Count > 0 && process.Killed is { } killed && last.End is null && last.Told is null && !process.WasAway(last.Claim.InvokedAt, killed.T))
        {
            // Lines that were on their way at the kill are stamped after it; where all were, nothing that took time was repeated.
            var first = again.Min(static e => e.T);
            var end = last.Ledger.Where(e => e.Op == Ops.Item && e.T < killed.T).Select(static e => e.T).DefaultIfEmpty(first).Max();
            repeated.Add(Math.Max(0, end - first));
        }

        return again.Count;
    }
}

/// <summary>I29: the progress of a run never goes back, and the last value arrives.</summary>
internal sealed class ProgressMonotonic() : HistoryCheck("I29", "the progress of a run never goes back, and the store holds the last one written")
{
    protected override void Look(Findings findings)
    {
        foreach (var job in findings.History.Jobs.Where(static j => !j.ActsOf(new JobActions("Restart")).Any()))
        {
            var last = (double?)null;
            foreach (var run in job.Runs)
            {
                var taken = run.Writes.Concat(run.Settles).Where(static w => w is { IsOk: true, Call.Progress: not null, Answer.Answer: "Written" or "Settled" }).OrderBy(static w => w.InvokedAt).ToList();
                foreach (var (earlier, later) in taken.Zip(taken.Skip(1)))
                {
                    findings.Tried();
                    if (earlier.IsBefore(later) && later.Call.Progress < earlier.Call.Progress)
                        findings.Broken($"the progress of run {run.Number} of job {job.Id} went back from {earlier.Call.Progress} to {later.Call.Progress}");
                }

                if (taken.Count > 0)
                    last = taken[^1].Call.Progress;
            }

            var unknown = job.Runs.Exists(static r => r.Writes.Concat(r.Settles).Any(static w => w.Outcome == EventType.Info));
            if (!unknown && last is not null && job.Dump is not null && job.Dump.Progress != last)
                findings.Broken($"job {job.Id} shows the progress {job.Dump.Progress}, but {last} was written last");
        }
    }
}
