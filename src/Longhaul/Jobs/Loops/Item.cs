using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>An item that is about to run.</summary>
/// <param name="Some">False: there is none.</param>
/// <param name="Value">The item.</param>
/// <param name="Cursor">Its cursor.</param>
/// <param name="Number">Its number in the loop's position; -1: it is run again from the record.</param>
/// <param name="Before">The cursor of the item before it.</param>
/// <param name="HasBefore">Whether there was one.</param>
/// <param name="Again">Its record, when it is run again.</param>
internal readonly record struct Item<TItem, TCursor>(
    bool Some, TItem Value, TCursor Cursor, long Number, TCursor? Before, bool HasBefore, ItemFailureRecord? Again);
