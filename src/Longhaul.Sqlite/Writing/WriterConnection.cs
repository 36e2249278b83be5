namespace Longhaul.Sqlite;

/// <summary>The connection that writes: transactions, waiting for other programs' locks, and a fresh start after an error that broke it.</summary>
internal sealed class WriterConnection(StoreFile file, StoreClock clock, SqliteOptions options, Action<IReadOnlyList<string>> arrived) : IDisposable
{
    private readonly ManualResetEventSlim _never = new(false);
    private Connection? _db;
    private Transaction? _transaction;
    private bool _durable = true;

    public string Path => file.Path;

    /// <summary>Writes a group as one transaction. When that fails each is tried alone, so that none suffers for another.</summary>
    public void RunGroup(IReadOnlyList<WriteOperation> group)
    {
        try
        {
            Write(group);
        }
        catch (Exception exception) when (group.Count == 1 || exception is SqliteFault { IsBusy: true } or SqliteFault { IsBroken: true })
        {
            foreach (var operation in group)
                operation.Fail(Faults.Explain(exception, file.Path, options.BusyTimeout));
            return;
        }
        catch (Exception)
        {
            foreach (var operation in group)
                RunGroup([operation]);
            return;
        }

        foreach (var operation in group)
            operation.Succeed();
    }

    public void Dispose()
    {
        _db?.Dispose();
        _never.Dispose();
    }

    private void Write(IReadOnlyList<WriteOperation> group)
    {
        var transaction = Ready();
        var db = _db!;
        try
        {
            SetDurable(db, group);
            Begin(db);
            transaction.Begun();
            for (var i = 0; i < group.Count; i++)
                group[i].Run(transaction);
            transaction.Finish();
            Reach(group, "before-commit");
            db.Get("Transaction.Commit").Run();
            Reach(group, "after-commit");
        }
        catch (Exception exception)
        {
            Undo(exception);
            throw;
        }

        if (transaction.Tally.ArrivedIn.Count > 0)
            arrived(transaction.Tally.ArrivedIn);
    }

    private void Reach(IReadOnlyList<WriteOperation> group, string moment)
    {
        if (options.FaultPoint is not { } reach)
            return;
        foreach (var operation in group)
        {
            if (operation.Kind is { } kind)
                reach($"{kind}-{moment}");
        }
    }

    private Transaction Ready()
    {
        if (_transaction is { } ready)
            return ready;
        _db = file.OpenForWriting();
        _durable = true;
        return _transaction = new Transaction(_db, clock);
    }

    /// <summary>
    /// A claim or a beat that a power cut takes back harms nobody (tokens are random, fences go by the clock), and later commits bring it to the disk:
    /// a transaction of only such writes does not wait for the disk.
    /// </summary>
    private void SetDurable(Connection db, IReadOnlyList<WriteOperation> group)
    {
        if (options.Synchronous != SqliteSynchronous.Full)
            return;
        var durable = false;
        for (var i = 0; i < group.Count && !durable; i++)
            durable = group[i].Durable;
        if (durable == _durable)
            return;
        db.Get(durable ? "Transaction.Full" : "Transaction.Normal").Run();
        _durable = durable;
    }

    /// <summary>Takes the write lock. Our own waiting, for SQLite's sleeps up to 100 ms between two looks.</summary>
    private void Begin(Connection db)
    {
        var begin = db.Get("Transaction.Begin");
        var started = StoreClock.Monotonic;
        for (var round = 0; ; round++)
        {
            try
            {
                begin.Run();
                return;
            }
            catch (SqliteFault fault) when (fault.IsBusy && StoreClock.Since(started) < options.BusyTimeout)
            {
                _ = _never.Wait(round < 20 ? 1 : 5);
            }
        }
    }

    private void Undo(Exception exception)
    {
        _transaction?.RolledBack();
        if (exception is SqliteFault { IsBroken: true })
        {
            // After a failed sync nobody knows what is on the disk, and a second try could report success for lost pages: only a new connection reads what is really there.
            _db?.Dispose();
            (_db, _transaction) = (null, null);
            return;
        }

        if (_db is { InTransaction: true } db)
        {
            db.ResetAll();
            db.Get("Transaction.Rollback").Run();
        }
    }
}
