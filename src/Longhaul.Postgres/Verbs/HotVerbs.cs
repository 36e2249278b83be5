namespace Longhaul.Postgres;

/// <summary>The verbs on the way of a job, and what they share.</summary>
internal sealed class HotVerbs
{
    public HotVerbs(Database database, WakeHub wake)
    {
        var lanes = new Lanes(database);
        var young = new YoungRuns(database);
        Enqueue = new(database, lanes, young, wake);
        Group = new(Enqueue);
        Claim = new(database, lanes);
        Settle = new(database, lanes, young, wake);
        Update = new(database, lanes, young, wake);
        Callers = new(database);
    }

    public EnqueueVerb Enqueue { get; }

    public EnqueueGroup Group { get; }

    public ClaimVerb Claim { get; }

    public SettleVerb Settle { get; }

    public UpdateVerb Update { get; }

    public CallerTransactions Callers { get; }
}
