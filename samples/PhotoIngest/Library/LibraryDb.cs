using Microsoft.Data.Sqlite;

namespace PhotoIngest.Library;

/// <summary>The sample's own database: an ordinary SQLite file that knows nothing of jobs' insides.</summary>
internal sealed class LibraryDb
{
    private readonly string _connection;

    public LibraryDb(LibraryPaths paths)
    {
        _connection = new SqliteConnectionStringBuilder { DataSource = paths.Database }.ToString();
        using var connection = Open();
        connection.Execute("PRAGMA journal_mode = WAL");
        using var schema = new StreamReader(typeof(LibraryDb).Assembly.GetManifestResourceStream("PhotoIngest.Library.Schema.sql")!);
        connection.Execute(schema.ReadToEnd());
    }

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        connection.Execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON");
        return connection;
    }

    /// <summary>Does several things or none of them.</summary>
    public T Transact<T>(Func<SqliteConnection, T> body)
    {
        using var connection = Open();
        using var transaction = connection.BeginTransaction();
        var result = body(connection);
        transaction.Commit();
        return result;
    }
}
