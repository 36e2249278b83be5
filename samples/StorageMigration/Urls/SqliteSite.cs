using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace StorageMigration.Urls;

/// <summary>
/// A site's database in a SQLite file. Values keep the type that they have, whatever their column says; texts are read as bytes, so that one with a NUL inside
/// stays whole, and one that is no valid text is left.
/// </summary>
internal sealed class SqliteSite : ISiteDatabase
{
    private const int Constraint = 19;
    private const int Busy = 5;

    private readonly SqliteConnection _connection;
    private readonly Encoding _encoding;
    private SqliteTransaction? _transaction;

    private SqliteSite(SqliteConnection connection)
    {
        _connection = connection;
        _encoding = Ask("PRAGMA encoding") switch
        {
            "UTF-16le" => new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true),
            "UTF-16be" => new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true),
            _ => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
        };
    }

    public DbConnection Connection => _connection;

    public DbTransaction? Transaction => _transaction;

    public static SqliteSite Open(string file, bool readOnly)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = 60,
        }.ToString());
        try
        {
            connection.Open();
            using var wait = connection.CreateCommand();
            wait.CommandText = "PRAGMA busy_timeout = 60000";
            wait.ExecuteNonQuery();
            return new(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public Task<IReadOnlyList<SiteTable>> ReadTablesAsync(CancellationToken cancellationToken) => Task.FromResult(new SqliteSchema(_connection).Read());

    public Task<long> CountAsync(SiteTable table, IReadOnlyList<string> needles, CancellationToken cancellationToken) => Task.FromResult(Count(table, needles));

    public Task<SiteBatch> ScanAsync(SiteTable table, IReadOnlyList<string> needles, string after, int limit, CancellationToken cancellationToken)
        => Task.FromResult(Scan(table, needles, after, limit, cancellationToken));

    public Task<IReadOnlyList<SiteRow>> ReadAsync(SiteTable table, IReadOnlyList<string> needles, string after, string upTo, CancellationToken cancellationToken)
        => Task.FromResult<IReadOnlyList<SiteRow>>(Read(table, needles, after, upTo, cancellationToken));

    public Task BeginAsync(CancellationToken cancellationToken)
    {
        _transaction = _connection.BeginTransaction(deferred: false);
        return Task.CompletedTask;
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await _transaction!.CommitAsync(cancellationToken);
        await RollbackAsync();
    }

    public async Task RollbackAsync()
    {
        if (_transaction is not null)
            await _transaction.DisposeAsync();
        _transaction = null;
    }

    public Task<IReadOnlyList<RefusedRow>> ChangeAsync(string run, SiteTable table, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
        => Task.FromResult<IReadOnlyList<RefusedRow>>(Change(run, table, changes, cancellationToken));

    public bool IsPassing(Exception error) => error is SqliteException { SqliteErrorCode: Busy };

    public async ValueTask DisposeAsync() => await _connection.DisposeAsync();

    private long Count(SiteTable table, IReadOnlyList<string> needles)
    {
        using var command = Command(needles);
        command.CommandText = $"SELECT count(*) FROM {table.Sql} AS t WHERE {Hit(table, needles.Count)}";
        return (long)command.ExecuteScalar()!;
    }

    private SiteBatch Scan(SiteTable table, IReadOnlyList<string> needles, string after, int limit, CancellationToken cancellationToken)
    {
        using var command = Command(needles);
        var size = string.Join(" + ", table.Columns.Select(static column => $"coalesce(length(t.{SqlName.Quote(column.Name)}), 0)"));
        command.CommandText = $"SELECT CASE WHEN {Hit(table, needles.Count)} THEN {size} END, {Names(table)} FROM {table.Sql} AS t{Where(Beyond(command, table, after))}"
                              + $" ORDER BY {Names(table)} LIMIT {limit.ToString(CultureInfo.InvariantCulture)}";
        var (number, upper, hits) = (0L, default(object[]), new List<Hit>());
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            number++;
            upper = Key(reader, table, from: 1);
            if (!reader.IsDBNull(0))
                hits.Add(new(number, RowKey.Write(upper), reader.GetInt64(0)));
        }

        return new(number, upper is null ? null : RowKey.Write(upper), hits);
    }

    private List<SiteRow> Read(SiteTable table, IReadOnlyList<string> needles, string after, string upTo, CancellationToken cancellationToken)
    {
        using var command = Command(needles);
        var texts = string.Join(", ", table.Columns.Select(static column => SqlName.Quote(column.Name)).Select(static name => $"CASE WHEN typeof(t.{name}) = 'text' THEN CAST(t.{name} AS BLOB) END"));
        command.CommandText = $"SELECT {Names(table)}, {texts} FROM {table.Sql} AS t"
                              + $"{Where(Beyond(command, table, after), Compare(command, table, "<=", upTo), Hit(table, needles.Count))} ORDER BY {Names(table)}";
        var result = new List<SiteRow>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (values, invalid) = (new string?[table.Columns.Count], new List<int>());
            for (var i = 0; i < values.Length; i++)
            {
                if (!reader.IsDBNull(table.Key.Count + i))
                    values[i] = Text(reader.GetFieldValue<byte[]>(table.Key.Count + i), i, invalid);
            }

            result.Add(new(RowKey.Write(Key(reader, table, from: 0)), values) { Invalid = invalid });
        }

        return result;
    }

    private List<RefusedRow> Change(string run, SiteTable table, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
    {
        var refused = new List<RefusedRow>();
        using var keep = _connection.CreateCommand();
        keep.Transaction = _transaction;
        keep.CommandText = $"INSERT INTO {SiteTables.Backup} (run, table_name, row_key, column_name, old_text) VALUES (@run, @table, @key, @column, @old)";
        foreach (var change in changes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Refusal(table, change) is { } reason)
            {
                refused.Add(new(change.Key, reason));
                continue;
            }

            foreach (var value in change.Values)
            {
                keep.Parameters.Clear();
                keep.Parameters.AddWithValue("@run", run);
                keep.Parameters.AddWithValue("@table", table.Name);
                keep.Parameters.AddWithValue("@key", change.Key);
                keep.Parameters.AddWithValue("@column", table.Columns[value.Column].Name);
                keep.Parameters.AddWithValue("@old", value.Old);
                keep.ExecuteNonQuery();
            }
        }

        return refused;
    }

    /// <summary>Changes a row.</summary>
    /// <returns>Why the database would not; null: it did. A statement that is refused leaves the transaction as it was.</returns>
    private string? Refusal(SiteTable table, RowChange change)
    {
        using var command = _connection.CreateCommand();
        command.Transaction = _transaction;
        var sets = new List<string>();
        for (var i = 0; i < change.Values.Count; i++)
        {
            sets.Add($"{SqlName.Quote(table.Columns[change.Values[i].Column].Name)} = @value{i}");
            command.Parameters.AddWithValue($"@value{i}", change.Values[i].New);
        }

        command.CommandText = $"UPDATE {table.Sql} AS t SET {string.Join(", ", sets)}{Where(Compare(command, table, "=", change.Key))}";
        try
        {
            var changed = command.ExecuteNonQuery();
            return changed == 1 ? null : throw new InvalidOperationException($"Of {table.Name}, one row was to be changed, but {changed} were.");
        }
        catch (SqliteException e) when (e.SqliteErrorCode == Constraint)
        {
            return e.Message;
        }
    }

    private SqliteCommand Command(IReadOnlyList<string> needles)
    {
        var command = _connection.CreateCommand();
        command.Transaction = _transaction;
        for (var i = 0; i < needles.Count; i++)
            command.Parameters.AddWithValue($"@needle{i}", needles[i]);
        return command;
    }

    private string Text(byte[] bytes, int column, List<int> invalid)
    {
        try
        {
            return _encoding.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            invalid.Add(column);
            return Encoding.UTF8.GetString(bytes);
        }
    }

    private static object[] Key(SqliteDataReader reader, SiteTable table, int from)
    {
        var key = new object[table.Key.Count];
        for (var i = 0; i < key.Length; i++)
        {
            key[i] = reader.GetValue(from + i);
            if (key[i] is string text && text.AsSpan().ContainsAny('\0', '\uFFFD'))
                throw new InvalidOperationException($"The keys of {table.Name} must be valid texts without NUL, but one is not: rows could be left out or looked at for ever. Mend it first.");
        }

        return key;
    }

    private static string Hit(SiteTable table, int needles)
        => $"({string.Join(" OR ", table.Columns.Select(static column => SqlName.Quote(column.Name)).Select(name => $"(typeof(t.{name}) = 'text' AND ({string.Join(" OR ", Enumerable.Range(0, needles).Select(i => $"instr(t.{name}, @needle{i}) > 0"))}))"))})";

    private static string? Beyond(SqliteCommand command, SiteTable table, string after) => after.Length == 0 ? null : Compare(command, table, ">", after);

    private static string Compare(SqliteCommand command, SiteTable table, string comparison, string key)
    {
        var values = RowKey.Read(key);
        var places = new string[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            places[i] = $"@key{command.Parameters.Count.ToString(CultureInfo.InvariantCulture)}";
            command.Parameters.AddWithValue(places[i], values[i]);
        }

        return $"({Names(table)}) {comparison} ({string.Join(", ", places)})";
    }

    private static string Where(params string?[] conditions) => conditions.OfType<string>().ToArray() is { Length: > 0 } some ? $" WHERE {string.Join(" AND ", some)}" : "";

    private static string Names(SiteTable table) => string.Join(", ", table.Key.Select(static column => $"t.{SqlName.Quote(column.Name)}"));

    private string Ask(string question)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = question;
        return (string)command.ExecuteScalar()!;
    }
}
