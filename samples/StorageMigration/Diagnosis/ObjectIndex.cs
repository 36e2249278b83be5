using Microsoft.Data.Sqlite;
using StorageMigration.Objects;

namespace StorageMigration.Diagnosis;

/// <summary>
/// What source, target and texts hold, in a file of its own that goes when the work is done. Memory stays flat whatever the number of objects, the order in
/// which a store lists does not matter (S3 orders by UTF-8, folders here by UTF-16), and equal contents are found over all keys.
/// </summary>
internal sealed class ObjectIndex : IDisposable
{
    private const int RowsOfTransaction = 20_000;
    private const int Page = 500;

    private readonly string _file;
    private readonly SqliteConnection _connection;
    private SqliteTransaction? _transaction;
    private int _rows;

    public ObjectIndex(string file)
    {
        _file = file;
        Delete();
        _connection = new(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        Run("""
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            CREATE TABLE source (key TEXT PRIMARY KEY, length INTEGER NOT NULL, tag TEXT) WITHOUT ROWID, STRICT;
            CREATE TABLE target (key TEXT PRIMARY KEY, length INTEGER NOT NULL, tag TEXT, content TEXT, suspect INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID, STRICT;
            CREATE TABLE texts (key TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID, STRICT;
            """);
    }

    public void AddSource(StoredObject stored) => Add("INSERT OR REPLACE INTO source (key, length, tag) VALUES (@a, @b, @c)", stored.Key, stored.Length, Checksum(stored.Tag));

    public void AddTarget(StoredObject stored) => Add("INSERT OR REPLACE INTO target (key, length, tag) VALUES (@a, @b, @c)", stored.Key, stored.Length, Checksum(stored.Tag));

    /// <param name="key">What a text names.</param>
    /// <param name="place">The table and column; the first one is kept.</param>
    public void AddText(string key, string place) => Add("INSERT OR IGNORE INTO texts (key, place) VALUES (@a, @b)", key, place, null);

    /// <summary>To be called when all is added.</summary>
    public void Complete()
    {
        Commit();
        Run("CREATE INDEX target_by_length ON target (length, tag)");
    }

    /// <summary>In the source or named by a text, but not in the target.</summary>
    public IEnumerable<Finding> Missing() => Read("""
        SELECT s.key, 'in the source' || coalesce(' and in ' || x.place, '') FROM source s LEFT JOIN texts x ON x.key = s.key WHERE NOT EXISTS (SELECT 1 FROM target t WHERE t.key = s.key)
        UNION ALL
        SELECT x.key, 'in ' || x.place || ', but not in the source' FROM texts x WHERE NOT EXISTS (SELECT 1 FROM target t WHERE t.key = x.key) AND NOT EXISTS (SELECT 1 FROM source s WHERE s.key = x.key)
        ORDER BY 1
        """);

    /// <summary>In the target, but neither in the source nor named by a text.</summary>
    public IEnumerable<Finding> Orphaned() => Read("""
        SELECT t.key, t.length || ' bytes' FROM target t WHERE NOT EXISTS (SELECT 1 FROM source s WHERE s.key = t.key) AND NOT EXISTS (SELECT 1 FROM texts x WHERE x.key = t.key) ORDER BY t.key
        """);

    public bool IsInTarget(string key) => Read("SELECT key, '' FROM target WHERE key = @after", key).Any();

    /// <summary>Empty, or not as long as in the source.</summary>
    public IEnumerable<Finding> WrongLengths() => Read("""
        SELECT t.key, CASE WHEN t.length = 0 AND s.length = 0 THEN 'empty, in the source too' WHEN t.length = 0 THEN 'empty' || coalesce(', but has ' || s.length || ' bytes in the source', '')
            ELSE t.length || ' bytes, but ' || s.length || ' in the source' END
        FROM target t LEFT JOIN source s ON s.key = t.key WHERE t.length = 0 OR t.length <> s.length ORDER BY t.key
        """);

    /// <summary>Objects of equal length in both, whose contents must be read to know whether they are equal.</summary>
    /// <param name="all">Also those of which no checksum says that they differ.</param>
    public IEnumerable<string> ToCompare(bool all) => Pages($"""
        SELECT t.key FROM target t JOIN source s ON s.key = t.key
        WHERE t.key > @after AND t.length = s.length AND t.length > 0 AND (t.tag <> s.tag{(all ? " OR t.tag IS NULL OR s.tag IS NULL" : "")})
        ORDER BY t.key LIMIT {Page}
        """);

    /// <summary>
    /// Objects of the target whose contents must be read to know whether they are there twice: others have the same length, and not each of them a checksum.
    /// </summary>
    public IEnumerable<string> ToIdentify()
    {
        Run("""
            UPDATE target SET suspect = CASE WHEN EXISTS (SELECT 1 FROM target o WHERE o.length = target.length AND o.tag IS NULL) THEN 2 ELSE 1 END
            WHERE length > 0 AND length IN (SELECT length FROM target GROUP BY length HAVING count(*) > 1);
            UPDATE target SET content = tag WHERE suspect = 1;
            """);
        return Pages($"SELECT key FROM target WHERE key > @after AND suspect = 2 ORDER BY key LIMIT {Page}");
    }

    public void SetContent(string key, string content)
    {
        Add("UPDATE target SET content = @b WHERE key = @a", key, content, null);
    }

    /// <summary>Objects of equal content: the first key, and the others one by one.</summary>
    public IEnumerable<(string First, string Other, long Length)> Duplicated()
    {
        Commit();
        Run("CREATE INDEX target_by_content ON target (length, content, key) WHERE content IS NOT NULL");
        return Query("""
            SELECT (SELECT min(f.key) FROM target f WHERE f.length = t.length AND f.content = t.content) AS first, t.key, t.length FROM target t
            WHERE t.content IS NOT NULL AND t.key > (SELECT min(f.key) FROM target f WHERE f.length = t.length AND f.content = t.content) ORDER BY first, t.key
            """, null, static row => (row.GetString(0), row.GetString(1), row.GetInt64(2)));
    }

    public (long Source, long Target, long Texts) Counts()
        => Query("SELECT (SELECT count(*) FROM source), (SELECT count(*) FROM target), (SELECT count(*) FROM texts)", null, static row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2))).Single();

    public void Dispose()
    {
        _transaction?.Dispose();
        _connection.Dispose();
        Delete();
    }

    /// <summary>The checksum in a tag; null: it is none, as where an object was written in parts.</summary>
    private static string? Checksum(string? tag)
    {
        var text = tag?.Trim('"');
        return text is { Length: 32 } && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;
    }

    private IEnumerable<Finding> Read(string sql, string? value = null) => Query(sql, value, static row => new Finding(row.GetString(0), row.GetString(1)));

    /// <summary>In pages: what is read is changed meanwhile.</summary>
    private IEnumerable<string> Pages(string sql)
    {
        var after = "";
        while (true)
        {
            Commit();
            var keys = Query(sql, after, static row => row.GetString(0)).ToArray();
            foreach (var key in keys)
                yield return key;
            if (keys.Length < Page)
                yield break;
            after = keys[^1];
        }
    }

    private IEnumerable<T> Query<T>(string sql, string? value, Func<SqliteDataReader, T> read)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = _transaction;
        if (value is not null)
            command.Parameters.AddWithValue("@after", value);
        using var rows = command.ExecuteReader();
        while (rows.Read())
            yield return read(rows);
    }

    private void Add(string sql, string a, object b, object? c)
    {
        _transaction ??= _connection.BeginTransaction();
        using (var command = _connection.CreateCommand())
        {
            command.CommandText = sql;
            command.Transaction = _transaction;
            command.Parameters.AddWithValue("@a", a);
            command.Parameters.AddWithValue("@b", b);
            command.Parameters.AddWithValue("@c", c ?? DBNull.Value);
            command.ExecuteNonQuery();
        }

        if (++_rows % RowsOfTransaction == 0)
            Commit();
    }

    private void Commit()
    {
        _transaction?.Commit();
        _transaction?.Dispose();
        _transaction = null;
    }

    private void Run(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private void Delete()
    {
        File.Delete(_file);
        File.Delete(_file + "-journal");
    }
}

/// <summary>An object that something is to be said about.</summary>
internal sealed record Finding(string Key, string Detail);
