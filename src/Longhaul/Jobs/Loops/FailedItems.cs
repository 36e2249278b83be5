using System.Text;
using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>The items of a loop that are on record as failed, fetched again one by one.</summary>
internal sealed class FailedItems<TItem, TCursor>(
    LoopPlan<TItem, TCursor> plan, IReadOnlyList<ItemFailureRecord> records, Action<ItemFailureRecord> gone, CancellationToken stop)
    : IItemSource<TItem, TCursor>
{
    /// <summary>How far behind its place an item is looked for, as others may have come between.</summary>
    private const int LookAhead = 1_000;

    private int _next;

    public async ValueTask<Item<TItem, TCursor>> NextAsync()
    {
        while (_next < records.Count)
        {
            var record = records[_next++];
            if (await FindAsync(record).ConfigureAwait(false) is { Some: true } item)
                return item;
            gone(record);
        }

        return default;
    }

    private async Task<Item<TItem, TCursor>> FindAsync(ItemFailureRecord record)
    {
        stop.ThrowIfCancellationRequested();
        var after = record.After is { } json ? CursorJson.Read<TCursor>(Encoding.UTF8.GetBytes(json)) : default;
        var source = plan.Open(after, stop);
        await using (source.ConfigureAwait(false))
        {
            for (var seen = 0; seen < LookAhead && await source.MoveNextAsync().ConfigureAwait(false); seen++)
            {
                var value = source.Current;
                var cursor = plan.Cursor(value);
                if (CursorJson.Text(cursor) == record.Item.Cursor)
                    return new Item<TItem, TCursor>(true, value, cursor, -1, after, record.After is not null, record);
            }
        }

        return default;
    }
}
