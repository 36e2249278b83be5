using Longhaul.Postgres;
using Longhaul.Servers;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Proof;

/// <summary>A PostgreSQL server for generated sequences, one after the other: each finds the schema empty.</summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private readonly SchemaPool _schemas = new();
    private readonly PostgresServer _server;

    private ModelServer(PostgresServer server) => _server = server;

    public static async Task<ModelServer> StartAsync() => new(await PostgresServer.StartAsync(durable: false));

    /// <summary>Lends a schema for as long as <paramref name="use"/> takes.</summary>
    public async Task UseAsync(TimeProvider clock, Func<Func<IJobStore>, Task> use)
    {
        var (schema, _) = _schemas.Take();
        try
        {
            await use(() => new PostgresStore(new PostgresOptions { ConnectionString = _server.ConnectionString(), Schema = schema, Clock = clock }));
        }
        finally
        {
            await using var connection = new NpgsqlConnection(_server.ConnectionString());
            await connection.OpenAsync();
            await _schemas.GiveBackAsync(connection, schema);
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
