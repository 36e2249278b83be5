using System.Data.Common;
using System.Globalization;
using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>A new schema for each test, on the server of the run.</summary>
public sealed class PostgresFixture : SchemaFixture;

/// <summary>The same through a pooler in transaction mode.</summary>
public sealed class PooledFixture : SchemaFixture
{
    private string? _pooled;

    public override async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        await base.PrepareAsync(cancellationToken);
        _pooled = (await TestServer.PoolerAsync()).ConnectionString;
    }

    protected override PostgresOptions Options() => new() { ConnectionString = _pooled!, Listen = false };
}

/// <summary>A schema that goes with its test.</summary>
public abstract class SchemaFixture : StoreFixture
{
    private string? _connectionString;

    public string Schema { get; } = "test_" + Random.Shared.NextInt64().ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Of the server itself.</summary>
    public string ConnectionString => _connectionString ?? throw new InvalidOperationException("The fixture must be prepared first.");

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
        var connection = new NpgsqlConnection(ConnectionString + $";Pooling=False;Search Path={Schema}");
        await connection.OpenAsync(cancellationToken);
        return connection;
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
        await using var connection = (NpgsqlConnection)await OpenConnectionAsync(CancellationToken.None);
        await using var drop = new NpgsqlCommand($"DROP SCHEMA IF EXISTS \"{Schema}\" CASCADE", connection);
        await drop.ExecuteNonQueryAsync();
    }

    protected virtual PostgresOptions Options() => new() { ConnectionString = ConnectionString };
}
