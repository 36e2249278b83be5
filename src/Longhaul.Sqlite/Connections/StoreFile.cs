using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>The file: made, checked, and opened for writing, reading and the heart.</summary>
internal sealed class StoreFile(SqliteOptions options)
{
    /// <summary>Connections for reading are kept and used again, for SQLite reads the whole schema at each opening.</summary>
    private const int KeptReaders = 4;

    private readonly Lock _gate = new();
    private readonly Stack<Connection> _readers = [];
    private bool _closed;

    public string Path { get; } = System.IO.Path.GetFullPath(options.Path);

    /// <summary>The path as SQLite resolves it, links followed: what connections of callers are compared with.</summary>
    public string ResolvedPath { get; private set; } = "";

    public TimeSpan BusyTimeout => options.BusyTimeout;

    /// <summary>Makes the file when it is not there, and brings its schema up to date.</summary>
    public void Prepare(bool migrate)
    {
        FileChecks.BeforeOpen(Path, options.AllowOthersToRead);
        try
        {
            using var connection = Connection.Open(Path);
            connection.SetBusyTimeout(options.BusyTimeout);
            ResolvedPath = connection.FileName;
            Migrate(connection, migrate);
            connection.Execute("PRAGMA journal_mode = WAL");
        }
        catch (SqliteFault fault)
        {
            throw Faults.Explain(fault, Path, options.BusyTimeout);
        }
    }

    public Connection OpenForWriting()
    {
        var connection = Connection.Open(Path);
        connection.Execute($"""
            PRAGMA synchronous = {(options.Synchronous == SqliteSynchronous.Full ? "FULL" : "NORMAL")};
            PRAGMA cache_size = -65536;
            PRAGMA temp_store = MEMORY;
            """);
        return connection;
    }

    public Connection OpenForReading()
    {
        var connection = Connection.Open(Path);
        connection.SetBusyTimeout(options.BusyTimeout);
        connection.Execute("PRAGMA query_only = 1; PRAGMA temp_store = MEMORY");
        return connection;
    }

    /// <summary>Reads within one snapshot, on a connection of the pool.</summary>
    public T Read<T>(Func<Connection, T> read)
    {
        var connection = Rent();
        try
        {
            connection.Execute("BEGIN");
            var result = read(connection);
            connection.Execute("COMMIT");
            Return(connection);
            return result;
        }
        catch (SqliteFault fault)
        {
            connection.Dispose();
            throw Faults.Explain(fault, Path, options.BusyTimeout);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public void CloseReaders()
    {
        lock (_gate)
        {
            _closed = true;
            while (_readers.TryPop(out var reader))
                reader.Dispose();
        }
    }

    private Connection Rent()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqliteStore));
            if (_readers.TryPop(out var reader))
                return reader;
        }

        try
        {
            return OpenForReading();
        }
        catch (SqliteFault fault)
        {
            throw Faults.Explain(fault, Path, options.BusyTimeout);
        }
    }

    private void Return(Connection reader)
    {
        lock (_gate)
        {
            if (!_closed && _readers.Count < KeptReaders)
            {
                _readers.Push(reader);
                return;
            }
        }

        reader.Dispose();
    }

    private void Migrate(Connection connection, bool migrate)
    {
        var version = Migrator.VersionOf(connection);
        if (version > Migrator.Newest)
        {
            throw new StoreException(
                $"{Path} must have schema {Migrator.Newest} or older, but has {version}: a newer Longhaul has used it; update this program.");
        }

        if (version == Migrator.Newest)
            return;
        if (!migrate)
        {
            throw new StoreException(version == 0
                ? $"{Path} must hold Longhaul's tables, but has none; run 'longhaul migrate', or let the program migrate at start."
                : $"{Path} must have schema {Migrator.Newest}, but has {version}; run 'longhaul migrate', or let the program migrate at start.");
        }

        Migrator.Migrate(connection);
    }
}
