namespace Longhaul.Proof;

/// <summary>I8: attempts are counted right: errors and nothing else, never above the limit.</summary>
internal sealed class AttemptsBounded() : HistoryCheck("I8", "attempts are the runs that ended in an error, contiguous and never above the limit")
{
    protected override void Look(Findings findings)
    {
        foreach (var job in findings.History.Jobs.Where(static j => j.Runs.Count > 0))
        {
            findings.Tried();
            foreach (var same in job.Runs.GroupBy(static r => r.Number).Where(static g => g.Count() > 1))
                findings.Broken($"job {job.Id} has {same.Count()} runs with the number {same.Key}");
            if (job.ActsOf(JobActions.ResetAttempts).Any())
                continue;

            foreach (var run in job.Runs.Where(r => r.IsJob && r.Claim.Answer!.Attempts >= job.MaxAttempts))
                findings.Broken($"job {job.Id} was run again (run {run.Number}) after {run.Claim.Answer!.Attempts} of {job.MaxAttempts} attempts");
            if (job.Dump is { Attempts: { } counted })
                Count(findings, job, counted);
        }
    }

    private static void Count(Findings findings, JobStory job, int counted)
    {
        var errors = job.Runs.Where(static r => r.IsJob).SelectMany(static r => r.Settles.Where(static s => s.Call.What is "Retry" or "Failed")).ToList();
        var sure = errors.Count(static e => e is { IsOk: true, Answer.Answer: "Settled" });
        var possible = errors.Where(static e => e.MayHaveHappened && e.Answer?.Answer != "LeaseLost").Select(static e => e.Call.Token).Distinct().Count();
        if (counted < sure || counted > Math.Max(sure, possible))
            findings.Broken($"job {job.Id} counts {counted} attempts, but {(sure == possible ? $"{sure}" : $"{sure} to {possible}")} of its runs ended in an error");
        if (counted > job.MaxAttempts)
            findings.Broken($"job {job.Id} counts {counted} attempts of {job.MaxAttempts}");
        if (job.Dump!.Run < job.Runs[^1].Number)
            findings.Broken($"job {job.Id} counts {job.Dump.Run} runs, but there was a run {job.Runs[^1].Number}");
    }
}

/// <summary>I9: no retry before its delay is over, and the delay is what the job says.</summary>
internal sealed class RetrySchedule() : HistoryCheck("I9", "a retry never starts before its delay is over, and the delay doubles from attempt to attempt")
{
    protected override void Look(Findings findings)
    {
        var late = new List<long>();
        foreach (var job in findings.History.Jobs)
        {
            foreach (var run in job.Runs.Where(static r => r.IsJob))
            {
                if (run.Settled is not { Call: { What: "Retry", Span: { } delay } } failed)
                    continue;
                LookAtDelay(findings, job, run, delay);
                var next = job.Runs.Find(r => r.Fence > run.Fence);
                if (next is null || job.ActsOf(JobActions.MakeDue).Any(a => a.InvokedAt < next.Claim.AnsweredAt && findings.History.LatestEffect(a) > failed.InvokedAt))
                    continue;
                findings.Tried();
                var waited = next.Claim.AnsweredAt - failed.InvokedAt;
                if (waited + MonotonicClock.Of(findings.Limits.Grain) < delay)
                    findings.Broken($"job {job.Id}: run {next.Number} started {MonotonicClock.Milliseconds(waited):0} ms after the error of run {run.Number}, which asked for {MonotonicClock.Milliseconds(delay):0} ms");
                if (job.Acts.Count == 0)
                    late.Add(Math.Max(0, waited - delay));
            }
        }

        findings.Milliseconds("lateMs", late);
    }

    private static void LookAtDelay(Findings findings, JobStory job, RunStory run, long delay)
    {
        if (job.Enqueues[0].Call.RetryDelay is not { } first || run.Claim.Answer!.Attempts is not { } before)
            return;
        var expected = first << before;
        if (Math.Abs(delay - expected) > MonotonicClock.Of(findings.Limits.Grain))
            findings.Broken($"job {job.Id}: after attempt {before + 1} the delay was {MonotonicClock.Milliseconds(delay):0} ms instead of {MonotonicClock.Milliseconds(expected):0} ms");
    }
}

/// <summary>I10: nothing starts before it is due.</summary>
internal sealed class NotBeforeDue() : HistoryCheck("I10", "a job never starts before it is due")
{
    protected override void Look(Findings findings)
    {
        foreach (var job in findings.History.Jobs)
        {
            if (job.Runs.Count == 0 || job.Enqueues.Count == 0 || job.Enqueues[0].Call.Span is not > 0)
                continue;
            var first = job.Runs[0].Claim;
            if (job.ActsOf(JobActions.MakeDue).Any(a => a.InvokedAt < first.AnsweredAt))
                continue;
            findings.Tried();
            var due = job.Enqueues[0].InvokedAt + job.Enqueues[0].Call.Span!.Value;
            if (first.AnsweredAt + MonotonicClock.Of(findings.Limits.Grain) < due)
                findings.Broken($"job {job.Id} started {MonotonicClock.Milliseconds(due - first.AnsweredAt):0} ms before it was due");
        }
    }
}

/// <summary>I11: a unique key is occupied by one job at a time.</summary>
internal sealed class UniqueKeys() : HistoryCheck("I11", "a unique key is occupied by one job at a time, and a duplicate is answered with that job")
{
    protected override void Look(Findings findings)
    {
        var calls = findings.History.Operations.Where(static o => o is { Call: { Op: Ops.Enqueue, Key: not null } }).ToLookup(static o => o.Call.Key!);
        foreach (var key in calls)
        {
            var created = key.Where(static o => o is { IsOk: true, Answer.Answer: "Created" }).ToList();
            for (var i = 0; i < created.Count; i++)
            {
                for (var k = 0; k < created.Count; k++)
                {
                    if (i != k && created[i].IsBefore(created[k]) && created[k].AnsweredAt < EarliestRelease(findings.History, created[i]))
                        findings.Broken($"job {created[k].Call.Job} was created with the key {key.Key} while job {created[i].Call.Job} occupied it");
                }
            }

            foreach (var duplicate in key.Where(static o => o is { IsOk: true, Answer.Answer: "Duplicate" }))
            {
                findings.Tried();
                var owner = duplicate.Answer!.Ids?.FirstOrDefault();
                if (!key.Any(o => o.Call.Job == owner && o.InvokedAt < duplicate.AnsweredAt))
                    findings.Broken($"a duplicate of the key {key.Key} was answered with job {owner}, which does not have it");
            }
        }
    }

    private static long EarliestRelease(History history, Operation created)
    {
        var job = history.Job(created.Call.Job!.Value);
        var ends = job.Runs.SelectMany(static r => r.Settles).Where(static s => s.MayHaveHappened && s.Call.What is "Completed" or "Failed" or "Cancelled" or "Retry" or "HandedBack" or "Yielded" or "Paused")
            .Where(static s => s.Call.What is "Completed" or "Failed" || s.Answer?.State is null or JobState.Cancelled)
            .Concat(job.Acts.Where(static a => a.MayHaveHappened && a.Call.What is "Cancel" or "Delete"))
            .Concat(job.Recoveries).Concat(history.UnknownRecoveries);
        if (created.Call.Scope == UniqueScope.UntilStarted)
            ends = job.Runs.Select(static r => r.Claim).Concat(job.Acts).Concat(history.UnknownClaims);
        return ends.Select(static e => e.InvokedAt).DefaultIfEmpty(long.MaxValue).Min();
    }
}
