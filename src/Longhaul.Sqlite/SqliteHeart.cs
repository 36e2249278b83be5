using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>The heart of one session: writes through the writer, ahead of all others, and reads on a connection of its own. Nothing of it needs the thread pool.</summary>
internal sealed class SqliteHeart(SessionId session, Writer writer, StoreFile file, StoreClock clock) : IHeart
{
    private Connection? _db;
    private WorkerState _written = WorkerState.Active;

    public BeatAnswer Beat(Beat beat)
    {
        var mustWrite = beat.Renew || beat.Begun.Count > 0 || beat.State != _written;
        if (mustWrite && !writer.RunUrgently(tx => tx.Sessions.Beat(session.Value, beat), file.BusyTimeout))
            return new() { Lease = LeaseReply.Lost, LeaseClock = StoreClock.Span(clock.LeaseNow) };
        _written = beat.State;
        try
        {
            return Read(beat);
        }
        catch (SqliteFault fault)
        {
            Dispose(); // the next tick opens anew
            throw Faults.Explain(fault, file.Path, file.BusyTimeout);
        }
    }

    public void Dispose()
    {
        if (_db is { } db)
            file.Close(db);
        _db = null;
    }

    private BeatAnswer Read(Beat beat)
    {
        file.CheckPresence();
        if (_db is { } old && !file.IsCurrent(old))
            Dispose();
        var db = _db ??= file.OpenForReading();
        db.Get("Transaction.BeginRead").Run();
        var now = clock.LeaseNow;
        var answer = ReadSession(db) is var (order, host)
            ? ReadRuns(db, beat, new() { Lease = LeaseReply.Held, LeaseClock = StoreClock.Span(now), Order = order, Peers = ReadPeers(db, host, now) })
            : new() { Lease = LeaseReply.Lost, LeaseClock = StoreClock.Span(now) };
        db.Get("Transaction.Commit").Run();
        return answer;
    }

    private (WorkerOrder Order, HostIdentity Host)? ReadSession(Connection db)
    {
        var row = db.Get("Heart.Session").Set(1, session.Value);
        if (!row.First())
            return null;
        (WorkerOrder, HostIdentity)? read = row.Long(0) >= (long)WorkerState.Dead
            ? null
            : ((WorkerOrder)row.Long(1), new HostIdentity(row.TextOrNull(2), row.TextOrNull(3), row.TextOrNull(4)));
        row.Reset();
        return read;
    }

    private BeatAnswer ReadRuns(Connection db, Beat beat, BeatAnswer answer)
    {
        var (count, hash, wall) = (0, 0L, clock.Now);
        List<RunOrder>? orders = null;
        var rows = db.Get("Heart.Runs").Set(1, session.Value);
        while (rows.Step())
        {
            var key = new RunKey(new(rows.Long(0)), rows.Long(1));
            count++;
            hash ^= key.Token;
            if (rows.LongOrNull(2) is { } kind)
                (orders ??= []).Add(new(key, (RunOrderKind)kind, rows.TextOrNull(3), rows.TextOrNull(4)));
            if (rows.LongOrNull(5) > wall)
                (orders ??= []).Add(new(key, RunOrderKind.Watch, null, null));
        }

        return answer with { RunsAgree = count == beat.RunCount && hash == beat.RunHash, Orders = orders ?? [] };
    }

    private List<Peer> ReadPeers(Connection db, HostIdentity own, long now)
    {
        var peers = new List<Peer>();
        var rows = db.Get("Heart.Peers").Set(1, session.Value);
        while (rows.Step())
        {
            var host = new HostIdentity(rows.TextOrNull(1), rows.TextOrNull(2), rows.TextOrNull(3));
            var expired = Leases.IsOver(clock.Boot, now, rows.Text(6), rows.Long(7), rows.Long(8));
            if (expired || own.SharesPidsWith(host))
                peers.Add(new(new(rows.Long(0)), host, rows.Int(4), rows.TextOrNull(5), expired));
        }

        return peers;
    }
}
