using Microsoft.Data.Sqlite;

namespace StorageMigration.Urls;

/// <summary>Reads which tables a SQLite file has, and how their rows are told apart. Any column may hold a text, whatever its type says.</summary>
internal sealed class SqliteSchema(SqliteConnection connection)
{
    private const string Tables = "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

    private const string Columns = "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(@table)";

    // The columns of this table that name another's, and those of this table that others name; without a name it is the primary key.
    private const string Links = """
        SELECT "from" FROM pragma_foreign_key_list(@table) UNION
        SELECT f."to" FROM pragma_table_list AS l, pragma_foreign_key_list(l.name) AS f WHERE l.schema = 'main' AND f."table" = @table COLLATE NOCASE AND f."to" IS NOT NULL
        """;

    private static readonly string[] RowNames = ["rowid", "_rowid_", "oid"];

    public IReadOnlyList<SiteTable> Read()
    {
        var found = Query(Tables, null, static row => (Name: row.GetString(0), IsVirtual: row.GetString(1) == "virtual", HasNoRowId: row.GetBoolean(2)));
        var hasQueue = found.Exists(static table => table.Name == "lh_schema");
        found.RemoveAll(table => SiteTables.IsOurs(table.Name) || (hasQueue && table.Name.StartsWith("lh_", StringComparison.Ordinal)));
        return [.. found.Select(table => Describe(table.Name, table.IsVirtual, table.HasNoRowId)).Where(static table => table.Columns.Count > 0)];
    }

    private SiteTable Describe(string name, bool isVirtual, bool hasNoRowId)
    {
        var columns = Query(Columns, name, static row => new ColumnFacts(row.GetString(0), row.GetString(1), row.GetBoolean(2), row.GetInt32(3), row.GetInt32(4)));
        var links = Query(Links, name, static row => row.IsDBNull(0) ? "" : row.GetString(0)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var sql = SqlName.Quote(name);
        var key = isVirtual ? [] : KeyOf(sql, columns, hasNoRowId);
        return new(SqlName.Show(name), sql, [.. key.Select(static column => new KeyColumn(column))], [.. columns.Where(static column => column.Hidden == 0).Select(column => ToSite(column, key, links))])
        {
            Rows = isVirtual ? 0 : Query($"SELECT count(*) FROM {sql}", null, static row => row.GetInt64(0))[0],
            SkippedBecause = isVirtual ? "it is a virtual table, whose rows are made from others"
                : key.Length == 0 ? "it has no usable key: rowid, _rowid_ and oid are names of columns of its own; add a primary key" : null,
        };
    }

    /// <summary>
    /// The primary key; where a row lacks a part of it, as SQLite allows, the number of the row. VACUUM may number such rows anew: it is not for the time between
    /// two processes of a run.
    /// </summary>
    private string[] KeyOf(string sql, List<ColumnFacts> columns, bool hasNoRowId)
    {
        string[] primary = [.. columns.Where(static column => column.KeyPart > 0).OrderBy(static column => column.KeyPart).Select(static column => column.Name)];
        var lacks = hasNoRowId ? [] : columns.Where(static column => column is { KeyPart: > 0, IsNotNull: false }).Select(static column => $"{SqlName.Quote(column.Name)} IS NULL").ToArray();
        if (primary.Length > 0 && (lacks.Length == 0 || Query($"SELECT EXISTS (SELECT 1 FROM {sql} WHERE {string.Join(" OR ", lacks)})", null, static row => !row.GetBoolean(0))[0]))
            return primary;
        return RowNames.FirstOrDefault(row => !columns.Exists(column => column.Name.Equals(row, StringComparison.OrdinalIgnoreCase))) is { } free ? [free] : [];
    }

    private static SiteColumn ToSite(ColumnFacts column, string[] key, HashSet<string> links)
        => new(column.Name, column.Type.Contains("JSON", StringComparison.OrdinalIgnoreCase) ? ColumnKind.Json : ColumnKind.Text)
        {
            LeftBecause = key.Contains(column.Name) || column.KeyPart > 0 ? "it is part of the key" : links.Contains(column.Name) ? "a foreign key goes from or to it" : null,
        };

    private List<T> Query<T>(string sql, string? table, Func<SqliteDataReader, T> read)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (table is not null)
            command.Parameters.AddWithValue("@table", table);
        using var rows = command.ExecuteReader();
        var result = new List<T>();
        while (rows.Read())
            result.Add(read(rows));
        return result;
    }

    private sealed record ColumnFacts(string Name, string Type, bool IsNotNull, int KeyPart, int Hidden);
}
