using Longhaul.Hosting;

namespace Longhaul.Client;

/// <summary>
/// Gives out ids from blocks that it takes from the store, so that an id is known before its job is written. The first block is small, for
/// programs that enqueue little; blocks double while they are used up.
/// </summary>
internal sealed class IdSource(StoreHost store) : IDisposable
{
    private const int FirstBlock = 16;
    private const int LargestBlock = 1_000;

    /// <summary>After a counter went back (a restored backup) large steps catch up with the ids that are taken.</summary>
    private const int CatchUpBlock = 10_000;

    private readonly SemaphoreSlim _refill = new(1, 1);
    private volatile Block _block = new(0, 0);
    private int _size = FirstBlock;

    /// <summary>The next id; at once while the block lasts.</summary>
    public ValueTask<JobId> NextAsync(CancellationToken cancellationToken)
        => _block.TryTake(out var id) ? new ValueTask<JobId>(id) : RefillAsync(cancellationToken);

    /// <summary>Gives up what is left of the block that this id is from: the store has other jobs under such ids.</summary>
    public void Drop(JobId taken)
    {
        var block = _block;
        if (!block.Holds(taken))
            return; // another caller dropped it already
        Volatile.Write(ref _size, CatchUpBlock);
        block.Close();
    }

    public void Dispose() => _refill.Dispose();

    private async ValueTask<JobId> RefillAsync(CancellationToken cancellationToken)
    {
        await _refill.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            JobId id;
            while (!_block.TryTake(out id)) // else another caller has filled it meanwhile
            {
                var size = Volatile.Read(ref _size);
                var opened = await store.OpenAsync(cancellationToken).ConfigureAwait(false);
                var first = await opened.TakeIdsAsync(size, null, cancellationToken).ConfigureAwait(false);
                _block = new Block(first.Value, first.Value + size);
                Interlocked.CompareExchange(ref _size, Math.Min(size * 2, LargestBlock), size);
            }

            return id;
        }
        finally
        {
            _refill.Release();
        }
    }

    private sealed class Block(long first, long end)
    {
        private readonly long _first = first;
        private long _next = first;

        public bool TryTake(out JobId id)
        {
            var value = Interlocked.Increment(ref _next) - 1;
            id = new JobId(value);
            return value < end;
        }

        public bool Holds(JobId id) => id.Value >= _first && id.Value < end;

        public void Close() => Volatile.Write(ref _next, end);
    }
}
