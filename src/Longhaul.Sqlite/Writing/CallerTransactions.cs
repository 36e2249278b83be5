using System.Data.Common;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;

namespace Longhaul.Sqlite;

/// <summary>Writes inside a transaction that the caller began, and will end, on a connection of its own.</summary>
internal sealed class CallerTransactions(StoreFile file, StoreClock clock) : IDisposable
{
    private readonly ManualResetEventSlim _never = new(false);

    public T Run<T>(DbTransaction transaction, Func<Transaction, T> work)
    {
        using var db = Connection.Borrow(HandleOf(transaction));
        try
        {
            CheckFile(db);
            TakeWriteLock(db);
            var tx = new Transaction(db, clock);
            tx.Begun();
            var result = work(tx);
            tx.Finish();
            return result;
        }
        catch (SqliteFault fault)
        {
            throw Faults.Explain(fault, file.Path, file.BusyTimeout);
        }
    }

    public void Dispose() => _never.Dispose();

    private SQLitePCL.sqlite3 HandleOf(DbTransaction transaction) => transaction.Connection switch
    {
        SqliteConnection { Handle: { } handle } => handle,
        null => throw new StoreException("The transaction must be open, but has been committed, rolled back or disposed; enqueue before its end."),
        var other => throw new StoreException($"The transaction must be one of Microsoft.Data.Sqlite on {file.Path}, but is of a {other.GetType().Name}; use a {nameof(SqliteConnection)} on the queue's own file."),
    };

    private void CheckFile(Connection db)
    {
        var path = db.FileName;
        if (path != file.ResolvedPath)
            throw new StoreException($"The transaction must be on the queue's own file {file.ResolvedPath}, but is on {(path.Length == 0 ? "a database in memory" : path)}; open the connection on the queue's file, or enqueue without a transaction.");
    }

    /// <summary>A transaction that was begun deferred has no write lock yet; and Microsoft.Data.Sqlite's own waiting does not cover our statements.</summary>
    private void TakeWriteLock(Connection db)
    {
        var started = StoreClock.Monotonic;
        while (true)
        {
            try
            {
                db.Get("Transaction.TakeWriteLock").Run();
                return;
            }
            catch (SqliteFault fault) when (fault.IsBusy && !fault.IsStaleSnapshot && StoreClock.Since(started) < file.BusyTimeout)
            {
                _ = _never.Wait(5);
            }
        }
    }
}
