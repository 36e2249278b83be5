using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace StorageMigration.Urls;

/// <summary>A site's database on PostgreSQL. Keys travel as texts and are cast back to their types; the server looks for the needles.</summary>
internal sealed class PostgresSite : ISiteDatabase
{
    private readonly NpgsqlConnection _connection;
    private readonly string? _schema;
    private NpgsqlTransaction? _transaction;

    private PostgresSite(NpgsqlConnection connection, string? schema) => (_connection, _schema) = (connection, schema);

    public DbConnection Connection => _connection;

    public DbTransaction? Transaction => _transaction;

    public static async Task<PostgresSite> OpenAsync(string address, bool readOnly, CancellationToken cancellationToken)
    {
        var (text, schema) = PostgresAddress.Read(address);
        var connection = new NpgsqlConnection(text);
        try
        {
            await connection.OpenAsync(cancellationToken);

            // Rows are walked along the key's index, and changed ones are looked up in it; to sort or hash a table anew for each batch, as the planner likes to before
            // it has statistics, takes the square of the time. The other settings make each key's text exact.
            await using var settings = new NpgsqlCommand($"""
                SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
                SET extra_float_digits = 3; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex';
                SET default_transaction_read_only = {(readOnly ? "on" : "off")}
                """, connection);
            await settings.ExecuteNonQueryAsync(cancellationToken);
            return new(connection, schema);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public Task<IReadOnlyList<SiteTable>> ReadTablesAsync(CancellationToken cancellationToken) => new PostgresSchema(_connection, _schema).ReadAsync(cancellationToken);

    public async Task<long> CountAsync(SiteTable table, IReadOnlyList<string> needles, CancellationToken cancellationToken)
    {
        await using var command = Command(needles);
        command.CommandText = $"SELECT count(*) FROM {table.Sql} AS t WHERE {Hit(table, needles.Count)}";
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<SiteBatch> ScanAsync(SiteTable table, IReadOnlyList<string> needles, string after, int limit, CancellationToken cancellationToken)
    {
        await using var command = Command(needles);
        var keys = string.Join(", ", table.Key.Select(static (column, i) => $"t.{SqlName.Quote(column.Name)}::text AS key_{i}"));
        var names = string.Join(", ", table.Key.Select(static (_, i) => $"key_{i}"));
        var size = string.Join(" + ", table.Columns.Select(static column => $"coalesce(octet_length(t.{SqlName.Quote(column.Name)}::text), 0)::bigint"));
        command.CommandText = $"""
            WITH batch AS MATERIALIZED (
                SELECT {keys}, CASE WHEN {Hit(table, needles.Count)} THEN {size} END AS size
                FROM {table.Sql} AS t{Where(Beyond(command, table, after))}
                ORDER BY {Order(table)} LIMIT {limit.ToString(CultureInfo.InvariantCulture)}),
            numbered AS (SELECT batch.*, row_number() OVER () AS number, count(*) OVER () AS rows FROM batch)
            SELECT number, rows, size, {names} FROM numbered WHERE size IS NOT NULL OR number = rows
            """;

        var (rows, upper, hits) = (0L, default(string), new List<Hit>());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var number = reader.GetInt64(0);
            rows = reader.GetInt64(1);
            var key = RowKey.Write([.. table.Key.Select((_, i) => reader.GetString(3 + i))]);
            if (Size(reader) is { } length)
                hits.Add(new(number, key, length));
            if (number == rows)
                upper = key;
        }

        hits.Sort(static (a, b) => a.Number.CompareTo(b.Number)); // the order of a query without ORDER BY is nothing to rely on
        return new(rows, upper, hits);
    }

    public async Task<IReadOnlyList<SiteRow>> ReadAsync(SiteTable table, IReadOnlyList<string> needles, string after, string upTo, CancellationToken cancellationToken)
    {
        await using var command = Command(needles);
        var select = string.Join(", ", table.Key.Select(static column => column.Name).Concat(table.Columns.Select(static column => column.Name)).Select(static name => $"t.{SqlName.Quote(name)}::text"));
        command.CommandText = $"SELECT {select} FROM {table.Sql} AS t{Where(Beyond(command, table, after), Compare(command, table, "<=", upTo), Hit(table, needles.Count))}"
                              + $" ORDER BY {Order(table)}{(_transaction is null ? "" : " FOR UPDATE OF t")}";
        var result = new List<SiteRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            result.Add(Row(reader, table));

        return result;
    }

    public async Task BeginAsync(CancellationToken cancellationToken) => _transaction = await _connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await _transaction!.CommitAsync(cancellationToken);
        await _transaction.DisposeAsync();
        _transaction = null;
    }

    public async Task RollbackAsync()
    {
        if (_transaction is null)
            return;
        await _transaction.DisposeAsync(); // rolls it back, also where the connection is broken
        _transaction = null;
    }

    public async Task<IReadOnlyList<RefusedRow>> ChangeAsync(string run, SiteTable table, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
    {
        var refused = new List<RefusedRow>();
        if (await RefusalAsync(table, changes, cancellationToken) is not null)
        {
            // One of them was the reason: each for itself, then.
            foreach (var change in changes)
            {
                if (await RefusalAsync(table, [change], cancellationToken) is { } reason)
                    refused.Add(new(change.Key, reason));
            }
        }

        var keys = refused.Select(static row => row.Key).ToHashSet(StringComparer.Ordinal);
        var kept = changes.Where(change => !keys.Contains(change.Key)).SelectMany(static change => change.Values.Select(value => (change.Key, value.Column, value.Old))).ToArray();
        await using var backup = new NpgsqlCommand($"""
            INSERT INTO {SiteTables.Backup} (run, table_name, row_key, column_name, old_text)
            SELECT $1, $2, b.row_key, b.column_name, b.old_text FROM unnest($3, $4, $5) AS b (row_key, column_name, old_text)
            """, _connection, _transaction);
        backup.Parameters.Add(new() { Value = run });
        backup.Parameters.Add(new() { Value = table.Name });
        backup.Parameters.Add(Texts(kept.Select(static value => value.Key)));
        backup.Parameters.Add(Texts(kept.Select(value => table.Columns[value.Column].Name)));
        backup.Parameters.Add(Texts(kept.Select(static value => value.Old)));
        await backup.ExecuteNonQueryAsync(cancellationToken);
        return refused;
    }

    public bool IsPassing(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable };

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Changes rows, or none of them.</summary>
    /// <returns>Why the database would not; null: it did.</returns>
    private async Task<string?> RefusalAsync(SiteTable table, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
    {
        const string point = "rows";
        await _transaction!.SaveAsync(point, cancellationToken);
        try
        {
            await UpdateAsync(table, changes, cancellationToken);
            await _transaction.ReleaseAsync(point, cancellationToken);
            return null;
        }
        catch (PostgresException e) when (IsRefusal(e.SqlState))
        {
            await _transaction.RollbackAsync(point, cancellationToken);
            return e.MessageText;
        }
    }

    /// <summary>One update of each row, whatever the number of its columns: triggers fire once.</summary>
    private async Task UpdateAsync(SiteTable table, IReadOnlyList<RowChange> changes, CancellationToken cancellationToken)
    {
        int[] columns = [.. changes.SelectMany(static change => change.Values).Select(static value => value.Column).Distinct().Order()];
        var keys = changes.Select(static change => RowKey.Read(change.Key)).ToArray();
        var sql = new StringBuilder($"UPDATE {table.Sql} AS t SET ");

        // Without a cast to the column's own type: a cast to varchar(n) cuts off, an assignment refuses.
        sql.AppendJoin(", ", columns.Select((column, i) => (Name: SqlName.Quote(table.Columns[column].Name), Cast: Cast(table.Columns[column].Kind), Value: $"v.value_{i}"))
            .Select(static set => $"{set.Name} = CASE WHEN {set.Value} IS NULL THEN t.{set.Name}::{set.Cast} ELSE {set.Value}::{set.Cast} END"));
        var names = table.Key.Select(static (_, i) => $"key_{i}").Concat(columns.Select(static (_, i) => $"value_{i}")).ToArray();
        sql.Append(CultureInfo.InvariantCulture, $" FROM unnest({string.Join(", ", names.Select(static (_, i) => $"${i + 1}"))}) AS v ({string.Join(", ", names)}) WHERE ");
        sql.AppendJoin(" AND ", table.Key.Select(static (column, i) => $"t.{SqlName.Quote(column.Name)} = v.key_{i}::{column.Type}"));

        await using var command = new NpgsqlCommand(sql.ToString(), _connection, _transaction);
        for (var i = 0; i < table.Key.Count; i++)
            command.Parameters.Add(Texts(keys.Select(key => (string)key[i])));
        foreach (var column in columns)
            command.Parameters.Add(Texts(changes.Select(change => change.Values.Where(value => value.Column == column).Select(static value => value.New).FirstOrDefault())));
        var changed = await command.ExecuteNonQueryAsync(cancellationToken);
        if (changed != changes.Count)
            throw new InvalidOperationException($"Of {table.Name}, {changes.Count} locked rows were to be changed, but {changed} were: a trigger or a rule of the table keeps updates away. Switch it off, or leave the table out.");
    }

    private static string Cast(ColumnKind kind) => kind switch
    {
        ColumnKind.Json => "json",
        ColumnKind.BinaryJson => "jsonb",
        ColumnKind.Xml => "xml",
        _ => "text",
    };

    private static bool IsRefusal(string state)
        => state.StartsWith("23", StringComparison.Ordinal) || state.StartsWith("22", StringComparison.Ordinal) || state is PostgresErrorCodes.RaiseException or PostgresErrorCodes.WithCheckOptionViolation;

    private static long? Size(NpgsqlDataReader row) => row.IsDBNull(2) ? null : row.GetInt64(2);

    private static SiteRow Row(NpgsqlDataReader row, SiteTable table)
    {
        var texts = new string?[table.Columns.Count];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = row.IsDBNull(table.Key.Count + i) ? null : row.GetString(table.Key.Count + i);
        return new(RowKey.Write([.. table.Key.Select((_, i) => row.GetString(i))]), texts);
    }

    private NpgsqlCommand Command(IReadOnlyList<string> needles)
    {
        var command = new NpgsqlCommand { Connection = _connection, Transaction = _transaction };
        foreach (var needle in needles)
            command.Parameters.Add(new() { Value = needle, NpgsqlDbType = NpgsqlDbType.Text });
        return command;
    }

    private static NpgsqlParameter Texts(IEnumerable<string?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    /// <summary>Compares bytes: no rules of a language, and also where the column's own rules allow no search.</summary>
    private static string Hit(SiteTable table, int needles)
        => $"({string.Join(" OR ", table.Columns.SelectMany(column => Enumerable.Range(1, needles).Select(n => $"strpos(t.{SqlName.Quote(column.Name)}::text COLLATE \"C\", ${n}) > 0")))})";

    private static string? Beyond(NpgsqlCommand command, SiteTable table, string after) => after.Length == 0 ? null : Compare(command, table, ">", after);

    private static string Compare(NpgsqlCommand command, SiteTable table, string comparison, string key)
    {
        var values = RowKey.Read(key);
        var places = new string[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.Add(new() { Value = values[i], NpgsqlDbType = NpgsqlDbType.Text });
            places[i] = $"${command.Parameters.Count}::{table.Key[i].Type}";
        }

        return $"({string.Join(", ", table.Key.Select(static column => $"t.{SqlName.Quote(column.Name)}"))}) {comparison} ({string.Join(", ", places)})";
    }

    private static string Where(params string?[] conditions) => conditions.OfType<string>().ToArray() is { Length: > 0 } some ? $" WHERE {string.Join(" AND ", some)}" : "";

    private static string Order(SiteTable table) => string.Join(", ", table.Key.Select(static column => $"t.{SqlName.Quote(column.Name)}"));
}
