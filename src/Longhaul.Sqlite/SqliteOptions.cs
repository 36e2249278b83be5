namespace Longhaul.Sqlite;

/// <summary>How a commit is secured against the end of the machine. The end of a process loses nothing in either.</summary>
public enum SqliteSynchronous
{
    /// <summary>Each commit is on the disk before it is answered: a power cut loses nothing that was accepted.</summary>
    Full,

    /// <summary>The disk is synchronised at checkpoints only: a power cut may lose the last commits, and never damages the file.</summary>
    Normal,
}

/// <summary>How a <see cref="SqliteStore"/> keeps its file.</summary>
public sealed class SqliteOptions
{
    /// <summary>The file. It is made, readable by its owner only, when it is not there; its folder must exist.</summary>
    public required string Path { get; set; }

    /// <summary>How a commit is secured. Default: <see cref="SqliteSynchronous.Full"/>.</summary>
    public SqliteSynchronous Synchronous { get; set; } = SqliteSynchronous.Full;

    /// <summary>How long a call waits while another program holds the write lock. Default: 10 s.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether an existing file that other users of the machine can read is accepted. Default: no, for payloads may hold secrets.</summary>
    public bool AllowOthersToRead { get; set; }

    /// <summary>The clock, for tests: due times, retention and leases all go by it. Default: the machine's; leases then go by its boot time.</summary>
    public TimeProvider? Clock { get; set; }

    /// <summary>Told by the writer before and after each commit what was in it: where crash tests end the process.</summary>
    internal Action<string>? FaultPoint { get; set; }

    /// <summary>For tests: so many pages and no more, as if the disk were full.</summary>
    internal int? MaxPages { get; set; }
}
