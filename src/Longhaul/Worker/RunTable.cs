using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>The runs of one session, as the worker knows them: what the heart compares with the store.</summary>
internal sealed class RunTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, ActiveRun> _runs = [];
    private readonly HashSet<ActiveRun> _suspects = [];
    private long _hash;

    public int Count
    {
        get
        {
            lock (_lock)
                return _runs.Count;
        }
    }

    /// <summary>Whether a job that was lost several times runs here and has made no headway since: at most one may.</summary>
    public bool HasSuspect
    {
        get
        {
            lock (_lock)
                return _suspects.Count > 0;
        }
    }

    public void Add(ActiveRun run)
    {
        lock (_lock)
        {
            if (!_runs.TryAdd(run.Claim.Key.Token, run))
                return;
            _hash ^= run.Claim.Key.Token;
            if (run.IsSuspect)
                _suspects.Add(run);
        }
    }

    public void Remove(ActiveRun run)
    {
        lock (_lock)
        {
            if (!_runs.Remove(run.Claim.Key.Token))
                return;
            _hash ^= run.Claim.Key.Token;
            _suspects.Remove(run);
        }
    }

    /// <summary>The store knows of its headway, and has forgotten its losses: another suspect may begin beside it.</summary>
    public void HasHeadway(ActiveRun run)
    {
        lock (_lock)
            _suspects.Remove(run);
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
