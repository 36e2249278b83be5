using System.Runtime.ExceptionServices;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>The database: a pool of two connections for everything, and connections of their own for the heart and the listener.</summary>
/// <remarks>Two are enough: each call is one round trip, and a worker's calls come in groups. With heart and listener a process has at most four.</remarks>
internal sealed class Database : IAsyncDisposable
{
    private const int PoolSize = 2;

    private ServerPool _pool;
    private string _ownConnection;
    private readonly SemaphoreSlim _free = new(PoolSize, PoolSize); // in order, and without the driver's timeout for waiting
    private bool _disposed;

    public Database(PostgresOptions options)
    {
        Options = options;
        Schema = new(options.Schema);
        Sql = new(Schema);
        Listens = options.Listen;
        var text = ConnectionText.Of(options, Listens);
        Address = ConnectionText.Address(text, Schema);
        DatabaseName = text.Database ?? text.Username ?? "";
        _pool = new(text, PoolSize);
        _ownConnection = ConnectionText.ForOne(text, options);
    }

    public PostgresOptions Options { get; }

    public SchemaName Schema { get; }

    public SqlText Sql { get; }

    /// <summary>Whether a session is one's own, for LISTEN, locks and prepared statements: not behind a pooler.</summary>
    public bool Listens { get; private set; }

    /// <summary>Where it is, for people, without secrets.</summary>
    public string Address { get; }

    public string DatabaseName { get; }

    /// <summary>The test's clock in microseconds, which every call passes on; null: the server's clock holds.</summary>
    public long? Now => Options.Clock is { } clock ? Moments.From(clock.GetUtcNow()) : null;

    /// <summary>Runs one verb on a connection of the pool. Its errors are the contract's.</summary>
    public Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
        => RunAsync(work, mayRepeat: false, cancellationToken);

    /// <summary>Runs a verb that only reads: where the connection turns out to be lost, for example because the server was restarted meanwhile, it is asked once more on a new one.</summary>
    public Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
        => RunAsync(work, mayRepeat: true, cancellationToken);

    private async Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, bool mayRepeat, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(PostgresStore));
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        var isConnected = false;
        try
        {
            while (true)
            {
                isConnected = false;
                var connection = await _pool.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    isConnected = true;
                    try
                    {
                        return await work(connection, cancellationToken).ConfigureAwait(false);
                    }
                    catch (Exception exception) when (mayRepeat && Faults.Is(exception) && Faults.IsBroken(exception) && exception.InnerException is not TimeoutException)
                    {
                        mayRepeat = false;
                        _pool.Clear(); // the others are no better
                    }
                }
            }
        }
        catch (Exception exception) when (Faults.Is(exception))
        {
            if (isConnected && Faults.IsBroken(exception))
                _pool.Clear();
            throw Faults.Explain(exception, Address);
        }
        finally
        {
            _free.Release();
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

    /// <summary>Goes on without what a pooler cannot give. Called while the store is opened, before anything else is.</summary>
    public void StopListening()
    {
        Listens = false;
        var text = ConnectionText.Of(Options, listens: false);
        _pool.Dispose();
        _pool = new(text, PoolSize);
        _ownConnection = ConnectionText.ForOne(text, Options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _pool.DisposeAsync().ConfigureAwait(false);
        _free.Dispose();
    }
}
