using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>The runs of one session, as the worker knows them: what the heart compares with the store.</summary>
internal sealed class RunTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, ActiveRun> _runs = [];
    private long _hash;
    private int _suspects;

    public int Count
    {
        get
        {
            lock (_lock)
                return _runs.Count;
        }
    }

    /// <summary>Whether a job that was lost several times runs here: at most one may.</summary>
    public bool HasSuspect => Volatile.Read(ref _suspects) > 0;

    public void Add(ActiveRun run)
    {
        lock (_lock)
        {
            if (!_runs.TryAdd(run.Claim.Key.Token, run))
                return;
            _hash ^= run.Claim.Key.Token;
            if (run.IsSuspect)
                _suspects++;
        }
    }

    public void Remove(ActiveRun run)
    {
        lock (_lock)
        {
            if (!_runs.Remove(run.Claim.Key.Token))
                return;
            _hash ^= run.Claim.Key.Token;
            if (run.IsSuspect)
                _suspects--;
        }
    }

    public ActiveRun? Find(RunKey key)
    {
        lock (_lock)
            return _runs.GetValueOrDefault(key.Token);
    }

    public (int Count, long Hash) Fingerprint()
    {
        lock (_lock)
            return (_runs.Count, _hash);
    }

    public ActiveRun[] Snapshot()
    {
        lock (_lock)
            return [.. _runs.Values];
    }
}
