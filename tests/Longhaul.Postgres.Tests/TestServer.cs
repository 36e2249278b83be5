using Longhaul.Servers;

namespace Longhaul.Postgres.Tests;

/// <summary>One server for all tests of a run that do not stop it. Commits do not wait for the disk: these tests judge behaviour.</summary>
internal static class TestServer
{
    private static readonly Lock Gate = new();
    private static Task<PostgresServer>? _server;

    public static Task<PostgresServer> GetAsync()
    {
        lock (Gate)
            return _server ??= PostgresServer.StartAsync(durable: false);
    }
}
