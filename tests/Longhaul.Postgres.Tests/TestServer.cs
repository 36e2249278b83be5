using Longhaul.Servers;

namespace Longhaul.Postgres.Tests;

/// <summary>One server for all tests of a run that do not stop it. It is as a server should be: the doctor is asked about it too.</summary>
internal static class TestServer
{
    private static readonly Lock Gate = new();
    private static Task<PostgresServer>? _server;

    public static Task<PostgresServer> GetAsync()
    {
        lock (Gate)
            return _server ??= PostgresServer.StartAsync(durable: true);
    }
}
