using System.Numerics;
using Longhaul.Storage;

namespace Longhaul.Memory;

/// <summary>A queue: its lanes by priority, and how many of its jobs are in which state.</summary>
internal sealed class StoredQueue(string name)
{
    private readonly Dictionary<(int Name, byte Priority, LaneKind Kind), Lane> _lanes = [];
    private readonly List<Lane>?[] _levels = new List<Lane>?[256];
    private readonly ulong[] _used = new ulong[4];
    private Lane? _last;

    public string Name { get; } = name;

    public int Rank { get; } = QueueRank.Of(name);

    public bool Paused { get; set; }

    /// <summary>The store's stamp when something of this queue last may have become claimable.</summary>
    public long Stamp { get; set; }

    public long[] Counts { get; } = new long[7];

    public IEnumerable<Lane> Lanes => _lanes.Values;

    public bool IsEmpty => !Counts.AsSpan().ContainsAnyExcept(0);

    public Lane LaneOf(StoredName name, byte priority, LaneKind kind)
    {
        if (_last is { } last && ReferenceEquals(last.Name, name) && last.Priority == priority && last.Kind == kind)
            return last;
        if (!_lanes.TryGetValue((name.Index, priority, kind), out var lane))
        {
            lane = new Lane(this, name, priority, kind);
            _lanes.Add((name.Index, priority, kind), lane);
            (_levels[priority] ??= []).Add(lane);
            _used[priority >> 6] |= 1UL << (priority & 63);
        }

        return _last = lane;
    }

    /// <summary>The lanes of the first priority from <paramref name="from"/> on that ever had a job.</summary>
    public List<Lane>? LevelFrom(ref int from)
    {
        for (; from < 256; from = (from | 63) + 1)
        {
            var rest = _used[from >> 6] >> (from & 63);
            if (rest == 0)
                continue;
            from += BitOperations.TrailingZeroCount(rest);
            return _levels[from++];
        }

        return null;
    }

    /// <summary>Moves what has become due.</summary>
    /// <returns>Whether anything has.</returns>
    public bool Promote(long now)
    {
        var promoted = false;
        foreach (var lane in _lanes.Values)
            promoted |= lane.Promote(now);
        return promoted;
    }

    /// <summary>When the next of its jobs will be due; <see cref="long.MaxValue"/>: nothing is scheduled.</summary>
    public long NextDue()
    {
        var next = long.MaxValue;
        foreach (var lane in _lanes.Values)
        {
            if (lane.Later.Count > 0 && lane.Later.TryPeek(out var first))
                next = Math.Min(next, first.At);
        }

        return next;
    }
}
