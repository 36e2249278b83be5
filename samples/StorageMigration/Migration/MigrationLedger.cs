using Microsoft.Data.Sqlite;

namespace StorageMigration.Migration;

/// <summary>
/// What a migration does to each object, in a file of its own: exact whatever is killed, since an object is noted before it is written.
/// It may be lost: then what lies behind the checkpoint is looked at again when it is verified. Used by any number of threads.
/// </summary>
internal sealed class MigrationLedger : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly string _checkpoint;
    private readonly Lock _gate = new();
    private readonly SqliteCommand _find, _begin, _finish, _verify, _mend;

    private MigrationLedger(SqliteConnection connection, string checkpoint)
    {
        (_connection, _checkpoint) = (connection, checkpoint);
        _find = Prepare("SELECT action, length, digest, verified, source FROM objects WHERE checkpoint = @checkpoint AND key = @key", "@key");
        _begin = Prepare(
            """
            INSERT INTO objects (checkpoint, key, action, length, digest, writes) VALUES (@checkpoint, @key, 'copying', @length, NULL, 1)
            ON CONFLICT (checkpoint, key) DO UPDATE SET action = excluded.action, length = excluded.length, digest = NULL, verified = 0, writes = writes + 1
            """, "@key", "@length");
        _finish = Prepare(
            """
            INSERT INTO objects (checkpoint, key, action, length, digest, source) VALUES (@checkpoint, @key, @action, @length, @digest, @source)
            ON CONFLICT (checkpoint, key) DO UPDATE SET action = excluded.action, length = excluded.length, digest = excluded.digest, source = excluded.source
            """, "@key", "@action", "@length", "@digest", "@source");
        _verify = Prepare("UPDATE objects SET verified = 1 WHERE checkpoint = @checkpoint AND key = @key", "@key");
        _mend = Prepare("UPDATE objects SET mends = mends + 1 WHERE checkpoint = @checkpoint AND key = @key", "@key");
    }

    /// <param name="path">The file; made when there is none.</param>
    /// <param name="checkpoint">Whose objects.</param>
    public static MigrationLedger Open(string path, string checkpoint)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30, Pooling = false }.ToString());
        connection.Open();
        using var create = connection.CreateCommand();
        create.CommandText = """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = NORMAL;
            PRAGMA busy_timeout = 30000;
            CREATE TABLE IF NOT EXISTS objects (
                checkpoint TEXT NOT NULL, key TEXT NOT NULL, action TEXT NOT NULL, length INTEGER NOT NULL, digest TEXT,
                verified INTEGER NOT NULL DEFAULT 0, writes INTEGER NOT NULL DEFAULT 0, mends INTEGER NOT NULL DEFAULT 0, source TEXT,
                PRIMARY KEY (checkpoint, key)) STRICT, WITHOUT ROWID;
            """;
        create.ExecuteNonQuery();
        create.CommandText = "SELECT count(*) FROM pragma_table_info('objects') WHERE name = 'source'";
        if (create.ExecuteScalar() is 0L) // a file of before it was kept
        {
            create.CommandText = "ALTER TABLE objects ADD COLUMN source TEXT";
            create.ExecuteNonQuery();
        }

        return new MigrationLedger(connection, checkpoint);
    }

    public LedgerEntry? Find(string key)
    {
        lock (_gate)
        {
            _find.Parameters["@key"].Value = key;
            using var row = _find.ExecuteReader();
            return row.Read() ? new LedgerEntry(key, row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetInt64(3) != 0, row.IsDBNull(4) ? null : row.GetString(4)) : null;
        }
    }

    /// <summary>It will now be written.</summary>
    public void Begin(string key, long length) => Run(_begin, key, ("@length", length));

    /// <summary>What was done to it.</summary>
    /// <param name="key">The object.</param>
    /// <param name="action">One of <see cref="LedgerAction"/>.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="digest">Its checksum; null: not read.</param>
    /// <param name="source">Of which state of the source the checksum is.</param>
    public void Finish(string key, string action, long length, string? digest, string? source = null)
        => Run(_finish, key, ("@action", action), ("@length", length), ("@digest", digest), ("@source", source));

    public void Verify(string key) => Run(_verify, key);

    public void Mend(string key) => Run(_mend, key);

    public LedgerSums Sum(long piecesFrom)
    {
        lock (_gate)
        {
            using var sums = Prepare(
                """
                SELECT count(*) FILTER (WHERE action = 'copied'), coalesce(sum(length) FILTER (WHERE action = 'copied'), 0),
                       count(*) FILTER (WHERE action = 'copied' AND length >= @pieces),
                       count(*) FILTER (WHERE action = 'skipped'), coalesce(sum(length) FILTER (WHERE action = 'skipped'), 0),
                       count(*) FILTER (WHERE action = 'gone'), count(*) FILTER (WHERE action <> 'copying'), coalesce(sum(verified), 0), coalesce(sum(writes), 0), coalesce(sum(mends), 0)
                FROM objects WHERE checkpoint = @checkpoint
                """, "@pieces");
            sums.Parameters["@pieces"].Value = piecesFrom;
            using var row = sums.ExecuteReader();
            row.Read();
            return new LedgerSums(
                row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9));
        }
    }

    /// <summary>All of them, by key. No other call meanwhile.</summary>
    public IEnumerable<LedgerEntry> All()
    {
        using var all = Prepare("SELECT key, action, length, digest, verified FROM objects WHERE checkpoint = @checkpoint ORDER BY key");
        using var row = all.ExecuteReader();
        while (row.Read())
            yield return new LedgerEntry(row.GetString(0), row.GetString(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetInt64(4) != 0);
    }

    /// <summary>Forgets migrations whose checkpoint files are gone.</summary>
    public void KeepOnly(IReadOnlyCollection<string> checkpoints)
    {
        lock (_gate)
        {
            using var forget = Prepare("DELETE FROM objects WHERE checkpoint <> @checkpoint AND checkpoint NOT IN (SELECT value FROM json_each(@kept))", "@kept");
            forget.Parameters["@kept"].Value = System.Text.Json.JsonSerializer.Serialize(checkpoints);
            forget.ExecuteNonQuery();
        }
    }

    public void Dispose()
    {
        foreach (var command in (SqliteCommand[])[_find, _begin, _finish, _verify, _mend])
            command.Dispose();
        _connection.Dispose();
    }

    private void Run(SqliteCommand command, string key, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        lock (_gate)
        {
            command.Parameters["@key"].Value = key;
            foreach (var (name, value) in values)
                command.Parameters[name].Value = value ?? DBNull.Value;
            command.ExecuteNonQuery();
        }
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("@checkpoint", _checkpoint);
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter(name, null));
        return command;
    }
}

/// <summary>One object of a migration.</summary>
/// <param name="Key">The object.</param>
/// <param name="Action">One of <see cref="LedgerAction"/>.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Digest">Its checksum; null: not read.</param>
/// <param name="Verified">Whether the target was seen to hold it.</param>
/// <param name="Source">Of which state of the source the checksum is.</param>
internal sealed record LedgerEntry(string Key, string Action, long Length, string? Digest, bool Verified, string? Source = null);

/// <summary>What becomes of an object.</summary>
internal static class LedgerAction
{
    /// <summary>It is being written, or was when the process died.</summary>
    public const string Copying = "copying";

    public const string Copied = "copied";

    /// <summary>The target had it already.</summary>
    public const string Skipped = "skipped";

    /// <summary>The source has it no more.</summary>
    public const string Gone = "gone";
}

/// <summary>The ledger in numbers.</summary>
internal sealed record LedgerSums(
    long Copied, long CopiedBytes, long InPieces, long Skipped, long SkippedBytes, long Gone, long Decided, long Verified, long Written, long Mended);
