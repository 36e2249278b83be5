namespace StorageMigration.Objects.Drive;

/// <summary>Words of Google Drive's query language.</summary>
internal static class DriveQuery
{
    /// <summary>So that shared drives are seen too.</summary>
    public const string Common = "&supportsAllDrives=true&includeItemsFromAllDrives=true";

    public static string In(string folder) => $"{Quoted(folder)} in parents";

    public static string Named(string name) => $"name = {Quoted(name)}";

    public static string Quoted(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
