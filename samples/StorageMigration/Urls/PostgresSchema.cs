using Npgsql;

namespace StorageMigration.Urls;

/// <summary>Reads which tables a PostgreSQL database has, how their rows are told apart, and which of their columns hold texts.</summary>
internal sealed class PostgresSchema(NpgsqlConnection connection, string? onlySchema)
{
    private const string Tables = """
        SELECT c.oid, n.nspname, c.relname, c.relkind::text, greatest(c.reltuples, 0)::bigint
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND ($1 = '' OR n.nspname = $1)
        ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
        """;

    // A partition counts its rows itself.
    private const string Columns = """
        SELECT a.attrelid, a.attnum, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '',
            EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f'
                AND ((f.conrelid = a.attrelid AND a.attnum = ANY (f.conkey)) OR (f.confrelid = a.attrelid AND a.attnum = ANY (f.confkey)))),
            a.attcollation
        FROM pg_attribute a WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY ($1)
        ORDER BY a.attrelid, a.attnum
        """;

    // One that is checked only at the end of a transaction, that leaves rows out, or that compares otherwise than the column does, tells no rows apart.
    private const string Keys = """
        SELECT i.indrelid, i.indkey::text, i.indcollation::text, i.indnkeyatts::int
        FROM pg_index i WHERE i.indrelid = ANY ($1) AND i.indisunique AND i.indisvalid AND (i.indisprimary OR i.indimmediate) AND i.indpred IS NULL AND i.indexprs IS NULL
        ORDER BY i.indrelid, NOT i.indisprimary, i.indnkeyatts, i.indexrelid
        """;

    private const string Types = "SELECT oid, typname, typcategory::text, typtype::text, typbasetype, typelem FROM pg_type";

    private readonly Dictionary<uint, TypeFacts> _types = [];

    /// <summary>In the order of their names.</summary>
    public async Task<IReadOnlyList<SiteTable>> ReadAsync(CancellationToken cancellationToken)
    {
        foreach (var type in await QueryAsync(Types, null, static row => new TypeFacts(Id(row, 0), row.GetString(1), row.GetString(2), row.GetString(3), Id(row, 4), Id(row, 5)), cancellationToken))
            _types[type.Id] = type;

        var found = await QueryAsync(Tables, onlySchema ?? "", static row => (Id: Id(row, 0), Schema: row.GetString(1), Name: row.GetString(2), Kind: row.GetString(3), Rows: row.GetInt64(4)),
            cancellationToken);

        // A queue's own tables beside the site's are none of the site's.
        var queues = found.Where(static table => table.Name == "lh_schema").Select(static table => table.Schema).ToHashSet(StringComparer.Ordinal);
        found.RemoveAll(table => SiteTables.IsOurs(table.Name) || (queues.Contains(table.Schema) && table.Name.StartsWith("lh_", StringComparison.Ordinal)));

        uint[] ids = [.. found.Select(static table => table.Id)];
        var columns = await QueryAsync(Columns, ids, static row => (Table: Id(row, 0), Facts: new ColumnFacts(row.GetInt16(1), row.GetString(2), Id(row, 3), row.GetString(4), row.GetBoolean(5),
            row.GetBoolean(6), row.GetBoolean(7), Id(row, 8))), cancellationToken);
        var keys = await QueryAsync(Keys, ids, static row => (Table: Id(row, 0), Columns: Numbers<short>(row.GetString(1)).Take(row.GetInt32(3)).ToArray(),
            Collations: Numbers<uint>(row.GetString(2)).Take(row.GetInt32(3)).ToArray()), cancellationToken);
        var columnsOf = columns.ToLookup(static column => column.Table, static column => column.Facts);
        var keysOf = keys.ToLookup(static key => key.Table);
        return [.. found.Select(table => Describe(table.Schema, table.Name, table.Kind, table.Rows, [.. columnsOf[table.Id]], keysOf[table.Id])).Where(static table => table.Columns.Count > 0)];
    }

