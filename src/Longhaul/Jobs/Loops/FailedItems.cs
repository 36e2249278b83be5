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

    public async ValueTask<bool> NextAsync(Item<TItem, TCursor> item)
    {
        while (_next < records.Count)
        {
            var record = records[_next++];
            if (await FindAsync(record, item).ConfigureAwait(false))
                return true;
            gone(record);
        }

        return false;
    }

    private async Task<bool> FindAsync(ItemFailureRecord record, Item<TItem, TCursor> item)
    {
        stop.ThrowIfCancellationRequested();
        var after = record.After is { } json ? CursorJson.Read<TCursor>(Encoding.UTF8.GetBytes(json)) : default;
        var source = plan.Open(after, stop);
        await using (source.ConfigureAwait(false))
        {
            for (var seen = 0; seen < LookAhead && await source.MoveNextAsync().ConfigureAwait(false); seen++)
            {
                (item.Value, item.Cursor) = (source.Current, plan.Cursor(source.Current));
                if (CursorJson.Text(item.Cursor) != record.Item.Cursor)
                    continue;
                (item.Number, item.Before, item.HasBefore, item.Again) = (-1, after, record.After is not null, record);
                return true;
            }
        }

        return false;
    }
}
