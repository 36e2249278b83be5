namespace Longhaul.Sqlite;

/// <summary>The connection that writes: transactions, waiting for other programs' locks, and a fresh start after an error that broke it.</summary>
internal sealed class WriterConnection(StoreFile file, StoreClock clock, SqliteOptions options, Action<IReadOnlyList<string>> arrived) : IDisposable
{
    // Other processes wait for the lock, their hearts too.
    private static readonly TimeSpan MaxHold = TimeSpan.FromMilliseconds(20);

    private const int Many = 8;

    private readonly ManualResetEventSlim _never = new(false);
    private Connection? _db;
    private Transaction? _transaction;
    private bool _durable = true;

    public string Path => file.Path;

    /// <summary>Writes a group in one transaction, or in several when it takes long. When one fails each is tried alone, so that none suffers for another.</summary>
    public void RunGroup(ReadOnlySpan<WriteOperation> group)
    {
        while (!group.IsEmpty)
        {
            int written;
            try
            {
                written = Write(group);
            }
            catch (SqliteFault fault) when (fault.IsFull && group.Length == 1 && !group[0].Grows && file.Reserve.Spend())
            {
                continue;
            }
            catch (Exception exception) when (group.Length == 1 || exception is SqliteFault { IsBusy: true } or SqliteFault { IsBroken: true })
            {
                foreach (var operation in group)
                    operation.Fail(Faults.Explain(exception, file.Path, options.BusyTimeout));
                return;
            }
            catch (Exception)
            {
                for (var i = 0; i < group.Length; i++)
                    RunGroup(group.Slice(i, 1));
                return;
            }

            Tell(group[..written]);
            group = group[written..];
        }
    }

    /// <summary>
    /// Tells the callers that theirs is written. Many are told by a thread of the pool, where what goes on after each costs little to hand over: told one
    /// by one from here, each would wake a thread, and the next group would wait for that.
    /// </summary>
    private static void Tell(ReadOnlySpan<WriteOperation> written)
    {
        if (written.Length < Many)
        {
            foreach (var operation in written)
                operation.Succeed();
            return;
        }

        var later = new List<WriteOperation>(written.Length);
        foreach (var operation in written)
        {
            if (operation.IsAwaited)
                later.Add(operation);
            else
                operation.Succeed(); // somebody's own thread waits for it, whatever the pool does
        }

        _ = ThreadPool.UnsafeQueueUserWorkItem(static told => told.ForEach(static operation => operation.Succeed()), later, preferLocal: false);
    }

    public void Dispose()
    {
        Close();
        _never.Dispose();
    }

    /// <summary>Writes as many of a group as fit into the time that a transaction may take.</summary>
    private int Write(ReadOnlySpan<WriteOperation> group)
    {
        RefuseGrowth(group);
        var transaction = Ready();
        var db = _db!;
        var written = 0;
        try
        {
            SetDurable(db, group);
            Begin(db);
            transaction.Begun();
            var began = StoreClock.Monotonic;
            do
                group[written++].Run(transaction);
            while (written < group.Length && StoreClock.Since(began) < MaxHold);
            transaction.Finish();
            Reach(group[..written], "before-commit");
            db.Get("Transaction.Commit").Run();
            Reach(group[..written], "after-commit");
        }
        catch (Exception exception)
        {
            Undo(exception);
            throw;
        }

        if (transaction.Tally.ArrivedIn.Count > 0)
            arrived(transaction.Tally.ArrivedIn);
        return written;
    }

    /// <summary>While the reserve is spent, what room there is belongs to those who end work, not to those who bring more.</summary>
    private void RefuseGrowth(ReadOnlySpan<WriteOperation> group)
    {
        foreach (var operation in group)
        {
            if (operation.Grows && file.Reserve.IsSpent)
                throw Faults.Full(file.Path);
        }
    }

    private void Reach(ReadOnlySpan<WriteOperation> group, string moment)
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
        file.CheckPresence();
        if (_transaction is { } ready && file.IsCurrent(_db!))
            return ready;
        Close();
        _db = file.OpenForWriting();
        _durable = true;
        return _transaction = new Transaction(_db, clock);
    }

    /// <summary>
    /// A claim or a beat that a power cut takes back harms nobody (tokens are random, fences go by the clock), and later commits bring it to the disk:
    /// a transaction of only such writes does not wait for the disk.
    /// </summary>
    private void SetDurable(Connection db, ReadOnlySpan<WriteOperation> group)
    {
        if (options.Synchronous != SqliteSynchronous.Full)
            return;
        var durable = false;
        foreach (var operation in group)
            durable |= operation.Durable;
        if (durable == _durable)
            return;
        // Not a prepared statement: SQLite carries this pragma out when it is prepared, and running it again changes nothing.
        db.Execute(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
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
            Close();
            return;
        }

        if (_db is { InTransaction: true } db)
        {
            db.ResetAll();
            db.Get("Transaction.Rollback").Run();
        }
    }

    private void Close()
    {
        if (_db is { } db)
            file.Close(db);
        (_db, _transaction) = (null, null);
    }
}
