using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>What the hearts of this process have seen of others: who is without the lock of its life, and whether the server is the one that it was.</summary>
internal sealed class Unlocked
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    /// <summary>Who was told that a lock is gone may act on it so much later: its thread may have been kept waiting.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Look> _looks = [];
    private long _serverStart;
    private long _noJudgingUntil;

    /// <summary>Whether a session's lock was gone when it was last looked for.</summary>
    private readonly record struct Look(long At, bool IsGone);

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
                foreach (var session in _looks.Keys.ToList())
                    Note(session, isGone: false);
            }

            _serverStart = serverStart;
        }
    }

    /// <summary>A session's lock was gone in two looks.</summary>
    public void Add(long session)
    {
        lock (_gate)
            Note(session, isGone: true);
    }

    /// <summary>Its lock is there, or nobody asks any more.</summary>
    public void Remove(long session)
    {
        lock (_gate)
        {
            if (_looks.ContainsKey(session))
                Note(session, isGone: false);
        }
    }

    /// <summary>
    /// Sessions that are to die, by what proves it: a lock that is gone is looked for once more, a process that is gone is not. Those whose lock came
    /// back since, or has not been looked for lately, are left out: the next tick judges them anew.
    /// </summary>
    public (long[] Unlocked, long[] Gone) Split(IReadOnlyList<SessionId> proven)
    {
        lock (_gate)
        {
            List<long> unlocked = [], gone = [];
            foreach (var id in proven)
            {
                var isKnown = _looks.TryGetValue(id.Value, out var look);
                var age = TimeProvider.System.GetElapsedTime(look.At);
                if (!isKnown || age > Remembered)
                    gone.Add(id.Value);
                else if (look.IsGone && age < Fresh)
                    unlocked.Add(id.Value);
            }

            return ([.. unlocked], [.. gone]);
        }
    }

    private void Note(long session, bool isGone)
    {
        foreach (var old in _looks.Where(static look => TimeProvider.System.GetElapsedTime(look.Value.At) > Remembered).Select(static look => look.Key).ToList())
            _looks.Remove(old);
        _looks[session] = new(TimeProvider.System.GetTimestamp(), isGone);
    }
}
