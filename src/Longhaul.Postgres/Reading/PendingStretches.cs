using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>Stretches of ids whose jobs are all pending and cannot match, by their lane or state: a list steps over them.</summary>
internal sealed class PendingStretches
{
    private readonly List<(long First, long Last)> _stretches; // in the order of ids
    private readonly bool _oldestFirst;

    /// <param name="stretches">In the order of ids; none overlaps another.</param>
    /// <param name="oldestFirst">The order of the list.</param>
    public PendingStretches(List<(long First, long Last)> stretches, bool oldestFirst) => (_stretches, _oldestFirst) = (stretches, oldestFirst);

    public static PendingStretches None { get; } = new([], oldestFirst: false);

    public static Task<PendingStretches> ReadAsync(Database database, JobFilter filter, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, cancel) =>
        {
            var parameters = new Parameters();
            var others = filter.States.Count > 0 && !filter.States.Contains(JobState.Pending)
                ? "(g.flags & 4) = 0" // a hook that is due is that of a failed job
                : $"g.lane NOT IN ({LaneFilter.Of(database.Sql, parameters, filter.Queue, filter.Name)})";
            using var batch = connection.CreateBatch();
            _ = parameters.AddTo(batch, $"SELECT g.id, g.id + g.jobs - 1 FROM ({database.Sql["Read.PendingRanges"]}) g WHERE {others} ORDER BY g.id");
            using var rows = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var stretches = new List<(long First, long Last)>();
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                var (first, last) = (rows.GetInt64(0), rows.GetInt64(1));
                if (stretches.Count > 0 && stretches[^1].Last + 1 == first)
                    stretches[^1] = (stretches[^1].First, last);
                else
                    stretches.Add((first, last));
            }

            return new PendingStretches(stretches, filter.OldestFirst);
        },
        cancellationToken);

    /// <summary>Where a list goes on behind an id: behind the stretch that begins there, if one does.</summary>
    public long? Past(long? after)
    {
        if (after is not { } id)
            return after;
        var next = _oldestFirst ? id + 1 : id - 1;
        var at = IndexOf(next);
        if (at < 0 || _stretches[at].Last < next)
            return after;
        return _oldestFirst ? _stretches[at].Last : _stretches[at].First;
    }

    /// <summary>The next stretch behind an id that is longer than a window (looking at a shorter one is as quick): where it begins, and its last id, in the order of the list.</summary>
    public (long Begins, long Ends)? Next(long? after, int window)
    {
        if (_oldestFirst)
        {
            for (var at = after is { } id ? IndexOf(id) + 1 : 0; at < _stretches.Count; at++)
            {
                if (_stretches[at] is var (first, last) && last - first >= window)
                    return (first, last);
            }
        }
        else
        {
            for (var at = after is { } id ? IndexOf(id - 1) : _stretches.Count - 1; at >= 0; at--)
            {
                if (_stretches[at] is var (first, last) && last - first >= window)
                    return (last, first);
            }
        }

        return null;
    }

    /// <summary>Of the last stretch that begins at or before an id; -1: none does.</summary>
    private int IndexOf(long id)
    {
        var (low, high) = (0, _stretches.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_stretches[middle].First <= id)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }
}
