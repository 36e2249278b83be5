using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul.Postgres;

/// <summary>How a <see cref="PostgresStore"/> keeps its jobs.</summary>
public sealed class PostgresOptions
{
    /// <summary>Where the database is, in Npgsql's words: <c>Host=…;Database=…;Username=…;Password=…</c>. What it says of pooling and timeouts is replaced by the options below.</summary>
    public required string ConnectionString { get; set; }

    /// <summary>The schema of Longhaul's own, made when it is not there. Default: <c>longhaul</c>.</summary>
    public string Schema { get; set; } = "longhaul";

    /// <summary>
    /// Whether workers are woken by NOTIFY, and their life is also shown by a lock of their connection. Default: yes. Off for a pooler that
    /// gives a connection for a transaction only (pgbouncer): then nothing of a session is used, no prepared statements, and idle workers look once a second.
    /// </summary>
    public bool Listen { get; set; } = true;

    /// <summary>How long it may take to connect. Default: 4 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a statement may take, on the server (<c>statement_timeout</c>) and, a little later, here. Default: 30 s.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a statement waits for the locks of others (<c>lock_timeout</c>). Default: 10 s.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock, for tests: due times, retention and leases all go by it. Default: the server's.</summary>
    public TimeProvider? Clock { get; set; }

    /// <summary>Where the store says what people should know.</summary>
    internal ILogger Logger { get; set; } = NullLogger.Instance;
}
