using System.Data.Common;
using Longhaul.Conformance;
using Longhaul.Servers;
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
    private string? _server;
    private bool _mayBeChanged;

    protected SchemaFixture(SchemaPool pool)
    {
        _pool = pool;
        (Schema, IsThere) = pool.Take();
    }

    public string Schema { get; private set; }

    /// <summary>Of the server itself, for whoever does more in the schema than its store.</summary>
    public string ConnectionString
    {
        get
        {
            _mayBeChanged = true;
            return Server;
        }
    }

    /// <summary>Whether the schema was there before the test.</summary>
    protected bool IsThere { get; private set; }

    protected string Server => _server ?? throw new InvalidOperationException("The fixture must be prepared first.");

    /// <summary>Schemas as the program makes them.</summary>
    protected static SchemaPool Schemas { get; } = new();

    public override async ValueTask PrepareAsync(CancellationToken cancellationToken) => _server = (await TestServer.GetAsync()).ConnectionString();

    /// <summary>For a test that makes its schema in its own way. To be called first.</summary>
    public void TakeNew()
    {
        if (IsThere)
            _pool.Add(Schema);
        (Schema, IsThere) = (SchemaPool.NewName(), false);
    }

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
        if (_server is null)
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
        var connection = new NpgsqlConnection(Server + $";Pooling=False;Search Path={Schema}");
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    protected virtual PostgresOptions Options() => new() { ConnectionString = Server };
}
