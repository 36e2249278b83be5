using System.Data.Common;
using System.Runtime.CompilerServices;
using StorageMigration.Diagnosis;
using StorageMigration.Urls;

namespace StorageMigration.Migration;

/// <summary>Finds the objects that the site's texts name: what stands behind the source's address in the text columns of its database.</summary>
internal static class SiteTexts
{
    private const string SqliteColumns = """
        SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND (upper(c.type) LIKE '%CHAR%' OR upper(c.type) LIKE '%TEXT%' OR upper(c.type) LIKE '%CLOB%' OR upper(c.type) LIKE '%JSON%')
        """;

    private const string PostgresColumns = """
        SELECT quote_ident(table_schema) || '.' || quote_ident(table_name), quote_ident(column_name) FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') AND data_type IN ('text', 'character varying', 'character', 'json', 'jsonb')
        """;

    /// <summary>The keys, each as often as it is named.</summary>
    /// <param name="database">As <see cref="SiteDatabases"/> takes it.</param>
    /// <param name="address">The beginning of the addresses of the source's objects.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="ArgumentException">It names no database that can be opened.</exception>
    public static async IAsyncEnumerable<string> KeysAsync(string database, string address, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var site = await SiteDatabases.OpenAsync(database, readOnly: true, cancellationToken);
        var isSqlite = site is SqliteSite;
        var columns = new List<(string Table, string Column)>();
        await foreach (var row in ReadAsync(site.Connection, isSqlite ? SqliteColumns : PostgresColumns, cancellationToken))
            columns.Add((row.GetString(0), row.GetString(1)));
        foreach (var (table, column) in columns)
        {
            var (t, c) = isSqlite ? (SqlName.Quote(table), SqlName.Quote(column)) : (table, column);
            var where = isSqlite ? $"instr({c}, @1) > 0 OR instr({c}, @2) > 0" : $"position(@1 IN {c}::text) > 0 OR position(@2 IN {c}::text) > 0";
            await foreach (var row in ReadAsync(site.Connection, $"SELECT CAST({c} AS TEXT) FROM {t} WHERE {where}", cancellationToken, address, address.Replace("/", "\\/")))
            {
                foreach (var key in Keys(row.GetString(0), address))
                    yield return key;
            }
        }
    }

    /// <summary>The keys that one text names. In JSON a slash may have a backslash before it.</summary>
    public static IEnumerable<string> Keys(string text, string address)
    {
        text = text.Replace("\\/", "/");
        for (var at = text.IndexOf(address, StringComparison.Ordinal); at >= 0; at = text.IndexOf(address, at + 1, StringComparison.Ordinal))
        {
            if (TextKeys.KeyAt(text, at + address.Length) is { } key)
                yield return key;
        }
    }

    private static async IAsyncEnumerable<DbDataReader> ReadAsync(DbConnection connection, string sql, [EnumeratorCancellation] CancellationToken cancellationToken, params string[] values)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ($"@{i + 1}", values[i]);
            command.Parameters.Add(parameter);
        }

        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            yield return row;
    }
}
