namespace Longhaul.Jobs;

/// <summary>What a loop was given.</summary>
/// <param name="Open">Begins the source after a cursor.</param>
/// <param name="Cursor">An item's cursor.</param>
/// <param name="Body">The work on one item; the context is there when <paramref name="NeedsContext"/>.</param>
/// <param name="NeedsContext">Whether the body takes an <see cref="ItemContext"/>.</param>
/// <param name="Options">How it runs.</param>
internal sealed record LoopPlan<TItem, TCursor>(
    Func<TCursor?, CancellationToken, IAsyncEnumerator<TItem>> Open,
    Func<TItem, TCursor> Cursor,
    Func<TItem, ItemContext?, CancellationToken, Task> Body,
    bool NeedsContext,
    LoopOptions Options);
