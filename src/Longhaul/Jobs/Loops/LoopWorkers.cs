namespace Longhaul.Jobs;

/// <summary>Up to so many workers that pull items, one at a time and in order, and run them side by side. Ends when all in flight have ended.</summary>
internal sealed class LoopWorkers<TItem, TCursor>(
    int parallelism, IItemSource<TItem, TCursor> items, Func<Item<TItem, TCursor>, Task> run, Func<ValueTask> before, Action wake, CancellationToken stop)
    : IDisposable
{
    private readonly SemaphoreSlim _pull = new(1);
    private readonly List<Task> _workers = [];
    private Exception? _error;
    private volatile bool _ending;

    /// <exception cref="OperationCanceledException">The run is to stop; no item is in flight any more.</exception>
    public async Task RunAsync()
    {
        if (parallelism == 1)
        {
            await RunOneAsync().ConfigureAwait(false);
        }
        else
        {
            AddWorker();
            for (var joined = 0; TryGetWorker(joined, out var worker); joined++)
                await worker.ConfigureAwait(false);
        }

        if (_error is not null and not OperationCanceledException)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_error);
        stop.ThrowIfCancellationRequested();
        if (_error is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_error);
    }

    public void Dispose() => _pull.Dispose();

    private async Task RunOneAsync()
    {
        try
        {
            while (await TakeAsync().ConfigureAwait(false) is { Some: true } item)
                await run(item).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            End(e);
        }
    }

    private async Task RunBesideOthersAsync()
    {
        var first = true;
        try
        {
            while (true)
            {
                Item<TItem, TCursor> item;
                await _pull.WaitAsync(CancellationToken.None).ConfigureAwait(false);
                try
                {
                    item = _ending ? default : await TakeAsync().ConfigureAwait(false);
                }
                finally
                {
                    _pull.Release();
                }

                if (!item.Some)
                    return;
                if (first)
                    AddWorker(); // a further one only when there was something to do
                first = false;
                await run(item).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            End(e);
        }
    }

    private async ValueTask<Item<TItem, TCursor>> TakeAsync()
    {
        if (stop.IsCancellationRequested)
            return default;
        var item = await items.NextAsync().ConfigureAwait(false);
        if (!item.Some)
        {
            _ending = true;
            return default;
        }

        await before().ConfigureAwait(false);
        return _ending || stop.IsCancellationRequested ? default : item;
    }

    private void End(Exception e)
    {
        if (Interlocked.CompareExchange(ref _error, e, null) is OperationCanceledException && e is not OperationCanceledException)
            _error = e;
        _ending = true;
        wake();
    }

    private void AddWorker()
    {
        lock (_workers)
        {
            if (_workers.Count < parallelism && !_ending)
                _workers.Add(Task.Run(RunBesideOthersAsync, CancellationToken.None));
        }
    }

    private bool TryGetWorker(int number, out Task worker)
    {
        lock (_workers)
        {
            worker = number < _workers.Count ? _workers[number] : Task.CompletedTask;
            return number < _workers.Count;
        }
    }
}
