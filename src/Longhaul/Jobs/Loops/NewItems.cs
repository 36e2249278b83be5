namespace Longhaul.Jobs;

/// <summary>The items after the low cursor, without those that an earlier run has finished.</summary>
internal sealed class NewItems<TItem, TCursor>(LoopPlan<TItem, TCursor> plan, LoopPosition<TCursor> position, IAsyncEnumerator<TItem> source, CancellationToken stop)
    : IItemSource<TItem, TCursor>
{
    private TCursor? _before = position.Low;
    private bool _hasBefore = position.HasLow;
    private bool _checked;

    public async ValueTask<Item<TItem, TCursor>> NextAsync()
    {
        while (await source.MoveNextAsync().ConfigureAwait(false))
        {
            var value = source.Current;
            var cursor = plan.Cursor(value);
            Check(cursor);
            long number;
            while ((number = position.TryBegin(cursor)) < 0)
            {
                await position.RoomAsync().WaitAsync(stop).ConfigureAwait(false);
                if (position.IsClosed)
                    return default;
            }

            var item = new Item<TItem, TCursor>(true, value, cursor, number, _before, _hasBefore, null);
            (_before, _hasBefore) = (cursor, true);
            if (!position.HasUnseen || !position.WasFinished(cursor))
                return item;
            position.FinishAgain(number, cursor);
            stop.ThrowIfCancellationRequested();
        }

        return default;
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
