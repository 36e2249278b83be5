using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>The file: made, checked, and opened for writing, reading and the heart.</summary>
internal sealed class StoreFile(SqliteOptions options)
{
    /// <summary>Connections for reading are kept and used again, for SQLite reads the whole schema at each opening.</summary>
    private const int KeptReaders = 4;

    private readonly Lock _gate = new();
    private readonly Stack<Connection> _readers = [];
    private FileIdentity? _identity;
    private int _generation;
    private bool _closed;

    public string Path { get; } = System.IO.Path.GetFullPath(options.Path);

    /// <summary>The path as SQLite resolves it, links followed: what connections of callers are compared with.</summary>
    public string ResolvedPath { get; private set; } = "";

    public TimeSpan BusyTimeout => options.BusyTimeout;

    /// <summary>Space for the worst.</summary>
    public Reserve Reserve { get; } = new(System.IO.Path.GetFullPath(options.Path));

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
            SwitchToWal(connection);
        }
        catch (SqliteFault fault)
        {
            throw Faults.Explain(fault, Path, options.BusyTimeout);
        }

        lock (_gate)
            _identity = FileIdentity.Of(Path);
        Reserve.Prepare();
    }

    public Connection OpenForWriting()
    {
        var connection = Open();
        // Somebody else may be reading the WAL back after a crash just now. Later waits are the writer's own, for SQLite's sleep up to 100 ms between two looks.
        connection.SetBusyTimeout(options.BusyTimeout);
        connection.Execute($"""
            PRAGMA synchronous = {(options.Synchronous == SqliteSynchronous.Full ? "FULL" : "NORMAL")};
            PRAGMA cache_size = -65536;
            PRAGMA temp_store = MEMORY;
            """);
        if (options.MaxPages is { } pages)
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}"));
        connection.SetBusyTimeout(TimeSpan.Zero);
        return connection;
    }

    public Connection OpenForReading()
    {
        var connection = Open();
        connection.SetBusyTimeout(options.BusyTimeout);
        connection.Execute("PRAGMA query_only = 1; PRAGMA temp_store = MEMORY");
        return connection;
    }

    /// <summary>Whether a connection is to the file that stands at the path now, as far as <see cref="CheckPresence"/> knows.</summary>
    public bool IsCurrent(Connection connection) => connection.Generation == Volatile.Read(ref _generation);

    /// <summary>
    /// Notices that the file was deleted, or replaced by another one: what is written to the old one would be lost, and SQLite itself does not
    /// look. All connections are then opened anew, once there is a file. Asked before each transaction, for it costs a microsecond.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It was.</exception>
    public void CheckPresence()
    {
        var found = FileIdentity.Of(Path);
        lock (_gate)
        {
            if (_identity is null || found == _identity)
                return;
            _identity = null;
            Volatile.Write(ref _generation, _generation + 1);
        }

        throw new StoreUnavailableException($"{Path} must stay in its place while it is open, but was deleted or replaced; put it back, or restore a backup: work goes on with whatever store is there then.");
    }

    /// <summary>Reads within one snapshot, on a connection of the pool.</summary>
    public T Read<T>(Func<Connection, T> read)
    {
        CheckPresence();
        var connection = Rent();
        try
        {
            connection.Get("Transaction.BeginRead").Run();
            var result = read(connection);
            connection.Get("Transaction.Commit").Run();
            Return(connection);
            return result;
        }
        catch (SqliteFault fault)
        {
            Close(connection);
            throw Faults.Explain(fault, Path, options.BusyTimeout);
        }
        catch
        {
            Close(connection);
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

    /// <summary>Closes a connection for good; one to a file that was replaced must not touch the WAL that lies at the path now.</summary>
    public void Close(Connection connection)
    {
        if (!IsCurrent(connection))
            connection.KeepWal();
        connection.Dispose();
    }

    private Connection Open()
    {
        int generation;
        lock (_gate)
            generation = _identity is null ? -1 : _generation;
        if (generation < 0)
        {
            // Another file is to be taken over. It is not made: an empty store in place of a lost one would hide the loss.
            if (!File.Exists(Path))
                throw new StoreUnavailableException($"{Path} must be there, but was deleted; put it back, or restore a backup.");
            Prepare(migrate: false);
            generation = Volatile.Read(ref _generation);
        }

        return Connection.Open(Path, generation);
    }

    private Connection Rent()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqliteStore));
            while (_readers.TryPop(out var reader))
            {
                if (IsCurrent(reader))
                    return reader;
                Close(reader);
            }
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

        Close(reader);
    }

    /// <summary>Waits by itself for others that write just now: for this switch SQLite goes from reading to writing, and then does not wait, whatever its busy timeout.</summary>
    private void SwitchToWal(Connection connection)
    {
        using var never = new ManualResetEventSlim(false);
        var started = StoreClock.Monotonic;
        while (true)
        {
            try
            {
                connection.Execute("PRAGMA journal_mode = WAL");
                return;
            }
            catch (SqliteFault fault) when (fault.IsBusy && StoreClock.Since(started) < options.BusyTimeout)
            {
                _ = never.Wait(5);
            }
        }
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
