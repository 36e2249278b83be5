using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <summary>Keeps jobs in PostgreSQL: for many machines, and together with the application's own data.</summary>
public sealed partial class PostgresStore : IJobStore
{
    private readonly Database _database;
    private readonly WakeHub _wake;

    /// <summary>Makes a store on a database; nothing is opened before <see cref="OpenAsync"/>.</summary>
    public PostgresStore(PostgresOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _database = new(options);
        _wake = new(_database);
        Info = new("postgres", _database.Address, StoreCapabilities.Transactions | StoreCapabilities.GlobalOrder | StoreCapabilities.Durability | StoreCapabilities.ManyProcesses | StoreCapabilities.Records);
    }

    /// <inheritdoc/>
    public StoreInfo Info { get; }

    /// <inheritdoc/>
    public long WakeStamp => _wake.Stamp;

    internal Database Database => _database;

    /// <inheritdoc/>
    public async Task OpenAsync(bool migrate, CancellationToken cancellationToken)
    {
        await new ServerCheck(_database).RunAsync(cancellationToken).ConfigureAwait(false);
        _ = await new Migrator(_database).OpenAsync(migrate, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task WaitForWorkAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
        => _wake.WaitAsync(queues, seen, atMost, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _wake.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }
}
