namespace Longhaul.Jobs;

/// <summary>Where a loop's workers get their items from, one call at a time.</summary>
internal interface IItemSource<TItem, TCursor>
{
    /// <summary>Fills in the next item to run; false: there are no more.</summary>
    ValueTask<bool> NextAsync(Item<TItem, TCursor> item);
}
