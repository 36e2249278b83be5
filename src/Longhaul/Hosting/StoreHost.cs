using Longhaul.Storage;

namespace Longhaul.Hosting;

/// <summary>Holds the one store of a Longhaul and opens it once: by the first who needs it, again after a failure.</summary>
internal sealed class StoreHost(Func<IJobStore> make, bool migrate) : IAsyncDisposable, IDisposable
{
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly Lock _making = new();
    private IJobStore? _made;
    private volatile IJobStore? _open;

    /// <summary>The store, perhaps not open yet: for what it tells without that.</summary>
    public IJobStore Store
    {
        get
        {
            lock (_making)
                return _made ??= make();
        }
    }

    /// <summary>The open store; at once when it is open already.</summary>
    public ValueTask<IJobStore> OpenAsync(CancellationToken cancellationToken)
        => _open is { } store ? new ValueTask<IJobStore>(store) : OpenOnceAsync(cancellationToken);

    /// <summary>The open store, made or brought up to date whatever the options say: for somebody who asked for that.</summary>
    public async ValueTask<IJobStore> MigrateAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var store = Store;
            await store.OpenAsync(migrate: true, cancellationToken).ConfigureAwait(false);
            return _open = store;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async ValueTask<IJobStore> OpenOnceAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_open is { } open)
                return open;
            var store = Store;
            await store.OpenAsync(migrate, cancellationToken).ConfigureAwait(false);
            return _open = store;
        }
        finally
        {
            _opening.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_made is { } store)
            await store.DisposeAsync().ConfigureAwait(false);
    }

    // A provider that is disposed without await refuses services that can only be disposed with it.
#pragma warning disable VSTHRD002
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
}
