namespace Longhaul.Jobs;

/// <summary>Where a loop's workers get their items from, one call at a time.</summary>
internal interface IItemSource<TItem, TCursor>
{
    /// <summary>The next item to run; none: there are no more.</summary>
    ValueTask<Item<TItem, TCursor>> NextAsync();
}
