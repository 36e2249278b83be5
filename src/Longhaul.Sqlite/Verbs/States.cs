using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>The counters in a job's row of <c>lh_state</c>.</summary>
internal sealed class StateRow
{
    public required long Id { get; init; }

    /// <summary>Null: as the job was written.</summary>
    public long? Due { get; set; }

    public int RunNumber { get; set; }

    public int FailedAttempts { get; set; }

    public int LostRuns { get; set; }

    public int HookTries { get; set; }

    public long? HookDue { get; set; }

    public long Fence { get; set; }

    public long? SettledToken { get; set; }

    public long? Started { get; set; }

    public int ItemFailures { get; set; }

    public int LogLines { get; set; }
}

/// <summary>Reading and writing <c>lh_state</c> and <c>lh_body</c>.</summary>
internal sealed class States(Transaction tx)
{
    /// <summary>Kinds of <c>lh_body</c>.</summary>
    public const int Checkpoint = 1, Result = 2;

    /// <summary>The row, made when it is not there.</summary>
    public StateRow Need(long id, JobFlags flags)
    {
        if (flags.HasFlag(JobFlags.State) && Get(id) is { } row)
            return row;
        tx.Db.Get("State.Add").Set(1, id).Set(2, tx.Now).Run();
        return Get(id)!;
    }

    public StateRow? Get(long id)
    {
        var row = tx.Db.Get("State.Get").Set(1, id);
        if (!row.First())
            return null;
        var state = new StateRow
        {
            Id = id,
            Due = row.LongOrNull(0),
            RunNumber = row.Int(1),
            FailedAttempts = row.Int(2),
            LostRuns = row.Int(3),
            HookTries = row.Int(4),
            HookDue = row.LongOrNull(5),
            Fence = row.Long(6),
            SettledToken = row.LongOrNull(7),
            Started = row.LongOrNull(8),
            ItemFailures = row.Int(9),
            LogLines = row.Int(10),
        };
        row.Reset();
        return state;
    }

    public void Save(StateRow row) => tx.Db.Get("State.Save").Set(1, row.Id).Set(2, row.Due).Set(3, row.RunNumber).Set(4, row.FailedAttempts)
        .Set(5, row.LostRuns).Set(6, row.HookTries).Set(7, row.HookDue).Set(8, row.Fence).Set(9, row.SettledToken).Set(10, row.Started)
        .Set(11, row.ItemFailures).Set(12, row.LogLines).Set(13, tx.Now).Run();

    public void SetError(long id, JobError? error)
    {
        var clean = error?.Cleaned();
        tx.Db.Get("State.Error").Set(1, id).Set(2, clean?.Type).Set(3, clean?.Message).Set(4, clean?.Detail).Run();
    }

    public void SetReason(long id, string? reason) => tx.Db.Get("State.Reason").Set(1, id).Set(2, reason).Run();

    public void SetProgress(long id, ProgressRecord progress)
        => tx.Db.Get("State.Progress").Set(1, id).SetJson(2, Json.Of(progress)).Set(3, tx.Now).Run();

    public void SetCheckpoint(long id, ReadOnlySpan<byte> body)
    {
        if (body.Length <= JobLimits.SmallCheckpointBytes)
        {
            tx.Db.Get("State.Checkpoint").Set(1, id).SetUtf8(2, body).Set(3, tx.Now).Run();
            DropBody(id, Checkpoint);
            return;
        }

        tx.Db.Get("State.Checkpoint").Set(1, id).SetNull(2).Set(3, tx.Now).Run();
        SetBody(id, Checkpoint, body);
    }

    public void SetBody(long id, int kind, ReadOnlySpan<byte> body) => tx.Db.Get("State.SetBody").Set(1, id).Set(2, kind).SetUtf8(3, body).Run();

    public void DropBody(long id, int kind) => tx.Db.Get("State.DropBody").Set(1, id).Set(2, kind).Run();

    /// <summary>Gives a new job the checkpoint of an ended one. False: that one has none.</summary>
    public bool Continue(long id, long source)
    {
        if (tx.Db.Get("State.Continue").Set(1, id).Set(2, source).Set(3, tx.Now).RunCounted() == 0)
            return false;
        tx.Db.Get("State.ContinueBody").Set(1, id).Set(2, source).Run();
        return true;
    }

    /// <summary>Drops all that a run would go on from.</summary>
    public void Restart(long id)
    {
        tx.Db.Get("State.Restart").Set(1, id).Run();
        tx.Db.Get("State.DropBodies").Set(1, id).Run();
        tx.Db.Get("State.DropItems").Set(1, id).Run();
    }
}
