using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>
/// Where a test's stores come from: one fixture a test, with data of its own that nobody else sees (a new file, schema or key prefix).
/// A store's test project derives one, and one sealed class a suite: <c>public sealed class SqliteEnqueueTests : EnqueueConformance&lt;SqliteFixture&gt;;</c>
/// </summary>
public abstract class StoreFixture : IAsyncDisposable
{
    private readonly List<IJobStore> _stores = [];

    /// <summary>The clock of all stores of this fixture.</summary>
    public ManualClock Clock { get; } = new();

    /// <summary>Whatever is needed before the first store: a folder, a schema.</summary>
    public virtual ValueTask PrepareAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>A new store object on this fixture's data and clock, not opened yet. Called again while the first lives, it stands for another process.</summary>
    public abstract IJobStore CreateStore();

    /// <summary>A new, opened store object on this fixture's data. More than one at a time needs <see cref="StoreCapabilities.ManyProcesses"/>.</summary>
    public async Task<IJobStore> OpenStoreAsync(CancellationToken cancellationToken)
    {
        var store = CreateStore();
        lock (_stores)
            _stores.Add(store);
        await store.OpenAsync(migrate: true, cancellationToken);
        return store;
    }

    /// <summary>Ends one store object and opens another on the same data. Needs <see cref="StoreCapabilities.Durability"/>.</summary>
    public async Task<IJobStore> ReopenAsync(IJobStore store, CancellationToken cancellationToken)
    {
        lock (_stores)
            _stores.Remove(store);
        await store.DisposeAsync();
        return await OpenStoreAsync(cancellationToken);
    }

    /// <summary>An open connection of the caller's own to the store's database. Needs <see cref="StoreCapabilities.Transactions"/>.</summary>
    public virtual Task<DbConnection> OpenConnectionAsync(CancellationToken cancellationToken)
        => throw new NotSupportedException($"{GetType().Name} has transactions and must override {nameof(OpenConnectionAsync)}.");

    /// <summary>Disposes the stores. Overrides remove the data afterwards.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        _stores.Clear();
        GC.SuppressFinalize(this);
    }
}
