using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken)
    {
        lock (_gate)
            return Task.FromResult<IReadOnlyList<HistoryRecord>>(_jobs.Find(job.Value)?.More?.History is { } history ? [.. history] : []);
    }

    private static void Record(StoredJob job, HistoryRecord record) => (job.Details.History ??= []).Add(record);

    private static void RecordEnd(StoredJob job, Outcome outcome, Settlement settlement, StoredSession session, AskedOfRun? asked, long now)
        => Record(job, new HistoryRecord
        {
            At = At(now),
            Kind = outcome switch
            {
                Outcome.Completed => HistoryKind.Completed,
                Outcome.Failed => HistoryKind.Failed,
                Outcome.Retry => HistoryKind.Retried,
                Outcome.Cancelled => HistoryKind.Cancelled,
                Outcome.Paused => HistoryKind.Paused,
                _ => HistoryKind.HandedBack,
            },
            RunNumber = job.RunNumber,
            Worker = session.Worker.Name,
            Duration = settlement.Duration,
            Error = Clean(settlement.Error),
            By = asked?.By,
            Reason = asked is null ? Clean(settlement.Reason) : asked.Reason,
        });

    /// <summary>A run that ended without a settlement: its worker died.</summary>
    private static void RecordCut(StoredJob job, HistoryKind kind, StoredSession session, TimeSpan duration, JobError? error, long now)
        => Record(job, new HistoryRecord
        {
            At = At(now),
            Kind = kind,
            RunNumber = job.RunNumber,
            Worker = session.Worker.Name,
            Duration = duration,
            Error = error,
        });

    private static void RecordAction(StoredJob job, HistoryKind kind, ActionContext context, string? reason, long now)
        => Record(job, new HistoryRecord { At = At(now), Kind = kind, By = Clean(context.By), Reason = reason });
}
