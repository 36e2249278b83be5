namespace Longhaul.Proof;

/// <summary>I4: one live lease a job, and fences that only grow.</summary>
internal sealed class OneLease() : HistoryCheck("I4", "at most one lease of a job is live, and each fence is greater than all before")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        foreach (var job in history.Jobs)
        {
            for (var i = 1; i < job.Runs.Count; i++)
                Compare(findings, job, job.Runs[i - 1], job.Runs[i]);
            foreach (var run in job.Runs)
            {
                LookAtSession(findings, job, run);
                if (run.Claims.Find(c => c.Call.Session != run.Session) is { } other)
                    findings.Broken($"job {job.Id}: run {run.Number} of {run.Proc} was given to {other.Call.Proc} too");
            }
        }
    }

    private static void Compare(Findings findings, JobStory job, RunStory a, RunStory b)
    {
        findings.Tried();
        if (a.Fence == b.Fence)
            findings.Broken($"job {job.Id}: runs {a.Number} and {b.Number} have the same fence {a.Fence}");
        if (b.Claim.IsBefore(a.Claim))
            findings.Broken($"job {job.Id}: run {b.Number} was claimed before run {a.Number} and has the greater fence");
        if (b.Number <= a.Number)
            findings.Broken($"job {job.Id}: run {b.Number} came after run {a.Number}");
        if (findings.History.EarliestEnd(job, a) >= b.Claim.AnsweredAt)
            findings.Broken($"job {job.Id}: run {b.Number} was claimed by {b.Proc} while the lease of run {a.Number} in {a.Proc} was live");
    }

    private static void LookAtSession(Findings findings, JobStory job, RunStory run)
    {
        if (findings.History.Session(run.Session) is not { } session)
            return;
        if (session.Deaths.Find(d => d.IsBefore(run.Claim)) is not null)
            findings.Broken($"job {job.Id}: run {run.Number} was claimed by session {run.Session:x}, which had been declared dead");
        if (session.Closes.Find(c => c.IsOk && c.IsBefore(run.Claim)) is not null)
            findings.Broken($"job {job.Id}: run {run.Number} was claimed by session {run.Session:x}, which had been closed");
    }
}

/// <summary>I5: a run that was taken over writes nothing any more.</summary>
internal sealed class Fencing() : HistoryCheck("I5", "every write of a run that is not the current one is refused")
{
    protected override void Look(Findings findings)
    {
        long accepted = 0;
        foreach (var job in findings.History.Jobs)
        {
            foreach (var run in job.Runs)
            {
                var takenOver = findings.History.SurelyOver(job, run, bySettle: false);
                var over = findings.History.SurelyOver(job, run, bySettle: true);
                foreach (var write in run.Writes.Where(w => w.InvokedAt > over))
                {
                    findings.Tried();
                    if (write is { IsOk: true, Answer.Answer: "Written" })
                        Accepted(write, $"{write.Call.Op} by run {run.Number} of job {job.Id} was written after the run was over");
                }

                LookAtSettles(job, run, takenOver);
            }
        }

        findings.Figure("staleTried", findings.Exercised);
        findings.Figure("staleAccepted", accepted);

        void LookAtSettles(JobStory job, RunStory run, long takenOver)
        {
            foreach (var settle in run.Settles)
            {
                if (settle.InvokedAt > takenOver)
                {
                    findings.Tried();
                    if (settle is { IsOk: true, Answer.Answer: "Settled" })
                        Accepted(settle, $"settlement {settle.Call.What} by run {run.Number} of job {job.Id} was taken after the run was taken over");
                }

                var earlier = run.Settles.Find(s => s != settle && s.MayHaveHappened && s.InvokedAt < settle.AnsweredAt && s.Answer?.Answer != "LeaseLost");
                if (settle is { IsOk: true, Answer.Answer: "AlreadyYours" } && earlier is null)
                    Accepted(settle, $"a settlement by run {run.Number} of job {job.Id} was called a repeat, but there was none before");
                if (settle is { IsOk: true, Answer.Answer: "Settled" } && run.Settles.Find(s => s is { IsOk: true, Answer.Answer: "Settled" } && s.IsBefore(settle)) is not null)
                    Accepted(settle, $"run {run.Number} of job {job.Id} was settled twice");
            }
        }

        void Accepted(Operation write, string what)
        {
            accepted++;
            findings.Broken($"{what} ({write.Call.Proc})");
        }
    }
}

