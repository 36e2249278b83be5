using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Longhaul.Load.Bench.Postgres;

/// <summary>A database of its own for one measurement, gone afterwards, and what the server counts of it.</summary>
internal sealed partial class PostgresDatabase : IDisposable
{
    private readonly PostgresGround _ground;
    private readonly string _name;
    private readonly NpgsqlConnection _admin;

    public PostgresDatabase(PostgresGround ground, string name)
    {
        (_ground, _name) = (ground, name);
        _admin = new NpgsqlConnection(ConnectionString);
        _admin.Open();
    }

    public string Url => _ground.Url(_name);

    public string ConnectionString => _ground.ConnectionString(_name);

    /// <summary>
    /// A connection for hot statements: a plan that was made while a table was empty must not read all of it later, and a plan is made once.
    /// </summary>
    public NpgsqlConnection Connect()
    {
        var connection = new NpgsqlConnection(ConnectionString + ";Options=-c enable_seqscan=off -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan -c jit=off");
        connection.Open();
        return connection;
    }

    /// <summary>Begins a transaction that sees the database as it is now and lets nothing that goes from now on be cleaned up. Ends with its connection.</summary>
    public NpgsqlConnection Hold()
    {
        var holder = new NpgsqlConnection(ConnectionString);
        holder.Open();
        Do(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Do(holder, "SELECT txid_current(), (SELECT count(*) FROM pg_class)");
        return holder;
    }

    public void Do(string sql) => Do(_admin, sql);

    public static void Do(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>After a fill, before what is measured: the planner knows the tables, and what was written is not written again meanwhile.</summary>
    public void Settle()
    {
        Do("ANALYZE");
        Do("CHECKPOINT");
    }

    /// <summary>Whether the server vacuums and analyses by itself.</summary>
    public void CleansItself(bool does)
    {
        Do($"ALTER SYSTEM SET autovacuum = {(does ? "on" : "off")}");
        Do("SELECT pg_reload_conf()");
    }

    /// <summary>What the server has done for this database so far. Whoever did it must have told: at its connection's end at the latest.</summary>
    public Counted Count()
    {
        // In one transaction, for it is counted, too.
        using var command = new NpgsqlCommand(
            """
            SELECT pg_current_wal_insert_lsn() - '0/0',
              (SELECT coalesce(sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0)), 0) FROM pg_statio_user_tables),
              (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database())
            """, _admin);
        var cpu = _ground.Cpu();
        using var row = command.ExecuteReader();
        row.Read();
        return new(cpu, (long)row.GetDecimal(0), (long)row.GetDecimal(1), row.GetInt64(2));
    }

    /// <summary>As <see cref="Count"/>, when all connections of others have ended and with that have told: closed by the client, they take a moment.</summary>
    public Counted CountEnded()
    {
        _ground.WaitUntilAlone(_name, _admin.ProcessID);
        return Count();
    }

    /// <summary>Connections of others to this database.</summary>
    public long Connections() => Ask<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'");

    public bool Is(string question) => Ask<bool>(question);

    /// <summary>Pages that one statement looks at.</summary>
    public double PagesOf(string sql)
    {
        using var command = new NpgsqlCommand($"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}", _admin);
        using var reader = command.ExecuteReader();
        var pages = 0.0;
        while (reader.Read() && pages is 0)
        {
            // The first such line is that of the whole.
            if (Buffers().Match(reader.GetString(0)) is { Success: true } found)
                pages = found.Groups.Values.Skip(1).Where(static g => g.Success).Sum(static g => double.Parse(g.Value, CultureInfo.InvariantCulture));
        }

        return pages;
    }

    public void Dispose()
    {
        _admin.Dispose();
        _ground.Admin($"DROP DATABASE {_name} WITH (FORCE)");
    }

    private T Ask<T>(string sql)
    {
        using var command = new NpgsqlCommand(sql, _admin);
        return (T)command.ExecuteScalar()!;
    }

    [GeneratedRegex(@"Buffers: shared(?: hit=(?<hit>\d+))?(?: read=(?<read>\d+))?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Buffers();
}

/// <summary>What a server has done.</summary>
/// <param name="Cpu">Of all its processes.</param>
/// <param name="WalBytes">Written to its log.</param>
/// <param name="Pages">Of tables and indexes that were looked at.</param>
/// <param name="Transactions">Round trips, where each is a transaction of its own.</param>
internal readonly record struct Counted(TimeSpan Cpu, long WalBytes, long Pages, long Transactions)
{
    public static Counted operator -(Counted left, Counted right)
        => new(left.Cpu - right.Cpu, left.WalBytes - right.WalBytes, left.Pages - right.Pages, left.Transactions - right.Transactions);

    /// <summary>A job's share, of so many.</summary>
    public IReadOnlyList<Figure> Figures(string name, long count) =>
    [
        new($"{name}-server-cpu", Cpu.TotalMicroseconds / count, "µs/job"),
        new($"{name}-server-wal", (double)WalBytes / count, "bytes/job"),
        new($"{name}-server-pages", (double)Pages / count, "pages/job"),
        new($"{name}-server-transactions", (double)Transactions / count * 1_000, "a 1,000 jobs"),
    ];
}
