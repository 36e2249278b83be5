namespace Longhaul.AspNetCore.Events;

/// <summary>
/// The current state of what changed within the last five minutes, with the number of its change. Numbers are milliseconds of the clock that
/// only rise, so that what one host gave out means nearly the same on another.
/// </summary>
internal sealed class ChangeLog(TimeProvider time)
{
    private const int MostKept = 5_000;

    /// <summary>Clocks of two hosts may differ: so much is told again to who comes back.</summary>
    private const long Overlap = 5_000;

    private static readonly long KeptFor = (long)TimeSpan.FromMinutes(5).TotalMilliseconds;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _last;

    /// <summary>Nothing before this is known: set when looking began, and when something was forgotten.</summary>
    private long _floor = long.MaxValue;

    /// <summary>What is known of one thing.</summary>
    /// <param name="Frame">Its last event.</param>
    /// <param name="Content">Compared with what is seen next.</param>
    /// <param name="Topic">Who wants it.</param>
    /// <param name="Job">The job it is about; 0: none.</param>
    /// <param name="Owner">That job's owner.</param>
    public sealed record Entry(EventFrame Frame, byte[] Content, EventTopics Topic, long Job, string? Owner)
    {
        public bool IsFor(EventClient client) => Job == 0 ? client.Owner is null && client.Topics.HasFlag(Topic) : client.Sees(Job, Owner);
    }

    public long NextId() => _last = Math.Max(_last + 1, time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Looking begins, or begins anew after a gap.</summary>
    public void Begin()
    {
        _entries.Clear();
        _floor = NextId();
    }

    /// <summary>Whether this is the same as what was last seen of the thing.</summary>
    public bool IsKnown(string key, ReadOnlySpan<byte> content) => _entries.TryGetValue(key, out var entry) && content.SequenceEqual(entry.Content);

    public string? OwnerOf(string key) => _entries.GetValueOrDefault(key)?.Owner;

    public bool Contains(string key) => _entries.ContainsKey(key);

    public void Set(Entry entry) => _entries[entry.Frame.Key] = entry;

    /// <summary>What a client is to be told first, and whether that is only what changed since its last event.</summary>
    public (bool Resumed, IReadOnlyList<EventFrame> Frames) Since(long? lastId, EventClient client)
    {
        var resumed = lastId is { } last && last - Overlap >= _floor && last <= _last + Overlap;
        var from = resumed ? lastId!.Value - Overlap : 0;
        return (resumed, [.. _entries.Values.Where(entry => entry.Frame.Id > from && entry.IsFor(client)).Select(static entry => entry.Frame).OrderBy(static frame => frame.Id)]);
    }

    /// <summary>Forgets jobs that did not change for five minutes, unless they are still shown.</summary>
    public void Forget(Func<long, bool> isShown)
    {
        var old = _last - KeptFor;
        foreach (var (key, entry) in _entries)
        {
            if (entry.Job != 0 && entry.Frame.Id < old && !isShown(entry.Job))
                _entries.Remove(key); // removing while enumerating is allowed
        }

        if (_floor < old)
            _floor = old;
        if (_entries.Count <= MostKept)
            return;
        foreach (var entry in _entries.Values.Where(static entry => entry.Job != 0).OrderBy(static entry => entry.Frame.Id).Take(_entries.Count - MostKept).ToArray())
        {
            _entries.Remove(entry.Frame.Key);
            _floor = Math.Max(_floor, entry.Frame.Id);
        }
    }
}
