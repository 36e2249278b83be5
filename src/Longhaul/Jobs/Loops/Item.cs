using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>The item that a worker of a loop has in hand. One object a worker, filled anew for each item.</summary>
internal sealed class Item<TItem, TCursor>
{
    /// <summary>The item.</summary>
    public TItem Value = default!;

    /// <summary>Its cursor.</summary>
    public TCursor Cursor = default!;

    /// <summary>Its number in the loop's position; -1: it is run again from the record.</summary>
    public long Number;

    /// <summary>The cursor of the item before it.</summary>
    public TCursor? Before;

    /// <summary>Whether there was one.</summary>
    public bool HasBefore;

    /// <summary>Its record, when it is run again.</summary>
    public ItemFailureRecord? Again;
}
