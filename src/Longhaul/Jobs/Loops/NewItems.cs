namespace Longhaul.Jobs;

/// <summary>The items after the low cursor, without those that an earlier run has finished.</summary>
internal sealed class NewItems<TItem, TCursor>(LoopPlan<TItem, TCursor> plan, LoopPosition<TCursor> position, IAsyncEnumerator<TItem> source, CancellationToken stop)
    : IItemSource<TItem, TCursor>
{
    private TCursor? _before = position.Low;
    private bool _hasBefore = position.HasLow;
    private bool _checked;

    private enum Placed
    {
        Ready,
        NoRoom,
        WasFinished,
    }

    public ValueTask<bool> NextAsync(Item<TItem, TCursor> item)
    {
        var more = source.MoveNextAsync();
        if (!more.IsCompletedSuccessfully)
            return NextSlowlyAsync(more, item);
#pragma warning disable VSTHRD103 // it has completed
        if (!more.Result)
            return new ValueTask<bool>(false);
#pragma warning restore VSTHRD103
        return Place(item) switch
        {
            Placed.Ready => new ValueTask<bool>(true),
            Placed.NoRoom => NextSlowlyAsync(new ValueTask<bool>(true), item),
            _ => NextSlowlyAsync(source.MoveNextAsync(), item),
        };
    }

    private async ValueTask<bool> NextSlowlyAsync(ValueTask<bool> fetched, Item<TItem, TCursor> item)
    {
        for (var more = await fetched.ConfigureAwait(false); more; more = await source.MoveNextAsync().ConfigureAwait(false))
        {
            Placed placed;
            while ((placed = Place(item)) == Placed.NoRoom)
            {
                await position.RoomAsync().WaitAsync(stop).ConfigureAwait(false);
                if (position.IsClosed)
                    return false;
            }

            if (placed == Placed.Ready)
                return true;
            stop.ThrowIfCancellationRequested();
        }

        return false;
    }

    // Without room nothing has changed, and it is called again for the same item.
    private Placed Place(Item<TItem, TCursor> item)
    {
        var value = source.Current;
        var cursor = plan.Cursor(value);
        Check(cursor);
        var number = position.TryBegin(cursor);
        if (number < 0)
            return Placed.NoRoom;
        (item.Value, item.Cursor, item.Number) = (value, cursor, number);
        (item.Before, item.HasBefore) = (_before, _hasBefore);
        (_before, _hasBefore) = (cursor, true);
        if (!position.HasUnseen || !position.WasFinished(cursor))
            return Placed.Ready;
        position.FinishAgain(number, cursor);
        return Placed.WasFinished;
    }

    private void Check(TCursor cursor)
    {
        if (cursor is null)
            throw new InvalidOperationException("Every item of a loop needs a cursor, but one was null.");
        if (_hasBefore && EqualityComparer<TCursor>.Default.Equals(cursor, _before))
            throw new InvalidOperationException("Every item of a loop needs a cursor of its own, and the source must go on after the one it is given; but two items in a row (or the first one and the cursor to go on from) had the same.");
        if (_checked)
            return;
        CursorJson.CheckRoundTrip(cursor);
        _checked = true;
    }
}
