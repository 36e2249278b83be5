using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>
/// Looks whether there is anything to claim without asking for the write lock: a worker without work looks at every wake-up,
/// and would otherwise stand in the way of those who write.
/// </summary>
internal sealed class ClaimPeek(StoreFile file, StoreClock clock) : IDisposable
{
    private readonly Lock _gate = new();
    private Connection? _db;
    private Lanes? _lanes;
    private ClaimChoice? _choice;
    private bool _disposed;
    private volatile bool _likelyEmpty;

    /// <summary>What the last claim found: after an empty one it is worth a look.</summary>
    public void Found(ClaimAnswer answer) => _likelyEmpty = answer.Runs.Count == 0;

    /// <summary>The answer to a claim that finds nothing; null: it must be asked in earnest.</summary>
    public ClaimAnswer? TryAnswer(ClaimRequest request)
    {
        if (!_likelyEmpty || !_gate.TryEnter())
            return null;
        try
        {
            return _disposed ? null : Look(request);
        }
        catch (Exception exception) when (exception is SqliteFault or StoreException)
        {
            Close(); // the writer will say what is wrong
            return null;
        }
        finally
        {
            _gate.Exit();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Close();
        }
    }

    private ClaimAnswer? Look(ClaimRequest request)
    {
        if (_db is null || !file.IsCurrent(_db))
            Open();
        var db = _db!;
        db.Get("Transaction.BeginRead").Run(); // one snapshot for all of it
        try
        {
            var now = clock.Now;
            if (db.Get("Session.State").Set(1, request.Session.Value).Scalar() is not < (long)WorkerState.Dead
                || db.Get("Pending.FirstLater").Scalar() <= now
                || _choice!.Choose(request).Count > 0)
                return null;
            return new(LeaseReply.Held, [], _choice.NextDue(request, now));
        }
        finally
        {
            db.ResetAll();
            db.Get("Transaction.Commit").Run();
        }
    }

    private void Open()
    {
        Close();
        _db = file.OpenForReading();
        _lanes = new(_db);
        _choice = new(_db, _lanes);
    }

    private void Close()
    {
        if (_db is { } db)
            file.Close(db);
        (_db, _lanes, _choice) = (null, null, null);
    }
}
