using System.Runtime.ExceptionServices;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>The database: a pool of two connections for everything, and connections of their own for the heart and the listener.</summary>
/// <remarks>Two are enough: each call is one round trip, and a worker's calls come in groups. With heart and listener a process has at most four.</remarks>
internal sealed class Database : IAsyncDisposable
{
    private const int PoolSize = 2;

    private readonly NpgsqlDataSource _pool;
    private readonly string _ownConnection;
    private readonly SemaphoreSlim _free = new(PoolSize, PoolSize); // in order, and without the driver's timeout for waiting
    private bool _disposed;

    public Database(PostgresOptions options)
    {
        Options = options;
        Schema = new(options.Schema);
        Sql = new(Schema);
        var text = ConnectionText.Of(options);
        Address = ConnectionText.Address(text, Schema);
        _pool = NpgsqlDataSource.Create(ConnectionText.ForPool(text, PoolSize));
        _ownConnection = ConnectionText.ForOne(text, options);
        DatabaseName = text.Database ?? text.Username ?? "";
    }

    public PostgresOptions Options { get; }

    public SchemaName Schema { get; }

    public SqlText Sql { get; }

    /// <summary>Where it is, for people, without secrets.</summary>
    public string Address { get; }

    public string DatabaseName { get; }

    /// <summary>The test's clock in microseconds, which every call passes on; null: the server's clock holds.</summary>
    public long? Now => Options.Clock is { } clock ? Moments.From(clock.GetUtcNow()) : null;

    /// <summary>Runs one verb on a connection of the pool. Its errors are the contract's.</summary>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(PostgresStore));
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var connection = await _pool.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
                return await work(connection, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (Faults.Is(exception))
        {
            throw Faults.Explain(exception, Address);
        }
        catch (OperationCanceledException exception) when (exception.InnerException is PostgresException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Runs a verb that only reads: where the connection broke, for example because the server was restarted meanwhile, it is asked once more on a new one.</summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(work, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException exception) when (exception.InnerException is { } inner && Faults.IsBroken(inner))
        {
            return await RunAsync(work, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a verb without an answer.</summary>
    public Task RunAsync(Func<NpgsqlConnection, CancellationToken, Task> work, CancellationToken cancellationToken) => RunAsync(
        async (connection, cancel) =>
        {
            await work(connection, cancel).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>Opens a connection of its own, outside the pool, without the thread pool: for the heart and the listener.</summary>
    public NpgsqlConnection Connect()
    {
        var connection = new NpgsqlConnection(_ownConnection);
        try
        {
            connection.Open();
            return connection;
        }
        catch (Exception exception)
        {
            connection.Dispose();
            if (Faults.Is(exception))
                throw Faults.Explain(exception, Address);
            ExceptionDispatchInfo.Throw(exception);
            throw;
        }
    }

    /// <summary>Forgets the pool's idle connections: those after a restart of the server are dead, and each would fail a call.</summary>
    public void ForgetIdle() => _pool.Clear();

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _pool.DisposeAsync().ConfigureAwait(false);
        _free.Dispose();
    }
}
