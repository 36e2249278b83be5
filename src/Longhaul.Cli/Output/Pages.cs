using System.Runtime.CompilerServices;
using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>Walks through lists that a store gives page by page.</summary>
internal static class Pages
{
    /// <summary>All pages from <paramref name="after"/> on, of at most <paramref name="limit"/> rows together.</summary>
    public static async IAsyncEnumerable<Page<T>> WalkAsync<T>(
        Func<PageRequest, CancellationToken, Task<Page<T>>> read, int limit, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = limit;
        var cursor = after;
        do
        {
            var page = await read(new PageRequest(Math.Min(left, CliContext.PageSize), cursor), cancellationToken).ConfigureAwait(false);
            left -= page.Items.Count;
            cursor = page.Next;
            yield return page;
        }
        while (left > 0 && cursor is not null);
    }
}
