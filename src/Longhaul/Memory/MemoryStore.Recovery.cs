using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    /// <inheritdoc/>
    public Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proven);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<RecoveryReport>(cancellationToken);
        lock (_gate)
        {
            if (observer is { } looker && LiveSession(looker) is null)
                return Task.FromResult(RecoveryReport.Nothing);

            var clock = LeaseClock();
            var dead = _live.FindAll(session => session.Worker.Session != observer && (proven.Contains(session.Worker.Session)
                || (olderThan is { } age ? clock - session.RenewedClock >= age : session.LeaseExpired(clock))));
            if (dead.Count == 0)
                return Task.FromResult(RecoveryReport.Nothing);

            var (recovered, failed, now) = (new List<JobId>(), new List<JobId>(), Now());
            foreach (var session in dead)
                TakeOver(session, recovered, failed, now);
            return Task.FromResult(new RecoveryReport([.. dead.Select(static session => session.Worker.Session)], recovered, failed));
        }
    }

    private void TakeOver(StoredSession session, List<JobId> recovered, List<JobId> failed, long now)
    {
        End(session, WorkerState.Dead, now);
        var runs = session.Runs();
        var suspected = runs.Exists(IsBegunSuspect);
        foreach (var job in runs)
        {
            if (job.RunKind == RunKind.FailedHook)
                LoseHook(job, now);
            else if (Lose(job, session, counts: suspected ? IsBegunSuspect(job) : job.Begun, now))
                recovered.Add(new JobId(job.Id));
            else
                failed.Add(new JobId(job.Id));
        }
    }

    private static bool IsBegunSuspect(StoredJob job)
        => job is { Begun: true, RunKind: not RunKind.FailedHook, LostRuns: >= JobDefaults.SuspectAfter };

    /// <summary>Takes a run over.</summary>
    /// <returns>False when the job has failed for it.</returns>
    private bool Lose(StoredJob job, StoredSession session, bool counts, long now)
    {
        var asked = job.Asked;
        // The worker lived at its last renewal; what it did after that is not known.
        var lived = TimeSpan.FromTicks(Math.Max(0, session.RenewedAt - job.ClaimedAt));
        if (job.Begun)
            RecordCut(job, HistoryKind.Lost, session, lived, null, now);
        EndRun(job);
        if (counts)
            job.LostRuns++;

        var tooOften = counts && job.LostRuns > (job.Policy?.MaxLostRuns ?? JobDefaults.MaxLostRuns);
        if (tooOften && asked?.Kind != RunOrderKind.Cancel)
        {
            job.Error = new JobError("lost", string.Create(CultureInfo.InvariantCulture, $"its worker died {job.LostRuns} times"));
            RecordCut(job, HistoryKind.Failed, session, lived, job.Error, now);
            Finish(job, JobState.Failed, JobDefaults.FailedRetention, now);
            MakeHookDue(job, now, now);
            return false;
        }

        if (!CarryOut(job, asked, now))
            MakePending(job, job.DueAt, now);
        return true;
    }

    private void LoseHook(StoredJob job, long now)
    {
        var begun = job.Begun;
        EndRun(job);
        if (begun && ++job.HookTries >= JobDefaults.FailedHookTries)
            DropHook(job);
        else
            MakeHookDue(job, job.HookDueAt, now);
    }
}
