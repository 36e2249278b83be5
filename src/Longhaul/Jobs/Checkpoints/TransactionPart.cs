using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>What somebody saves in a transaction of their own.</summary>
internal sealed record TransactionPart
{
    /// <summary>A change of the checkpoint that goes with it.</summary>
    public Action? Change { get; init; }

    /// <summary>The loop of an item that is to count as finished.</summary>
    public ILoopPosition? Loop { get; init; }

    /// <summary>That item's number; -1: none.</summary>
    public long Number { get; init; } = -1;

    /// <summary>The item that is on record as failed and is done now.</summary>
    public ItemKey? Mended { get; init; }

    /// <summary>Jobs to be enqueued with it.</summary>
    public IReadOnlyList<NewJob> Children { get; init; } = [];
}
