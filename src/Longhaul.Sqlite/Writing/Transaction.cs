namespace Longhaul.Sqlite;

/// <summary>One connection that writes, with all verbs prepared on it, and what is known within its current transaction.</summary>
internal sealed class Transaction(Connection db, StoreClock clock)
{
    private readonly Dictionary<long, bool> _alive = [];
    private bool? _anyGone;

    public Connection Db => db;

    public StoreClock Clock => clock;

    public Lanes Lanes { get; } = new(db);

    public Tally Tally { get; } = new(db);

    public PlainRuns PlainRuns { get; } = new();

    /// <summary>The store's clock, read once for the whole transaction.</summary>
    public long Now { get; private set; }

    public EnqueueVerb Enqueue => field ??= new(this);

    public ClaimVerb Claim => field ??= new(this);

    public SettleVerb Settle => field ??= new(this);

    public UpdateVerb Update => field ??= new(this);

    public Expiries Expiries => field ??= new(this);

    public Pending Pending => field ??= new(this);

    public UniqueKeys Unique => field ??= new(this);

    public Moves Moves => field ??= new(this);

    public States States => field ??= new(this);

    public Ends Ends => field ??= new(this);

    public Finder Finder => field ??= new(this);

    public History History => field ??= new(this);

    public SessionVerb Sessions => field ??= new(this);

    public ActVerb Act => field ??= new(this);

    public QueueVerb Queues => field ??= new(this);

    public RecoverVerb Recover => field ??= new(this);

    /// <summary>Whether a worker's session is alive. Everything a run writes asks this: a session is declared dead before its runs are taken over.</summary>
    public bool IsAlive(long session)
    {
        if (!_alive.TryGetValue(session, out var alive))
            _alive.Add(session, alive = Sessions.IsAlive(session));
        return alive;
    }

    /// <summary>A session's state has changed in this transaction.</summary>
    public void ForgetAlive() => _alive.Clear();

    /// <summary>Whether any job went at completion of late. Where none did, an enqueue need not look for each id.</summary>
    public bool AnyGone => _anyGone ??= db.Get("Enqueue.AnyGone").Scalar() is not null;

    public void SetAnyGone() => _anyGone = true;

    /// <summary>Call after BEGIN.</summary>
    public void Begun()
    {
        Now = clock.Now;
        _alive.Clear();
        _anyGone = null;
        Tally.Clear();
        Expiries.Clear();
    }

    /// <summary>Call before COMMIT.</summary>
    public void Finish()
    {
        Tally.Write();
        Expiries.Write();
    }

    /// <summary>Call after ROLLBACK.</summary>
    public void RolledBack()
    {
        Tally.Clear();
        Expiries.Clear();
        Lanes.Forget();
    }
}
