using Longhaul.Servers;

namespace Longhaul.Postgres.Tests;

/// <summary>One server for all tests of a run that do not stop it. It is as a server should be: the doctor is asked about it too.</summary>
internal static class TestServer
{
    private static readonly Lock Gate = new();
    private static Task<PostgresServer>? _server;
    private static Task<PgBouncer>? _pooler;

    public static Task<PostgresServer> GetAsync()
    {
        lock (Gate)
            return _server ??= PostgresServer.StartAsync(durable: true);
    }

    /// <summary>A pooler before it.</summary>
    public static Task<PgBouncer> PoolerAsync()
    {
        lock (Gate)
            return _pooler ??= StartPoolerAsync();
    }

    private static async Task<PgBouncer> StartPoolerAsync() => await PgBouncer.StartAsync(await GetAsync(), ignoresOptions: false);
}
