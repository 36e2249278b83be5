using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Longhaul.Servers;

/// <summary>
/// A PostgreSQL server of one's own: its data in a folder of its own, on a free port of this machine. It ends, and its folder goes, with the process
/// that started it, however that ends.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly bool _durable;
    private readonly string[] _settings;
    private readonly Process _guard;
    private Process? _server;

    private PostgresServer(string folder, bool durable, string[] settings)
    {
        _folder = folder;
        _durable = durable;
        _settings = settings;
        Port = ServerProcess.FreePort();
        // It waits for the end of its input, which comes with the end of this process, even by SIGKILL.
        _guard = ServerProcess.Start("sh", ["-c", """
            trap '' INT TERM HUP
            read -r _
            pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
            for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
            rm -rf "$1"
            """, "guard", folder]);
    }

    public int Port { get; }

    /// <summary>Where the server's log is.</summary>
    public string LogFile => Path.Combine(_folder, "log");

    /// <summary>The process id of the postmaster.</summary>
    public int ProcessId => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private string Data => Path.Combine(_folder, "data");

    public string ConnectionString(string database = "postgres") => $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database}";

    /// <summary>For <c>LONGHAUL_STORE</c>.</summary>
    public string Url(string database = "postgres") => $"postgres://postgres@127.0.0.1:{Port}/{database}";

    /// <summary>Makes a server and waits until it takes connections.</summary>
    /// <param name="durable">Whether commits reach the disk. Without, a test of behaviour is quicker, and only the end of the machine could tell.</param>
    /// <param name="settings">More, as <c>name=value</c>.</param>
    public static Task<PostgresServer> StartAsync(bool durable, params string[] settings) => MakeAsync(durable, isReplica: false, settings);

    /// <summary>A server that waits for what a primary sends, and takes no writes.</summary>
    public static Task<PostgresServer> StartReplicaAsync() => MakeAsync(durable: false, isReplica: true, []);

    private static async Task<PostgresServer> MakeAsync(bool durable, bool isReplica, string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("longhaul-postgres-").FullName;
        var server = new PostgresServer(folder, durable, settings);
        try
        {
            if (Environment.IsPrivilegedProcess)
                await ServerProcess.RunAsync("chown", [ServerProcess.UnprivilegedUser, folder]);
            await ServerProcess.RunUnprivilegedAsync(Program("initdb"), ["-D", server.Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
            // One user must give a password, for the tests of a wrong one.
            await File.WriteAllTextAsync(Path.Combine(server.Data, "pg_hba.conf"), "local all all trust\nhost all guarded 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
            if (isReplica)
                await File.WriteAllTextAsync(Path.Combine(server.Data, "standby.signal"), "");
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, again after it has ended.</summary>
    public async Task StartAsync()
    {
        string[] arguments =
        [
            "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture),
            .. Setting("listen_addresses=127.0.0.1"), .. Setting($"unix_socket_directories={_folder}"), .. Setting("max_connections=400"),
            .. Setting("shared_buffers=128MB"), .. Setting("max_wal_size=4GB"), .. Setting("logging_collector=off"), .. Setting("timezone=UTC"),
            .. _durable ? [] : (string[])[.. Setting("fsync=off"), .. Setting("full_page_writes=off")],
            .. _settings.SelectMany(Setting),
        ];
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            _server?.Dispose();
            _server = ServerProcess.StartUnprivileged(Program("postgres"), arguments, LogFile);
            while (!_server.HasExited)
            {
                if (await AnswersAsync())
                    return;
                Limit(started);
                await Task.Delay(20);
            }

            // After a kill the memory of the old one may still be in use by backends that are about to end.
            Limit(started);
            await Task.Delay(100);
        }
    }

    /// <summary>Ends it in order: open transactions are broken off, all that is committed is on the disk.</summary>
    public Task StopAsync() => EndAsync("INT");

    /// <summary>Ends it as a crash does: it recovers at the next start.</summary>
    public Task CrashAsync() => EndAsync("QUIT");

    /// <summary>Kills the postmaster with SIGKILL; its backends notice, and end.</summary>
    public Task KillAsync() => EndAsync("KILL");

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
        _server?.Dispose();
    }

    private async Task EndAsync(string signal)
    {
        await ServerProcess.RunAsync("kill", [$"-{signal}", ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await _server!.WaitForExitAsync();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString() + ";Pooling=False;Timeout=2");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private void Limit(long started)
    {
        if (TimeProvider.System.GetElapsedTime(started) > StartTimeout)
            throw new TimeoutException($"PostgreSQL must start within {StartTimeout.TotalSeconds} s, but did not: {(File.Exists(LogFile) ? File.ReadAllText(LogFile) : "it wrote no log")}");
    }

    private static string[] Setting(string setting) => ["-c", setting];

    private static string Program(string name) => ServerProcess.Find(name, ProgramFolders())
        ?? throw new InvalidOperationException($"PostgreSQL's {name} must be installed, but is not there; install Debian's package postgresql, as ./test does.");

    /// <summary>The newest version here, unless another is asked for.</summary>
    private static IEnumerable<string> ProgramFolders()
    {
        const string debian = "/usr/lib/postgresql";
        if (Environment.GetEnvironmentVariable("LONGHAUL_POSTGRES_BIN") is { } chosen)
            return [chosen];
        return Directory.Exists(debian)
            ? Directory.GetDirectories(debian).OrderByDescending(static f => int.TryParse(Path.GetFileName(f), CultureInfo.InvariantCulture, out var version) ? version : 0).Select(static f => Path.Combine(f, "bin"))
            : [];
    }
}
