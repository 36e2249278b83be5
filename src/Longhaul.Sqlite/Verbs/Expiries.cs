using System.Runtime.InteropServices;

namespace Longhaul.Sqlite;

/// <summary>When ended jobs are to be pruned. What a transaction adds is written once, before it commits.</summary>
internal sealed class Expiries(Transaction tx)
{
    private const int MaxTogether = 500;
    private const int ForgottenWithEachAdded = 2;

    private readonly Dictionary<(bool Gone, long At), List<long>> _added = [];
    private readonly byte[] _buffer = new byte[IdList.Size(MaxTogether)];

    /// <summary>A job has ended and is kept until then; or it has gone, and what is left of it is kept until then.</summary>
    public void Add(long job, long at, bool gone)
    {
        if (!_added.TryGetValue((gone, at), out var jobs))
            _added.Add((gone, at), jobs = []);
        jobs.Add(job);
    }

    public void Write()
    {
        foreach (var ((gone, at), jobs) in _added)
        {
            jobs.Sort();
            for (var i = 0; i < jobs.Count; i += MaxTogether)
                Write(gone, at, CollectionsMarshal.AsSpan(jobs).Slice(i, Math.Min(MaxTogether, jobs.Count - i)));
            if (gone)
                Forget(ForgottenWithEachAdded); // more than come, so that they stay few without a prune
        }

        _added.Clear();
    }

    public void Clear() => _added.Clear();

    /// <summary>Takes out jobs whose time is over, at most so many. Empty: there is none.</summary>
    public List<long> Take(int limit)
    {
        var over = new List<long>();
        while (over.Count < limit && Next(gone: false) is var (at, jobs))
        {
            var taken = Math.Min(jobs.Count, limit - over.Count);
            if (taken < jobs.Count)
                Write(gone: false, at, CollectionsMarshal.AsSpan(jobs)[taken..]);
            over.AddRange(jobs.Take(taken).Where(IsOver));
        }

        return over;
    }

    /// <summary>Forgets what is left of jobs that went long enough ago.</summary>
    public void Forget(int parts)
    {
        for (; parts > 0 && Next(gone: true) is var (_, jobs); parts--)
        {
            foreach (var job in jobs)
                tx.Db.Get("Expiry.Forget").Set(1, job).Set(2, tx.Now).Run();
        }
    }

    private (long At, List<long> Jobs)? Next(bool gone)
    {
        var row = tx.Db.Get("Expiry.Next").Set(1, gone).Set(2, tx.Now);
        if (!row.First())
            return null;
        var (at, number, jobs) = (row.Long(0), row.Long(1), IdList.Read(row.Bytes(2)));
        row.Reset();
        tx.Db.Get("Expiry.Drop").Set(1, gone).Set(2, at).Set(3, number).Run();
        return (at, jobs);
    }

    /// <summary>Not so for a job that was revived or deleted since.</summary>
    private bool IsOver(long job) => tx.Db.Get("Expiry.IsOver").Set(1, job).Set(2, tx.Now).Scalar() is not null;

    private void Write(bool gone, long at, ReadOnlySpan<long> jobs)
        => tx.Db.Get("Expiry.Add").Set(1, gone).Set(2, at).SetBlob(3, IdList.Write(jobs, _buffer)).Run();
}