/// <summary>I6: a worker that was stopped and goes on tells its handlers at once that others have their jobs.</summary>
internal sealed class ZombieWindow() : HistoryCheck("I6", "a worker that was cut off and comes back tells its handlers at once")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        var windows = new List<long>();
        foreach (var run in history.Runs.Where(static r => r.Begin is not null))
        {
            foreach (var (from, to) in history.Process(run.Proc).Frozen.Where(static f => f.To != long.MaxValue))
            {
                var handlerRan = run.Begin!.T < from && (run.End is null || run.End.T > to);
                if (!handlerRan || run.Told?.T < from || history.SurelyOver(history.Job(run.Claim.Answer!.Job!.Value), run, bySettle: true) > to)
                    continue;
                if (history.Process(run.Proc).IsGoneAt(to + MonotonicClock.Of(findings.Limits.ZombieWindow)) && run.Told is null)
                    continue; // it was killed before its time was over
                findings.Tried();
                // A handler that ended at once needs no telling.
                var told = Math.Min(run.Told?.T ?? long.MaxValue, run.End?.T ?? long.MaxValue);
                if (told == long.MaxValue || told - to > MonotonicClock.Of(findings.Limits.ZombieWindow))
                    findings.Broken($"run {run.Number} of job {run.Claim.Answer.Job} in {run.Proc} was taken over while it was frozen, and {(told == long.MaxValue ? "was never told" : $"was told after {MonotonicClock.Milliseconds(told - to):0} ms")}");
                if (told != long.MaxValue)
                    windows.Add(told - to);
            }
        }

        findings.Milliseconds("zombieMs", windows);
    }
}

/// <summary>I7: a worker that cannot renew its lease stops its handlers when it runs out by its own clock.</summary>
internal sealed class SelfFencing() : HistoryCheck("I7", "a worker that cannot renew stops its handlers when its lease has run out on its own clock")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        foreach (var run in history.Runs.Where(static r => r.Begin is not null))
        {
            if (history.Session(run.Session) is not { Lease: > 0 } session)
                continue;
            // The lease may be counted from when the store's answer came, and the heart looks once a beat.
            var renewed = session.Renewals.Concat(session.Opens).Where(static r => r.IsOk && r.Answer!.Answer != "Lost").Select(static r => r.AnsweredAt).DefaultIfEmpty().Max();
            var limit = renewed + session.Lease + MonotonicClock.Of(findings.Limits.Heartbeat * 2);
            var process = history.Process(run.Proc);
            var lastWord = new[] { run.End?.T ?? long.MaxValue, process.Killed?.T ?? long.MaxValue, process.Exited?.T ?? long.MaxValue, LastOf(history) }.Min();
            var fenced = run.Told is { What: nameof(StopReason.LeaseLost) } told && told.T > renewed + (session.Lease / 2) && told.T <= limit;
            if (process.Frozen.Exists(f => f.To > renewed && f.From < limit) || run.Begin!.T > renewed + session.Lease || (lastWord <= limit && !fenced))
                continue;
            findings.Tried();
            if (!fenced && !(run.Told?.T <= limit))
                findings.Broken($"run {run.Number} of job {run.Claim.Answer!.Job} in {run.Proc} went on {MonotonicClock.Milliseconds(Math.Min(lastWord, run.Told?.T ?? lastWord) - renewed):0} ms after the last renewal of a lease of {MonotonicClock.Milliseconds(session.Lease):0} ms");
        }
    }

    private static long LastOf(History history) => history.Events.Count == 0 ? 0 : history.Events[^1].T;
}

/// <summary>I27: nobody is declared dead who is alive and whose lease holds.</summary>
internal sealed class NoFalseTakeover() : HistoryCheck("I27", "no worker is declared dead while it lives and renews its lease")
{
    protected override void Look(Findings findings)
    {
        var history = findings.History;
        foreach (var session in history.Sessions)
        {
            foreach (var death in session.Deaths)
            {
                findings.Tried();
                var process = history.Process(session.Proc);
                if (process.IsGoneAt(death.AnsweredAt) || EndedByItself(history, session.Proc, death.InvokedAt) || process.WasStoppedWithoutConnection(death.AnsweredAt))
                    continue;
                var renewed = session.Renewals.Concat(session.Opens)
                    .Where(r => r.IsOk && r.Answer!.Answer != "Lost" && r.AnsweredAt < death.InvokedAt).Select(static r => r.InvokedAt).DefaultIfEmpty().Max();
                if (death.AnsweredAt - renewed < session.Lease - MonotonicClock.Of(findings.Limits.Grain))
                    findings.Broken($"session {session.Id:x} of {session.Proc} was declared dead by {death.Call.Proc} {MonotonicClock.Milliseconds(death.AnsweredAt - renewed):0} ms after it renewed a lease of {MonotonicClock.Milliseconds(session.Lease):0} ms, and its process lived");
            }
        }
    }

    /// <summary>It reached its fault point: the runner learns of that end later than other workers do, who look at the process. One that lives goes on telling.</summary>
    private static bool EndedByItself(History history, string process, long time)
        => history.Process(process).Exited is not null && !history.Events.Any(e => e.Proc == process && e.T > time);
}
