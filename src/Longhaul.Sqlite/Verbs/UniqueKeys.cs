namespace Longhaul.Sqlite;

/// <summary>The unique keys that are occupied.</summary>
internal sealed class UniqueKeys(Transaction tx)
{
    /// <summary>The job that occupies a key now.</summary>
    public long? Holder(Lane lane, string? owner, string key)
    {
        var row = tx.Db.Get("Unique.Holder").Set(1, lane.NameId).Set(2, owner ?? "").Set(3, key);
        if (!row.First())
            return null;
        var (holder, until) = (row.Long(0), row.LongOrNull(1));
        row.Reset();
        return until <= tx.Now ? null : holder;
    }

    public void Occupy(Lane lane, string? owner, string key, long job, UniqueScope scope, long? until)
        => tx.Db.Get("Unique.Occupy").Set(1, lane.NameId).Set(2, owner ?? "").Set(3, key).Set(4, job).Set(5, (long)scope).Set(6, until).Run();

    /// <summary>The job's first run begins.</summary>
    public void Started(Lane lane, long job) => Vacate(lane, job, static scope => scope == UniqueScope.UntilStarted);

    /// <summary>The job has ended, or is deleted. A window goes on.</summary>
    public void Ended(Lane lane, long job) => Vacate(lane, job, static scope => scope != UniqueScope.Window);

    /// <summary>A person revives an ended job. False: another job has its key.</summary>
    public bool TryRevive(Lane lane, long job)
    {
        if (KeyOf(job) is not { Scope: UniqueScope.UntilFinished } key)
            return true;
        if (Holder(lane, key.Owner, key.Key) is { } holder && holder != job)
            return false;
        Occupy(lane, key.Owner, key.Key, job, key.Scope, null);
        return true;
    }

    /// <summary>The job that occupies the key of another now.</summary>
    public long? HolderOfKeyOf(Lane lane, long job) => KeyOf(job) is { } key ? Holder(lane, key.Owner, key.Key) : null;

    private void Vacate(Lane lane, long job, Func<UniqueScope, bool> ends)
    {
        if (KeyOf(job) is { } key && ends(key.Scope))
            tx.Db.Get("Unique.Vacate").Set(1, lane.NameId).Set(2, key.Owner ?? "").Set(3, key.Key).Set(4, job).Run();
    }

    private (string Key, UniqueScope Scope, string? Owner)? KeyOf(long job)
    {
        var row = tx.Db.Get("Unique.OfJob").Set(1, job);
        if (!row.First())
            return null;
        (string, UniqueScope, string?)? key = row.IsNull(0) ? null : (row.Text(0), (UniqueScope)row.Long(1), row.TextOrNull(2));
        row.Reset();
        return key;
    }
}
