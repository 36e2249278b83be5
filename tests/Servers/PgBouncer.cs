using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Longhaul.Servers;

/// <summary>A pooler in transaction mode before a server: each transaction of a client gets whatever connection is free. It ends with the process that started it.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private readonly Process _guard;
    private readonly Process _pooler;

    private PgBouncer(string folder, int port, Process pooler)
    {
        Port = port;
        _pooler = pooler;
        _guard = ServerProcess.Start("sh", ["-c", """
            trap '' INT TERM HUP
            read -r _
            kill -INT "$2" 2>/dev/null
            rm -rf "$1"
            """, "guard", folder, pooler.Id.ToString(CultureInfo.InvariantCulture)]);
    }

    public int Port { get; }

    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=postgres;Database=postgres";

    /// <param name="server">What it stands before.</param>
    /// <param name="ignoresOptions">Whether it lets a client's settings pass unheeded, instead of refusing the client.</param>
    public static async Task<PgBouncer> StartAsync(PostgresServer server, bool ignoresOptions)
    {
        var program = ServerProcess.Find("pgbouncer", []) ?? throw new InvalidOperationException("pgbouncer must be installed, but is not there; install Debian's package pgbouncer, as ./test does.");
        var folder = Directory.CreateTempSubdirectory("longhaul-pgbouncer-").FullName;
        var port = ServerProcess.FreePort();
        var settings = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(settings, string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            * = user=postgres host=127.0.0.1 port={server.Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = 20
            server_lifetime = 5
            max_client_conn = 400
            ignore_startup_parameters = extra_float_digits{(ignoresOptions ? ", options" : "")}
            """));
        if (Environment.IsPrivilegedProcess)
            await ServerProcess.RunAsync("chown", ["-R", ServerProcess.UnprivilegedUser, folder]);
        var log = Path.Combine(folder, "log");
        var pooler = new PgBouncer(folder, port, ServerProcess.StartUnprivileged(program, [settings], log));
        var started = TimeProvider.System.GetTimestamp();
        while (!await pooler.AnswersAsync())
        {
            if (pooler._pooler.HasExited || TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
                throw new TimeoutException($"pgbouncer must start within 30 s, but did not: {(File.Exists(log) ? await File.ReadAllTextAsync(log) : "it wrote no log")}");
            await Task.Delay(20);
        }

        return pooler;
    }

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
        _pooler.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=False;Timeout=2");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
