using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>What the hearts of this process have seen of others: who is without the lock of its life, and whether the server is the one that it was.</summary>
internal sealed class Unlocked
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, long> _seen = [];
    private long _serverStart;
    private long _noJudgingUntil;

    /// <summary>Whether the server was replaced by another less than a lease ago: what it knows of renewals may be old, and its locks are yet to come.</summary>
    public bool MayNotJudge => TimeProvider.System.GetTimestamp() < Interlocked.Read(ref _noJudgingUntil);

    /// <summary>A heart is connected to a server that started then. A lease goes by from here before the dead are looked for, if it is another one than before.</summary>
    public void Connected(long serverStart, TimeSpan lease)
    {
        lock (_gate)
        {
            if (_serverStart != 0 && serverStart != _serverStart)
            {
                Interlocked.Exchange(ref _noJudgingUntil, TimeProvider.System.GetTimestamp() + (long)(lease.TotalSeconds * TimeProvider.System.TimestampFrequency));
                _seen.Clear();
            }

            _serverStart = serverStart;
        }
    }

    /// <summary>A session's lock was gone in two looks.</summary>
    public void Add(long session)
    {
        lock (_gate)
            _seen[session] = TimeProvider.System.GetTimestamp();
    }

    /// <summary>Its lock is there, or nobody asks any more.</summary>
    public void Remove(long session)
    {
        lock (_gate)
            _ = _seen.Remove(session);
    }

    /// <summary>Sessions that are to die, by what proves it: a lock that is gone is looked for once more, a process that is gone is not.</summary>
    public (long[] Unlocked, long[] Gone) Split(IReadOnlyList<SessionId> proven)
    {
        lock (_gate)
        {
            var byLock = proven.ToLookup(id => _seen.TryGetValue(id.Value, out var at) && TimeProvider.System.GetElapsedTime(at) < Fresh, static id => id.Value);
            return ([.. byLock[true]], [.. byLock[false]]);
        }
    }
}
