using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>
/// Looks for what matches in windows of rows in the order of their keys, so that a filter that matches little neither reads a whole table
/// nor keeps a snapshot for long: after a while it gives up, with what it has and a cursor.
/// </summary>
internal static class Search
{
    private const int FirstWindow = 1_000;
    private const int LargestWindow = 5_000;
    private const int MostRows = 50_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>A window that took longer than this is followed by none that is larger: the last one must not take long after patience is over.</summary>
    private static readonly TimeSpan Brisk = TimeSpan.FromMilliseconds(20);

    /// <summary>Reads a window past a key: at most so many matches. Answers the last key of a full window; null: nothing lies beyond.</summary>
    public delegate Task<long?> Window<T>(long? after, int rows, int limit, List<T> found);

    /// <param name="page">Which page.</param>
    /// <param name="isIndexed">Whether every row of a window matches: then it is no larger than the page.</param>
    /// <param name="window">Reads a window.</param>
    /// <param name="key">A match's key.</param>
    /// <returns>The page, and when it gave up looking: the last key that it looked at.</returns>
    public static async Task<(Page<T> Page, long? SearchedTo)> RunAsync<T>(PageRequest page, bool isIndexed, Window<T> window, Func<T, long> key)
    {
        var after = Paging.After(page);
        var began = TimeProvider.System.GetTimestamp();
        var found = new List<T>();
        var (size, looked) = (isIndexed ? page.Limit + 1 : Math.Max(FirstWindow, page.Limit + 1), 0);
        while (true)
        {
            var asked = TimeProvider.System.GetTimestamp();
            var last = await window(after, size, page.Limit + 1 - found.Count, found).ConfigureAwait(false);
            if (found.Count > page.Limit || last is null)
                return (Paging.Of(found, page.Limit, key), null);
            after = last;
            looked += size;
            var took = TimeProvider.System.GetElapsedTime(asked);
            var next = looked == size ? TimeSpan.Zero : took; // the first also connects and plans; as long as a later one, the next may end too late
            if (looked >= MostRows || TimeProvider.System.GetElapsedTime(began) + next > Patience)
                return (new(found, Paging.Cursor(last.Value)), last);
            size = Math.Min(took < Brisk ? Math.Min(size * 2, LargestWindow) : size, MostRows - looked);
        }
    }
}