    private SiteTable Describe(string schema, string name, string kind, long rows, ColumnFacts[] columns, IEnumerable<(uint Table, short[] Columns, uint[] Collations)> keys)
    {
        var byNumber = columns.ToDictionary(static column => column.Number);
        var key = keys.Select(candidate => candidate.Columns.Select(number => byNumber[number]).Zip(candidate.Collations).ToArray())
            .FirstOrDefault(static candidate => candidate.All(static part => part.First.IsNotNull && (part.Second == 0 || part.Second == part.First.Collation)))?
            .Select(static part => part.First).ToArray() ?? [];
        return new($"{SqlName.Show(schema)}.{SqlName.Show(name)}", $"{(kind == "r" ? "ONLY " : "")}{SqlName.Quote(schema)}.{SqlName.Quote(name)}",
            [.. key.Select(static column => new KeyColumn(column.Name, column.TypeName))], [.. columns.Select(column => ToSite(column, key.Contains(column))).OfType<SiteColumn>()])
        {
            Rows = rows,
            SkippedBecause = kind == "f" ? "it is a foreign table, whose rows are another database's"
                : key.Length == 0 ? "it has neither a primary key nor a unique index over columns that are NOT NULL, so its rows cannot be told apart for sure (ctid changes with each update); add one" : null,
        };
    }

    private SiteColumn? ToSite(ColumnFacts column, bool isKey)
    {
        // What is generated changes with what it is generated from.
        if (column.IsGenerated)
            return null;
        var (kind, left) = KindOf(column.Type) is { } known ? (known, null) : (ColumnKind.Text, HoldsTexts(column.Type) ? $"its type {column.TypeName} is not rewritten" : "");
        if (left is "")
            return null;
        if (isKey)
            left = "it is part of the key";
        else if (column.IsLinked)
            left = "a foreign key goes from or to it";
        return new(column.Name, kind) { LeftBecause = left };
    }

    private ColumnKind? KindOf(uint type)
    {
        var facts = BaseOf(type);
        return facts switch
        {
            { Name: "json" } => ColumnKind.Json,
            { Name: "jsonb" } => ColumnKind.BinaryJson,
            { Name: "xml" } => ColumnKind.Xml,
            { Name: "text" or "varchar" or "bpchar" or "citext" } => ColumnKind.Text,
            _ => null,
        };
    }

    /// <summary>Whether a type that is not rewritten may have texts inside.</summary>
    private bool HoldsTexts(uint type)
    {
        var facts = BaseOf(type);
        return facts.Name == "hstore" || facts.Kind == "c" || (facts.Category == "S" && facts.Name is not ("name" or "char")) || (facts.Category == "A" && facts.Element != 0 && (KindOf(facts.Element) is not null || HoldsTexts(facts.Element)));
    }

    private TypeFacts BaseOf(uint type)
    {
        var facts = _types[type];
        while (facts.Kind == "d")
            facts = _types[facts.Base];
        return facts;
    }

    private async Task<List<T>> QueryAsync<T>(string sql, object? value, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (value is uint[] ids)
            command.Parameters.Add(new() { Value = ids, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid });
        else if (value is not null)
            command.Parameters.Add(new() { Value = value });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var result = new List<T>();
        while (await rows.ReadAsync(cancellationToken))
            result.Add(read(rows));
        return result;
    }

    private static uint Id(NpgsqlDataReader row, int column) => row.GetFieldValue<uint>(column);

    private static IEnumerable<T> Numbers<T>(string vector) where T : IParsable<T>
        => vector.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static number => T.Parse(number, System.Globalization.CultureInfo.InvariantCulture));

    private sealed record TypeFacts(uint Id, string Name, string Category, string Kind, uint Base, uint Element);

    private sealed record ColumnFacts(short Number, string Name, uint Type, string TypeName, bool IsNotNull, bool IsGenerated, bool IsLinked, uint Collation);
}
