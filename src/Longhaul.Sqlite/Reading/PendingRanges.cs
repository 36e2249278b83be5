using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Finds pending jobs by their ranges, where those are few: among a million jobs that have ended, ten that wait are found at once.</summary>
internal static class PendingRanges
{
    private const int Most = 10_000;

    /// <summary>The next ids past a cursor, at most so many; null: they are in too many ranges to look at them all.</summary>
    public static List<long>? Ids(Connection db, JobFilter filter, long? after, int most)
    {
        var ranges = new List<(long First, long Last)>();
        var rows = db.Get("Read.PendingRanges").Set(1, Most + 1);
        var seen = 0;
        while (rows.Step())
        {
            seen++;
            if (filter.Derived != DerivedState.Retrying || ((JobFlags)rows.Long(2)).HasFlag(JobFlags.State))
                ranges.Add((rows.Long(0), rows.Long(0) + rows.Long(1) - 1));
        }

        if (seen > Most)
            return null;
        ranges.Sort();
        if (!filter.OldestFirst)
            ranges.Reverse();
        var ids = new List<long>();
        foreach (var (first, last) in ranges)
        {
            if (filter.OldestFirst)
            {
                for (var id = Math.Max(first, (after ?? 0) + 1); id <= last && ids.Count < most; id++)
                    ids.Add(id);
            }
            else
            {
                for (var id = Math.Min(last, (after ?? long.MaxValue) - 1); id >= first && ids.Count < most; id--)
                    ids.Add(id);
            }
        }

        return ids;
    }
}
