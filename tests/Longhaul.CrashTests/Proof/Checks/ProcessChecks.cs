using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>I25: a worker that is asked to stop ends in order, and leaves nothing behind.</summary>
internal sealed class GracefulShutdown() : HistoryCheck("I25", "a worker that is asked to stop ends in time with exit code 0 and hands back what it had")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        var ends = new List<long>();
        var resumes = new List<long>();
        foreach (var process in history.Processes.Where(static p => p is { Terminated: not null, Killed: null }))
        {
            findings.Tried();
            var asked = process.Terminated!.T;
            if (process.Exited is not { } exit)
            {
                findings.Broken($"{process.Name} was asked to stop and did not end");
                continue;
            }

            ends.Add(exit.T - asked);
            if (exit.T - asked > MonotonicClock.Of(findings.Limits.Shutdown))
                findings.Broken($"{process.Name} took {MonotonicClock.Milliseconds(exit.T - asked):0} ms to stop");
            if (exit.Value is not 0)
                findings.Broken($"{process.Name} was asked to stop and ended with exit code {exit.Value}");
            LookAtRuns(findings, process.Name, asked, exit.T, resumes);
        }

        findings.Milliseconds("stopMs", ends);
        findings.Milliseconds("handedOnMs", resumes);
    }

    private static void LookAtRuns(Findings findings, string process, long asked, long exit, List<long> resumes)
    {
        var history = findings.History;
        foreach (var run in history.Runs.Where(r => r.Proc == process))
        {
            var job = history.Job(run.Claim.Answer!.Job!.Value);
            if (history.SurelyOver(job, run, bySettle: true) > exit)
                findings.Broken($"{process} ended in order and left run {run.Number} of job {job.Id} behind");
            if (run.Settled is { Call.What: "HandedBack" } back && back.InvokedAt > asked && job.Runs.Find(r => r.Fence > run.Fence) is { } next)
                resumes.Add(Math.Max(0, next.Claim.AnsweredAt - back.AnsweredAt));
        }
    }
}

/// <summary>I26: after a kill another worker goes on soon.</summary>
internal sealed class TakeoverTime() : HistoryCheck("I26", "after kill -9 another worker goes on with the job within the limit")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        var times = new List<long>();
        foreach (var process in history.Processes.Where(static p => p.Killed is not null))
        {
            var killed = process.Killed!.T;
            foreach (var run in history.Runs.Where(r => r.Proc == process.Name && r.Claim.AnsweredAt < killed))
            {
                var job = history.Job(run.Claim.Answer!.Job!.Value);
                if (history.EarliestEnd(job, run) < killed || job.Runs.Find(r => r.Fence > run.Fence) is not { } next || !next.IsJob)
                    continue;
                if (job.Acts.Exists(a => a.MayHaveHappened && a.InvokedAt < next.Claim.AnsweredAt && history.LatestEffect(a) > run.Claim.InvokedAt))
                    continue; // an operator held it up, or hastened it
                if (!WaitsForOthers(job, next))
                    times.Add(next.Claim.AnsweredAt - killed);
                else if (job.Recoveries.Find(r => r.IsOk && r.AnsweredAt > killed) is { } recovery)
                    times.Add(recovery.AnsweredAt - killed); // pending again: the rest is waiting
                else
                    continue;
                findings.Tried();
            }
        }

        findings.Milliseconds("resumeMs", times);
        if (times.Count > 0 && Percentile.Of(times, 0.99) > MonotonicClock.Of(findings.Limits.Takeover))
            findings.Broken($"after a kill the next run started after {MonotonicClock.Milliseconds(Percentile.Of(times, 0.99)):0} ms (99th percentile of {times.Count})");
    }

    /// <summary>By the rules, not for a dead worker: its queue comes after those that are never empty, or it is a suspect, of which a worker runs one at a time.</summary>
    private static bool WaitsForOthers(JobStory job, RunStory next)
        => (job.Queue is { } queue && QueueRank.Of(queue) > QueueRank.Of(JobDefaults.Queue)) || next.Claim.Answer!.LostRuns >= JobDefaults.SuspectAfter;
}
