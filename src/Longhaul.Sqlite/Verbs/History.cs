using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Writes what happened to jobs, for those that people will look at.</summary>
internal sealed class History(Transaction tx)
{
    /// <summary>A run has ended, or was lost.</summary>
    public void OfRun(CurrentRun run, HistoryKind kind, TimeSpan duration, JobError? error = null, string? by = null, string? reason = null)
    {
        run.Flags |= JobFlags.Rows;
        Add(run.Id, kind, run.RunNumber, run.Session, StoreClock.From(duration), error, by, reason);
    }

    /// <summary>A person did something.</summary>
    public void OfPerson(long job, HistoryKind kind, int? runNumber, ActionContext context, string? reason)
        => Add(job, kind, runNumber, null, null, null, context.By, reason);

    private void Add(long job, HistoryKind kind, int? runNumber, long? session, long? duration, JobError? error, string? by, string? reason)
    {
        var clean = error?.Cleaned();
        tx.Db.Get("Settle.History").Set(1, job).Set(2, tx.Now).Set(3, (long)kind).Set(4, runNumber).Set(5, session).Set(6, duration)
            .Set(7, clean?.Type).Set(8, clean?.Message).Set(9, clean?.Detail).Set(10, by.Cleaned()).Set(11, reason.Cleaned()).Run();
    }
}
