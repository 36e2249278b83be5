namespace StorageMigration.Urls;

/// <summary>Names of tables and columns, whatever characters they have.</summary>
internal static class SqlName
{
    /// <summary>As a statement needs it, in SQLite and PostgreSQL alike.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>As people read it: with quotes only where it could be mistaken.</summary>
    public static string Show(string name)
        => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_') ? name : Quote(name);
}
