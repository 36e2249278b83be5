using System.Diagnostics;
using System.Globalization;
using Longhaul.Servers;
using Npgsql;

namespace Longhaul.Load.Bench.Postgres;

/// <summary>The server of a benchmark: the run's own, durable, as distributed but for its memory and the size of its log. Started when first needed.</summary>
internal sealed class PostgresGround : IAsyncDisposable
{
    private const int TicksPerSecond = 100; // of Linux, for whoever reads /proc
    private static readonly TimeSpan EndsSoon = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan EndsAtLatest = TimeSpan.FromSeconds(10);

#pragma warning disable VSTHRD011 // the run has no synchronisation context, and nothing to do before its server is there
    private readonly Lazy<PostgresServer> _server = new(static () => PostgresServer.StartAsync(durable: true, "shared_buffers=1GB", "max_wal_size=4GB").GetAwaiter().GetResult());
#pragma warning restore VSTHRD011
    private int _databases;

    private PostgresServer Server => _server.Value;

    public string ConnectionString(string database) => Server.ConnectionString(database) + ";Pooling=false;Timeout=60;Command Timeout=600";

    public string Url(string database) => Server.Url(database);

    public PostgresDatabase CreateDatabase()
    {
        var name = $"bench_{Interlocked.Increment(ref _databases).ToString(CultureInfo.InvariantCulture)}";
        Admin($"CREATE DATABASE {name}");
        return new PostgresDatabase(this, name);
    }

    public void Admin(string sql)
    {
        using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        connection.Open();
        PostgresDatabase.Do(connection, sql);
    }

    /// <summary>Until a database has one connection alone. Asked in another one, for that counts, too.</summary>
    public void WaitUntilAlone(string database, int processId)
    {
        using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        connection.Open();
        using var others = new NpgsqlCommand($"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND backend_type = 'client backend' AND pid <> {processId}", connection);
        for (var began = Stopwatch.GetTimestamp(); (long)others.ExecuteScalar()! > 0; Thread.Sleep(EndsSoon))
        {
            if (Stopwatch.GetElapsedTime(began) > EndsAtLatest)
                throw new TimeoutException($"All connections to {database} should have ended within {EndsAtLatest}.");
        }
    }

    /// <summary>What the server's processes have used of the processors since they began, also those that have ended.</summary>
    public TimeSpan Cpu() => CpuOf(Server.ProcessId);

    /// <inheritdoc cref="Cpu"/>
    public static TimeSpan CpuOf(int postmasterId)
    {
        var ticks = 0L;
        var postmaster = postmasterId.ToString(CultureInfo.InvariantCulture);
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(Path.GetFileName(process)[0]) || Fields(process) is not { } fields)
                continue;
            // Behind the name stand state and parent; user and system time are the 12th and 13th, those of ended children the next two.
            if (Path.GetFileName(process) == postmaster)
                ticks += Sum(fields[11..15]);
            else if (fields[1] == postmaster)
                ticks += Sum(fields[11..13]);
        }

        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
            await Server.DisposeAsync();
    }

    private static long Sum(string[] fields) => fields.Sum(static f => long.Parse(f, CultureInfo.InvariantCulture));

    private static string[]? Fields(string process)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(process, "stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null; // it ended meanwhile
        }
    }
}
