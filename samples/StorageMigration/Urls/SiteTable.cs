namespace StorageMigration.Urls;

/// <summary>A table of the site.</summary>
/// <param name="Name">For people and for the replacement's own tables; with quotes only where they are needed.</param>
/// <param name="Sql">Its name in a statement.</param>
/// <param name="Key">What tells its rows apart and gives their order; empty: nothing does.</param>
/// <param name="Columns">Those that may hold an address.</param>
internal sealed record SiteTable(string Name, string Sql, IReadOnlyList<KeyColumn> Key, IReadOnlyList<SiteColumn> Columns)
{
    /// <summary>About how many rows it has.</summary>
    public long Rows { get; init; }

    /// <summary>Why it cannot be walked; null: it can.</summary>
    public string? SkippedBecause { get; init; }

    /// <summary>Names the key: a cursor is worth nothing for another one.</summary>
    public string KeyName => string.Join(", ", Key.Select(static column => column.Name));
}

/// <summary>A part of a table's key.</summary>
/// <param name="Name">The column's.</param>
/// <param name="Type">The type that its text is cast to in a comparison; empty where values keep their type.</param>
internal sealed record KeyColumn(string Name, string Type = "");

/// <summary>A column that may hold an address.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it holds.</param>
internal sealed record SiteColumn(string Name, ColumnKind Kind)
{
    /// <summary>Why nothing in it is replaced; null: it is.</summary>
    public string? LeftBecause { get; init; }
}

/// <summary>What a column holds.</summary>
internal enum ColumnKind
{
    Text,
    Json,
    BinaryJson,
    Xml,
}

/// <summary>A row that may hold an address.</summary>
/// <param name="Key">Its key, as a cursor has it.</param>
/// <param name="Texts">What its columns hold, in the order of <see cref="SiteTable.Columns"/>; null: no text.</param>
internal sealed record SiteRow(string Key, IReadOnlyList<string?> Texts)
{
    /// <summary>The columns whose bytes are no valid text: what is here of them is not what they hold.</summary>
    public IReadOnlyCollection<int> Invalid { get; init; } = [];
}

/// <summary>A row that is to be changed.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Values">By the number of the column: what it holds, and what it is to hold.</param>
internal sealed record RowChange(string Key, IReadOnlyList<ValueChange> Values);

/// <summary>One text of a row.</summary>
internal readonly record struct ValueChange(int Column, string Old, string New);

/// <summary>Some rows in the order of the key.</summary>
/// <param name="Rows">How many were looked at.</param>
/// <param name="Upper">The key of the last one; null: there were none.</param>
/// <param name="Hits">Those that may hold an address.</param>
internal sealed record SiteBatch(long Rows, string? Upper, IReadOnlyList<Hit> Hits);

/// <summary>A row that may hold an address.</summary>
/// <param name="Number">Which row of the batch it is, from 1.</param>
/// <param name="Key">Its key.</param>
/// <param name="Size">About how many characters its columns hold.</param>
internal readonly record struct Hit(long Number, string Key, long Size);
