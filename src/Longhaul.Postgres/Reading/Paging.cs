using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>Pages by key: a cursor is the last id or sequence number that was looked at.</summary>
internal static class Paging
{
    public static long? After(PageRequest page)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page.Limit, 1, nameof(page));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(page.Limit, 1_000, nameof(page));
        if (page.After is null)
            return null;
        return long.TryParse(page.After, NumberStyles.None, CultureInfo.InvariantCulture, out var after)
            ? after
            : throw new ArgumentException($"A cursor must come from the page before, but was '{page.After}'.", nameof(page));
    }

    public static string Cursor(long last) => last.ToString(CultureInfo.InvariantCulture);

    /// <summary>A page of rows that were read one beyond its limit.</summary>
    public static Page<T> Of<T>(List<T> rows, int limit, Func<T, long> key)
    {
        if (rows.Count <= limit)
            return new(rows, null);
        rows.RemoveRange(limit, rows.Count - limit);
        return new(rows, Cursor(key(rows[^1])));
    }
}
