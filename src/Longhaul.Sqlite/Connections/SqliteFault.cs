using SQLitePCL;

namespace Longhaul.Sqlite;

/// <summary>What SQLite answered. Never leaves the store: <see cref="Faults"/> says it in the words of the contract.</summary>
internal sealed class SqliteFault(int extendedCode, string message) : Exception($"SQLite error {extendedCode}: {message}")
{
    public int ExtendedCode => extendedCode;

    public int Code => extendedCode & 0xff;

    public bool IsBusy => Code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>The transaction read before somebody else wrote: waiting cannot help it.</summary>
    public bool IsStaleSnapshot => extendedCode == raw.SQLITE_BUSY_SNAPSHOT;

    public bool IsFull => Code == raw.SQLITE_FULL;

    /// <summary>The connection can no longer be trusted: what was written may or may not be on the disk.</summary>
    public bool IsBroken => Code is raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_CANTOPEN or raw.SQLITE_NOMEM or raw.SQLITE_MISUSE;
}
