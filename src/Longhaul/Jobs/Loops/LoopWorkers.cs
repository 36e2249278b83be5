namespace Longhaul.Jobs;

/// <summary>Up to so many workers that pull items, one at a time and in order, and run them side by side. Ends when all in flight have ended.</summary>
internal sealed class LoopWorkers<TItem, TCursor>(
    int parallelism, IItemSource<TItem, TCursor> items, Func<Item<TItem, TCursor>, Task> run, ILoopGuard guard, CancellationToken stop)
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
        var item = new Item<TItem, TCursor>();
        try
        {
            while (await TakeAsync(item).ConfigureAwait(false))
                await run(item).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            End(e);
        }
    }

    private async Task RunBesideOthersAsync()
    {
        var item = new Item<TItem, TCursor>();
        var first = true;
        try
        {
            while (await TakeInTurnAsync(item).ConfigureAwait(false))
            {
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

    private async ValueTask<bool> TakeInTurnAsync(Item<TItem, TCursor> item)
    {
        await _pull.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            return !_ending && await TakeAsync(item).ConfigureAwait(false) && !_ending;
        }
        finally
        {
            _pull.Release();
        }
    }

    // Where nothing has to be waited for, which is nearly always, an item costs no state machine.
    private ValueTask<bool> TakeAsync(Item<TItem, TCursor> item)
    {
        if (stop.IsCancellationRequested)
            return new ValueTask<bool>(false);
        var gate = guard.BeforeFetchAsync();
        if (!gate.IsCompletedSuccessfully)
            return TakeSlowlyAsync(gate, item);
        var next = items.NextAsync(item);
        if (!next.IsCompletedSuccessfully)
            return StartAsync(next);
#pragma warning disable VSTHRD103 // it has completed
        return next.Result ? StartAsync() : EndAsync();
#pragma warning restore VSTHRD103
    }

    private async ValueTask<bool> TakeSlowlyAsync(ValueTask gate, Item<TItem, TCursor> item)
    {
        await gate.ConfigureAwait(false);
        return await StartAsync(items.NextAsync(item)).ConfigureAwait(false);
    }

    private async ValueTask<bool> StartAsync(ValueTask<bool> next)
        => await next.ConfigureAwait(false) ? await StartAsync().ConfigureAwait(false) : await EndAsync().ConfigureAwait(false);

    private ValueTask<bool> StartAsync()
    {
        var ready = guard.BeforeBodyAsync();
        return ready.IsCompletedSuccessfully ? new ValueTask<bool>(!stop.IsCancellationRequested) : StartSlowlyAsync(ready);
    }

    private async ValueTask<bool> StartSlowlyAsync(ValueTask ready)
    {
        await ready.ConfigureAwait(false);
        return !stop.IsCancellationRequested;
    }

    private ValueTask<bool> EndAsync()
    {
        _ending = true;
        return new ValueTask<bool>(false);
    }

    private void End(Exception e)
    {
        if (Interlocked.CompareExchange(ref _error, e, null) is OperationCanceledException && e is not OperationCanceledException)
            _error = e;
        _ending = true;
        guard.Close();
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
