using SQLitePCL;

namespace Longhaul.Sqlite;

/// <summary>A SQLite connection with its prepared statements. Not safe for two threads at once.</summary>
internal sealed class Connection : IDisposable
{
    private const int NoCheckpointOnClose = 1006; // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, which SQLitePCLRaw does not name

    private readonly sqlite3 _handle;
    private readonly bool _owned;
    private readonly Dictionary<string, Statement> _statements = [];
    private readonly List<Statement> _all = [];

    private Connection(sqlite3 handle, bool owned) => (_handle, _owned) = (handle, owned);

    /// <summary>Opens a connection of our own.</summary>
    /// <remarks>Not through Microsoft.Data.Sqlite: it has no way to ask for NOMUTEX, and each call would take a mutex that nobody contends.</remarks>
    public static Connection Open(string path, int generation = 0)
    {
        Batteries_V2.Init();
        var code = raw.sqlite3_open_v2(path, out var handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, null);
        var connection = new Connection(handle, owned: true) { Generation = generation };
        if (code != raw.SQLITE_OK)
        {
            var fault = connection.Fault(code);
            connection.Dispose();
            throw fault;
        }

        _ = raw.sqlite3_extended_result_codes(handle, 1);
        return connection;
    }

    /// <summary>Works on a connection of the caller's; disposing leaves it open.</summary>
    public static Connection Borrow(sqlite3 handle) => new(handle, owned: false);

    /// <summary>Which of the files that stood at the path one after the other this one is to.</summary>
    public int Generation { get; private init; }

    public int Changes => raw.sqlite3_changes(_handle);

    public bool InTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>The path of the main file as SQLite knows it.</summary>
    public string FileName => raw.sqlite3_db_filename(_handle, "main").utf8_to_string() ?? "";

    /// <summary>A statement of <c>Sql/</c>, prepared once.</summary>
    public Statement Get(string name)
    {
        if (!_statements.TryGetValue(name, out var statement))
            _statements[name] = statement = Prepare(SqlText.Of(name));
        return statement;
    }

    /// <summary>A statement of the caller's text, prepared once.</summary>
    public Statement Cached(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
            _statements[sql] = statement = Prepare(sql);
        return statement;
    }

    /// <summary>All rows of a statement of <c>Sql/</c> with one parameter.</summary>
    public List<T> List<T>(string name, long parameter, Func<Statement, T> read)
    {
        var list = new List<T>();
        var rows = Get(name).Set(1, parameter);
        while (rows.Step())
            list.Add(read(rows));
        return list;
    }

    /// <summary>A statement of its own, kept until the connection closes.</summary>
    public Statement Prepare(string sql)
    {
        var code = raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle);
        if (code != raw.SQLITE_OK)
            throw Fault(code);
        var statement = new Statement(this, handle);
        _all.Add(statement);
        return statement;
    }

    /// <summary>A statement that the caller disposes: for SQL that is put together from a filter.</summary>
    public Statement PrepareOnce(string sql)
    {
        var code = raw.sqlite3_prepare_v2(_handle, sql, out var handle);
        return code == raw.SQLITE_OK ? new Statement(this, handle) : throw Fault(code);
    }

    /// <summary>Runs a script.</summary>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_handle, sql);
        if (code != raw.SQLITE_OK)
            throw Fault(code);
    }

    /// <summary>The number that a pragma or query answers.</summary>
    public long Ask(string sql)
    {
        using var statement = PrepareOnce(sql);
        return statement.Scalar() ?? 0;
    }

    public void SetBusyTimeout(TimeSpan timeout) => _ = raw.sqlite3_busy_timeout(_handle, (int)timeout.TotalMilliseconds);

    /// <summary>Writes what the WAL holds back into the file, as far as readers allow, without waiting for anybody.</summary>
    public void Checkpoint(bool truncate = false)
        => _ = raw.sqlite3_wal_checkpoint_v2(_handle, "main", truncate ? raw.SQLITE_CHECKPOINT_TRUNCATE : raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);

    /// <summary>At its close, leaves the WAL as it is.</summary>
    public void KeepWal() => _ = raw.sqlite3_db_config(_handle, NoCheckpointOnClose, 1, out _);

    /// <summary>Gives up all half-read rows, so that a rollback ends every snapshot.</summary>
    public void ResetAll()
    {
        foreach (var statement in _all)
            statement.Reset();
    }

    public SqliteFault Fault(int code)
    {
        var extended = raw.sqlite3_extended_errcode(_handle);
        return new((extended & 0xff) == (code & 0xff) ? extended : code, raw.sqlite3_errmsg(_handle).utf8_to_string());
    }

    public void Dispose()
    {
        foreach (var statement in _all)
            statement.Dispose();
        _all.Clear();
        _statements.Clear();
        if (_owned)
            _handle.Dispose();
    }
}
