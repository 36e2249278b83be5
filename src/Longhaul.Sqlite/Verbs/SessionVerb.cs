using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Workers' sessions: opened, renewed, closed, ordered.</summary>
internal sealed class SessionVerb(Transaction tx)
{
    /// <summary>Runs and holds that one transaction takes from a session that ends.</summary>
    public const int BatchSize = 200;

    private readonly Statement _state = tx.Db.Get("Session.State");

    public bool IsAlive(long session) => StateOf(session) is < WorkerState.Dead;

    public void Open(WorkerRecord worker)
    {
        var session = worker.Session.Value;
        if (StateOf(session) is { } state)
        {
            if (state >= WorkerState.Dead)
                throw new StoreException($"Session {worker.Session} must be new, but has ended ({state}); open one under a new id.");
            Renew(session);
            return;
        }

        tx.Db.Get("Session.Open").Set(1, session).Set(2, worker.Name.Cleaned()).Set(3, worker.HostName.Cleaned()).Set(4, worker.Host.BootId)
            .Set(5, worker.Host.MachineId).Set(6, worker.Host.PidNamespace).Set(7, worker.ProcessId).Set(8, worker.ProcessStart)
            .Set(9, worker.Queues is null ? null : Json.Of(worker.Queues) ?? "[]").Set(10, Json.Of(worker.Names) ?? "[]").Set(11, worker.Concurrency)
            .Set(12, worker.Version).Set(13, worker.Group).Set(14, tx.Now).Set(15, tx.Clock.Boot).Set(16, tx.Clock.LeaseNow)
            .Set(17, StoreClock.From(worker.Lease)).Run();
        tx.ForgetAlive();
    }

    /// <summary>What a tick has to write. False: the session is dead.</summary>
    public bool Beat(long session, Beat beat)
    {
        if (StateOf(session) is not { } state || state >= WorkerState.Dead)
            return false;
        if (beat.Renew)
            Renew(session);
        if (beat.State != state && beat.State < WorkerState.Dead)
            tx.Db.Get("Session.SetState").Set(1, session).Set(2, (long)beat.State).Run();
        foreach (var run in beat.Begun)
            tx.Db.Get("Session.Begun").Set(1, run.Job.Value).Set(2, run.Token).Set(3, session).Run();
        return true;
    }

    /// <summary>Hands back some of a session's runs, and ends it with the last. False: there may be more.</summary>
    public bool Close(long session)
    {
        if (!tx.IsAlive(session))
            return true;
        var runs = RunsOf(session);
        foreach (var run in runs)
            tx.Settle.HandBack(run, reason: null);
        var holds = EndHolds(session);
        if (runs.Count + holds >= BatchSize)
            return false;
        End(session, WorkerState.Gone);
        return true;
    }

    public void End(long session, WorkerState state)
    {
        tx.Db.Get("Session.End").Set(1, session).Set(2, (long)state).Set(3, tx.Now).Run();
        tx.ForgetAlive();
    }

    public List<CurrentRun> RunsOf(long session)
    {
        var ids = new List<long>();
        var rows = tx.Db.Get("Session.Runs").Set(1, session).Set(2, BatchSize);
        while (rows.Step())
            ids.Add(rows.Long(0));
        return ids.ConvertAll(id => tx.Settle.Read(id)!);
    }

    /// <summary>Ends holds for code that cannot run any more. How many.</summary>
    public int EndHolds(long session)
    {
        var holds = new List<RunKey>();
        var rows = tx.Db.Get("Session.Holds").Set(1, session).Set(2, BatchSize);
        while (rows.Step())
            holds.Add(new(new(rows.Long(0)), rows.Long(1)));
        holds.ForEach(tx.Ends.EndHold);
        return holds.Count;
    }

    private void Renew(long session)
        => tx.Db.Get("Session.Renew").Set(1, session).Set(2, tx.Now).Set(3, tx.Clock.Boot).Set(4, tx.Clock.LeaseNow).Run();

    private WorkerState? StateOf(long session) => (WorkerState?)_state.Set(1, session).Scalar();
}
