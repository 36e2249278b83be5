using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Declares sessions dead, and takes over their runs.</summary>
internal sealed class RecoverVerb(Transaction tx)
{
    /// <summary>The living sessions that are to die: the proven ones, and those whose lease, or the age that a person names, is over.</summary>
    private List<long> Candidates(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan)
    {
        var dying = new List<long>();
        var rows = tx.Db.Get("Session.Alive");
        var now = tx.Clock.LeaseNow;
        while (rows.Step())
        {
            var session = new SessionId(rows.Long(0));
            var limit = olderThan is { } age ? StoreClock.From(age) : rows.Long(3);
            if (session != observer && (proven.Contains(session) || Leases.IsOver(tx.Clock.Boot, now, rows.Text(1), rows.Long(2), limit)))
                dying.Add(session.Value);
        }

        return dying;
    }

    /// <summary>Ended sessions with something left, for those who died while they recovered others.</summary>
    public List<long> LeftBehind()
    {
        var sessions = new List<long>();
        var rows = tx.Db.Get("Session.LeftBehind");
        while (rows.Step())
            sessions.Add(rows.Long(0));
        return sessions;
    }

    /// <summary>Declares dead those of the candidates that still are to die; committed before any run of theirs is touched.</summary>
    /// <returns>Who died; null: the observer itself is dead, and may recover nothing.</returns>
    public List<long>? Bury(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan)
    {
        if (observer is { } own && !tx.IsAlive(own.Value))
            return null;
        var dying = Candidates(observer, proven, olderThan);
        foreach (var session in dying)
            tx.Sessions.End(session, WorkerState.Dead);
        return dying;
    }

    /// <summary>Takes over some of the runs of a dead session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="hadSuspect">Whether an earlier part of it had a suspect that had begun.</param>
    public TakenOver TakeOver(long session, bool hadSuspect)
    {
        // A poison job kills its worker again and again: its neighbours are not to pay for it.
        var suspect = hadSuspect || tx.Db.Get("Recover.Suspect").Set(1, session).Set(2, (long)JobFlags.Suspect).Scalar() is not null;
        var runs = tx.Sessions.RunsOf(session);
        List<JobId> recovered = [], failed = [];
        foreach (var run in runs)
        {
            if (run.IsHook)
                LoseHook(run);
            else
                (Lose(run, counts: run.Begun && (!suspect || run.Flags.HasFlag(JobFlags.Suspect))) ? recovered : failed).Add(new(run.Id));
        }

        var holds = tx.Sessions.EndHolds(session);
        return new(recovered, failed, suspect, All: runs.Count + holds < SessionVerb.BatchSize);
    }

    /// <summary>False: the job has failed for it.</summary>
    private bool Lose(CurrentRun run, bool counts)
    {
        tx.Db.Get("Settle.Leave").Set(1, run.Id).Run();
        // The worker lived at its last renewal; what it did after that is not known.
        var lived = StoreClock.Span(Math.Max(0, LastBeat(run.Session) - run.Claimed));
        if (run.Begun)
            tx.History.OfRun(run, HistoryKind.Lost, lived);
        var state = tx.Settle.Remember(run, settledBy: null);
        if (counts)
            state.LostRuns++;
        var fails = counts && run.Order != RunOrderKind.Cancel && state.LostRuns > MaxLostRuns(run.Id);
        if (fails)
            state.HookDue = tx.Now;
        run.Flags = state.LostRuns >= JobDefaults.SuspectAfter ? run.Flags | JobFlags.Suspect : run.Flags & ~JobFlags.Suspect;
        tx.States.Save(state);
        if (fails)
        {
            var error = new JobError("lost", string.Create(CultureInfo.InvariantCulture, $"its worker died {state.LostRuns} times"));
            tx.History.OfRun(run, HistoryKind.Failed, lived, error);
            tx.States.SetError(run.Id, error);
            tx.Ends.Fail(run.Place, run.RunNumber, null, withHook: true, JobState.Running);
            return false;
        }

        if (run.Order is not null)
            tx.States.SetReason(run.Id, StorageText.Reason(run.OrderedBy, run.OrderedReason));
        if (run.Order == RunOrderKind.Cancel)
            tx.Ends.Cancel(run.Place, run.RunNumber, null, JobState.Running);
        else if (run.Order == RunOrderKind.Pause)
            tx.Moves.ToHeld(run.Place, JobState.Paused, JobState.Running);
        else
            _ = tx.Moves.ToPending(run.Place, run.Due, JobState.Running);
        return true;
    }

    private void LoseHook(CurrentRun run)
    {
        tx.Db.Get("Settle.Leave").Set(1, run.Id).Run();
        var state = tx.Settle.Remember(run, settledBy: null);
        if (run.Begun)
            state.HookTries++;
        state.HookDue = state.HookTries < JobDefaults.FailedHookTries ? run.Due : null;
        tx.States.Save(state);
        if (state.HookDue is { } due)
            tx.Moves.HookToPending(run.Place, due);
    }

    private long LastBeat(long session) => tx.Db.Get("Recover.LastBeat").Set(1, session).Scalar() ?? 0;

    private int MaxLostRuns(long job)
    {
        var row = tx.Db.Get("Recover.Policy").Set(1, job);
        var policy = row.First() ? JobPolicy.FromJson(row.Bytes(0)) : null;
        row.Reset();
        return policy?.MaxLostRuns ?? JobDefaults.MaxLostRuns;
    }
}

/// <summary>What a part of a recovery has taken over.</summary>
/// <param name="Recovered">Jobs that are pending, paused or cancelled.</param>
/// <param name="Failed">Jobs that failed for it.</param>
/// <param name="Suspect">Whether the session had a suspect that had begun.</param>
/// <param name="All">Whether nothing is left of the session.</param>
internal sealed record TakenOver(List<JobId> Recovered, List<JobId> Failed, bool Suspect, bool All);
