namespace StorageMigration.Urls;

/// <summary>Opens a site's database by its address.</summary>
internal static class SiteDatabases
{
    private const string Sqlite = "sqlite:";

    /// <summary>Opens it.</summary>
    /// <param name="address"><c>sqlite:PATH</c>, <c>postgres://…</c> or a connection string of Npgsql's.</param>
    /// <param name="readOnly">Whether the database itself is to refuse changes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">It names no database that can be opened.</exception>
    public static async Task<ISiteDatabase> OpenAsync(string address, bool readOnly, CancellationToken cancellationToken)
    {
        if (address.Length == 0)
            throw new ArgumentException("Migration:Database must name the site's database (sqlite:PATH or postgres://USER@HOST/DATABASE), but is empty.", nameof(address));
        if (PostgresAddress.Is(address))
            return await PostgresSite.OpenAsync(address, readOnly, cancellationToken);
        if (!address.StartsWith(Sqlite, StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException("Migration:Database must be sqlite:PATH, postgres://USER@HOST/DATABASE or Host=…;Database=…, but is none of these.", nameof(address));

        var file = address[Sqlite.Length..];
        if (file.StartsWith("//", StringComparison.Ordinal))
            file = file[2..];
        if (!File.Exists(file))
            throw new ArgumentException($"Migration:Database must name a SQLite file that is there, but there is none at '{Path.GetFullPath(file)}'.", nameof(address));
        return SqliteSite.Open(file, readOnly);
    }
}
