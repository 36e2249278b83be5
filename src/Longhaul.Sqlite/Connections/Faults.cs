using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>SQLite's errors in the words of the contract: what must hold, what was found, what to do.</summary>
internal static class Faults
{
    public static Exception Explain(Exception exception, string path, TimeSpan waited)
        => exception is SqliteFault fault ? Explain(fault, path, waited) : exception;

    public static StoreException Full(string path, SqliteFault? fault = null)
        => new($"The disk of {path} must have room for new jobs, but is full; free some space. Reading and the end of running jobs go on, and new jobs are taken by themselves once there is room.", fault) { IsFull = true };

    public static StoreException Explain(SqliteFault fault, string path, TimeSpan waited) => fault switch
    {
        { IsStaleSnapshot: true } => new StoreException(
            $"A transaction must take the write lock of {path} before it reads, but this one had read before another program wrote; begin it with BeginTransaction(), not deferred, and run it again.", fault),
        { IsBusy: true } => new StoreBusyException(
            $"The write lock of {path} must be free within {waited.TotalSeconds:0.###} s, but another program holds it: an open transaction (sqlite3 shell, a database browser), a backup that copies the file, or a process that was stopped in the middle of one. " +
            $"See who has it open (for example 'fuser {path}'), let it end, and try again.", fault),
        { IsFull: true } => Full(path, fault),
        { Code: SQLitePCL.raw.SQLITE_READONLY } => new StoreException($"{path} must be writable, and so must its folder, but is read-only for this process; check owner and permissions of both.", fault),
        { Code: SQLitePCL.raw.SQLITE_NOTADB } => new StoreException($"{path} must be a SQLite file, but is something else; name another file.", fault),
        { Code: SQLitePCL.raw.SQLITE_CORRUPT } => new StoreException($"{path} must be a sound SQLite file, but is damaged; stop all workers, keep a copy, and restore a backup or run 'sqlite3 FILE .recover'.", fault),
        { Code: SQLitePCL.raw.SQLITE_CANTOPEN } => new StoreUnavailableException($"{path} must be there and open to this process, but could not be opened; check the path and the permissions.", fault),
        { IsBroken: true } => new StoreUnavailableException($"{path} must be readable and writable, but the disk answered with an error ({fault.Message}); whether the last write is kept is unknown, and it may be repeated.", fault),
        _ => new StoreException($"{path}: {fault.Message}.", fault),
    };
}
