using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>The heart of one session: one statement a tick, on a connection of its own, without the thread pool.</summary>
internal sealed class PostgresHeart : IHeart
{
    /// <summary>A lock must be missing in two looks this far apart: a listener that lost its connection has it again long before.</summary>
    private static readonly TimeSpan MissingFor = TimeSpan.FromSeconds(1);

    private readonly SessionId _session;
    private readonly Database _database;
    private readonly WakeHub _wake;
    private readonly Unlocked _unlocked;
    private readonly Dictionary<long, long> _missing = [];
    private NpgsqlConnection? _connection;
    private long _serverStart;
    private List<RunKey> _begun = [];
    private bool _isLost;

    public PostgresHeart(SessionId session, Database database, WakeHub wake, Unlocked unlocked)
    {
        (_session, _database, _wake, _unlocked) = (session, database, wake, unlocked);
        wake.HoldLife(session);
    }

    public BeatAnswer Beat(Beat beat)
    {
        _begun.AddRange(beat.Begun);
        var wasConnected = _connection is not null;
        try
        {
            return Tick(beat);
        }
        catch (Exception exception) when (Faults.Is(exception))
        {
            Disconnect();
            // A connection that was lost between two ticks costs no tick: there may be a new one.
            if (!wasConnected || !Faults.IsBroken(exception) || exception.InnerException is TimeoutException)
                throw Faults.Explain(exception, _database.Address);
        }

        try
        {
            return Tick(beat);
        }
        catch (Exception exception) when (Faults.Is(exception))
        {
            Disconnect();
            throw Faults.Explain(exception, _database.Address);
        }
    }

    public void Dispose()
    {
        Disconnect();
        // One that ends in order shows its life until its session is closed.
        if (_isLost)
            _wake.ReleaseLife(_session);
    }

    private BeatAnswer Tick(Beat beat)
    {
        var connection = _connection ??= Connect();
        var listens = _database.Listens;
        // Whoever waits is notified, where that works; a look with each renewal finds what a notification was lost of.
        var hint = _wake.WantsHint || (beat.Renew && _wake.TakeWaited());
        var answer = new BeatAnswer { Lease = LeaseReply.Lost, LeaseClock = TimeSpan.Zero };
        List<RunOrder>? orders = null;
        List<Peer>? peers = null;
        List<string>? claimable = null;
        List<RunKey> left = [];
        HashSet<long> missing = [];
        using (var command = connection.Command(_database.Sql["Session.Beat"]))
        {
            command.With(_database.Now).With(_session.Value).With(beat.Renew).With((int)beat.State).With(listens && _wake.HoldsLife(_session))
                .With(_begun.ConvertAll(static run => run.Job.Value).ToArray()).With(_begun.ConvertAll(static run => run.Token).ToArray())
                .With(listens && !_unlocked.MayNotJudge).With(hint);
            using var row = command.ExecuteReader();
            while (row.Read())
            {
                switch (row.GetInt32(0))
                {
                    case 0:
                        answer = Head(row, beat);
                        break;
                    case 1:
                        (orders ??= []).Add(new(Run(row), (RunOrderKind)row.GetInt32(4), row.TextOrNull(9), row.TextOrNull(10)));
                        break;
                    case 2:
                        if (row.GetBoolean(8))
                            missing.Add(row.GetInt64(1));
                        (peers ??= []).Add(PeerOf(row));
                        break;
                    case 3:
                        left.Add(Run(row));
                        break;
                    default:
                        (claimable ??= []).Add(row.GetString(9));
                        break;
                }
            }
        }

        _begun = left;
        _isLost = answer.Lease == LeaseReply.Lost;
        foreach (var found in _missing.Keys.Where(id => !missing.Contains(id)).ToList())
        {
            _missing.Remove(found);
            _unlocked.Remove(found);
        }

        if (claimable is not null)
            _wake.Wake(claimable);
        return answer with { Orders = orders ?? [], Peers = peers ?? [], NamesLeftBehind = true, LookedForWork = hint && !_isLost };
    }

    private BeatAnswer Head(NpgsqlDataReader row, Beat beat)
    {
        var isAlive = row.IntOrNull(3) < (int)WorkerState.Dead;
        if (_serverStart != 0 && row.LongOrNull(6) is { } lease)
        {
            _unlocked.Connected(_serverStart, Moments.Span(lease));
            _serverStart = 0;
        }

        return new()
        {
            Lease = isAlive ? LeaseReply.Held : LeaseReply.Lost,
            LeaseClock = Moments.Span(row.GetInt64(5)),
            Order = isAlive ? (WorkerOrder)row.GetInt32(4) : WorkerOrder.None,
            RunsAgree = row.GetInt64(1) == beat.RunCount && row.GetInt64(2) == beat.RunHash,
            HasExpired = row.IsNull(8) ? null : row.GetBoolean(8),
        };
    }

    private Peer PeerOf(NpgsqlDataReader row)
    {
        var session = row.GetInt64(1);
        return new(new(session), new(row.TextOrNull(9), row.TextOrNull(10), row.TextOrNull(11)), row.GetInt32(4), row.TextOrNull(12),
            LeaseExpired: row.GetBoolean(7) && !_unlocked.MayNotJudge, ConnectionGone: row.GetBoolean(8) && IsGone(session));
    }

    /// <summary>Its lock is missing: is it so for long enough? This heart was connected all the while, or it would have forgotten the first look.</summary>
    private bool IsGone(long session)
    {
        var now = TimeProvider.System.GetTimestamp();
        if (!_missing.TryGetValue(session, out var first))
        {
            _missing.Add(session, now);
            return false;
        }

        if (TimeProvider.System.GetElapsedTime(first, now) < MissingFor)
            return false;
        _unlocked.Add(session);
        return true;
    }

    private NpgsqlConnection Connect()
    {
        var connection = _database.Connect();
        using var command = connection.Command(_database.Sql["Session.ServerStart"]);
        _serverStart = (long)command.ExecuteScalar()!;
        return connection;
    }

    private void Disconnect()
    {
        _missing.Clear();
        _connection?.Dispose();
        _connection = null;
    }

    private static RunKey Run(NpgsqlDataReader row) => new(new(row.GetInt64(1)), row.GetInt64(2));
}
