using System.Data.Common;
using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>A schema for each test alone, on the server of the run.</summary>
public sealed class PostgresFixture() : SchemaFixture(Schemas);

/// <summary>The same through a pooler in transaction mode.</summary>
public sealed class PooledFixture() : SchemaFixture(Schemas)
{
    private string? _pooled;

    public override async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        await base.PrepareAsync(cancellationToken);
        _pooled = (await TestServer.PoolerAsync()).ConnectionString;
    }

    protected override PostgresOptions Options() => new() { ConnectionString = _pooled!, Listen = false };
}

/// <summary>A schema that a test has for itself. A later test gets it when this one asked nothing in SQL, and so can have changed nothing but rows; else it goes.</summary>
public abstract class SchemaFixture : StoreFixture
{
    private readonly SchemaPool _pool;
    private string? _connectionString;
    private bool _mayBeChanged;

    protected SchemaFixture(SchemaPool pool)
    {
        _pool = pool;
        (Schema, IsThere) = pool.Take();
    }

    public string Schema { get; }

    /// <summary>Of the server itself.</summary>
    public string ConnectionString => _connectionString ?? throw new InvalidOperationException("The fixture must be prepared first.");

    /// <summary>Schemas as the program makes them.</summary>
    protected static SchemaPool Schemas { get; } = new();

    /// <summary>Whether the schema was there before the test.</summary>
    protected bool IsThere { get; }

    public override async ValueTask PrepareAsync(CancellationToken cancellationToken) => _connectionString = (await TestServer.GetAsync()).ConnectionString();

    public override IJobStore CreateStore()
    {
        var options = Options();
        options.Schema = Schema;
        options.Clock = Clock;
        return new PostgresStore(options);
    }

    public override async Task<DbConnection> OpenConnectionAsync(CancellationToken cancellationToken)
    {
        _mayBeChanged = true;
        return await ConnectAsync(cancellationToken);
    }

    /// <summary>What another program reads in the schema, which is its search path: a number or a text.</summary>
    public async Task<object?> AskAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = (NpgsqlConnection)await OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"SET search_path = \"{Schema}\"; {sql}", connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
        if (_connectionString is null)
            return;
        await using var connection = await ConnectAsync(CancellationToken.None);
        if (!_mayBeChanged && TestContext.Current.TestState?.Result != TestResult.Failed)
        {
            await _pool.GiveBackAsync(connection, Schema);
            return;
        }

        await using var drop = new NpgsqlCommand($"DROP SCHEMA IF EXISTS \"{Schema}\" CASCADE", connection);
        await drop.ExecuteNonQueryAsync();
    }

    protected async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(ConnectionString + $";Pooling=False;Search Path={Schema}");
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    protected virtual PostgresOptions Options() => new() { ConnectionString = ConnectionString };
}
