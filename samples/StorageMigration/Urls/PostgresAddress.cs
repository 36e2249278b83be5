using Npgsql;

namespace StorageMigration.Urls;

/// <summary>Reads what names a PostgreSQL database: a <c>postgres://</c> address or a connection string of Npgsql's.</summary>
internal static class PostgresAddress
{
    private const string Form = "postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=SCHEMA";

    public static bool Is(string address)
        => address.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || address.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
           || address.StartsWith("Host=", StringComparison.OrdinalIgnoreCase) || address.StartsWith("Server=", StringComparison.OrdinalIgnoreCase);

    /// <summary>The connection string, and the only schema that is meant; null: all.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static (string ConnectionString, string? Schema) Read(string address)
    {
        // The connection is one, held to the end; the pool would keep what was set on it.
        var text = new NpgsqlConnectionStringBuilder { Pooling = false, ApplicationName = "storage-migration", CommandTimeout = 0, KeepAlive = 30 };
        string? schema = null;
        if (!address.Contains("://", StringComparison.Ordinal))
        {
            foreach (var (name, value) in new NpgsqlConnectionStringBuilder(address))
                text[name] = value;
            return (text.ConnectionString, schema);
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
            throw new ArgumentException($"The database must have an address of the form {Form}, but this one cannot be read.", nameof(address));
        var user = uri.UserInfo.Split(':', 2);
        text.Host = uri.Host.Length > 0 ? uri.Host : "127.0.0.1";
        if (uri.Port > 0)
            text.Port = uri.Port;
        if (user[0].Length > 0)
            text.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            text.Password = Uri.UnescapeDataString(user[1]);
        if (uri.AbsolutePath.Length > 1)
            text.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var (name, value) = (Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? ""));
            if (name == "schema")
                schema = value;
            else
                text[name == "sslmode" ? "SSL Mode" : name] = value;
        }

        return (text.ConnectionString, schema);
    }
}
