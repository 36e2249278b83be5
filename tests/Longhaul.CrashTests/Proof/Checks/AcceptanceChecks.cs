namespace Longhaul.Proof;

/// <summary>I1: what was accepted is there at the end, and nothing else.</summary>
internal sealed class NoLostJob() : HistoryCheck("I1", "an accepted job is never lost, and nobody's job appears")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        if (!history.HasDump)
            return;
        foreach (var job in history.Jobs)
        {
            if (job.Created is not null)
            {
                findings.Tried();
                LookAt(findings, job);
            }
            else if (job is { Dump: not null, Enqueues.Count: 0 } && !history.ChildIds.Contains(job.Id))
            {
                findings.Broken($"job {job.Id} is in the store, but nobody enqueued it");
            }
        }
    }

    private static void LookAt(Findings findings, JobStory job)
    {
        if (job.Dump is { State: { } state })
        {
            var legal = state is JobState.Completed or JobState.Failed or JobState.Cancelled or JobState.Paused;
            if (!legal)
                findings.Broken($"job {job.Id} was accepted and is still {state} after everything was over");
            return;
        }

        var deleted = job.ActsOf(JobActions.Delete).Any();
        var gone = job.Runs.Exists(static r => r.Settles.Exists(static s => s.MayHaveHappened && s.Call is { What: "Completed", Span: 0 }));
        if (!deleted && !gone)
            findings.Broken($"job {job.Id} (order {job.Created!.Call.Order}) was accepted and is not in the store");
    }
}

/// <summary>I2: a producer that does not know whether its call worked repeats it, and there is one job.</summary>
internal sealed class OneJobAnOrder() : HistoryCheck("I2", "an enqueue of unknown outcome can be repeated: one job an order")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        if (!history.HasDump)
            return;
        foreach (var order in history.Operations.Where(static o => o is { Call: { Op: Ops.Enqueue, Order: not null } }).GroupBy(static o => o.Call.Order!.Value))
        {
            var jobs = order.Select(static o => o.Call.Job!.Value).Distinct().Select(history.Job).Count(static j => j.Dump is not null);
            if (order.Any(static o => !o.IsOk))
                findings.Tried();
            if (jobs > 1)
                findings.Broken($"order {order.Key} has {jobs} jobs in the store: {string.Join(", ", order.Select(static o => o.Call.Job).Distinct())}");
            LookAtAnswers(findings, order.Key, [.. order]);
        }
    }

    private static void LookAtAnswers(Findings findings, long order, List<Operation> attempts)
    {
        foreach (var repeat in attempts.Where(static a => a is { IsOk: true, Answer.Answer: "Created" }))
        {
            if (attempts.Find(a => a != repeat && a is { IsOk: true, Answer.Answer: "Created" or "Repeated" } && a.IsBefore(repeat)) is { } first)
                findings.Broken($"order {order} was created twice, as job {first.Call.Job} and again as job {repeat.Call.Job}");
        }
    }
}

/// <summary>I3: what is completed was done, by the very run that completed it, and before it said so.</summary>
internal sealed class SuccessIsReal() : HistoryCheck("I3", "a completed job was done by the run that completed it, before it was settled")
{
    protected override void Look(Findings findings)
    {
        foreach (var job in findings.History.Jobs.Where(static j => j.Dump is { State: JobState.Completed }))
        {
            findings.Tried();
            var completions = job.Runs.SelectMany(static r => r.Settles.Select(s => (Run: r, Settle: s)))
                .Where(static c => c.Settle.MayHaveHappened && c.Settle.Call.What == "Completed" && c.Settle.Answer?.Answer != "LeaseLost").ToList();
            if (completions.Count == 0)
                findings.Broken($"job {job.Id} is completed, but no run said so");
            else if (!completions.Exists(static c => c.Run.Ledger.Exists(e => e is { Op: Ops.End, What: "done" } && e.T < c.Settle.InvokedAt)))
                findings.Broken($"job {job.Id} is completed, but its work was not done when run {completions[^1].Run.Number} said so");
        }
    }
}

/// <summary>I36: when the faults are over, all that is due comes to an end.</summary>
internal sealed class Liveness() : HistoryCheck("I36", "after healing every due job ends in time, and no run is left without a worker")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        if (history is not { HasDump: true, Drained: { } drained })
            return;
        if (drained.Err is { } error)
            findings.Broken($"not everything came to an end: {error}");
        if (history.Healed is { } healed)
        {
            findings.Figure("drainMs", MonotonicClock.Milliseconds(drained.T - healed.T));
            if (drained.T - healed.T > MonotonicClock.Of(findings.Limits.Drain))
                findings.Broken($"it took {MonotonicClock.Milliseconds(drained.T - healed.T):0} ms after healing until everything had ended");
        }

        foreach (var job in history.Jobs.Where(static j => j.Dump is not null))
        {
            findings.Tried();
            if (job.Dump!.State == JobState.Running)
                findings.Broken($"job {job.Id} is an orphan: running at the end, in session {job.Dump.Session:x}");
        }
    }
}
