using Longhaul;
using Longhaul.Storage;

namespace StorageMigration.Trees;

/// <summary>A copy of a tree as people see it.</summary>
internal sealed record TreeView
{
    public required long Id { get; init; }

    public required string Source { get; init; }

    public required string Target { get; init; }

    public string? Owner { get; init; }

    /// <summary><c>pending running paused completed failed cancelled</c>, or <c>scheduled retrying stuck</c> where that says more.</summary>
    public required string State { get; init; }

    /// <summary><c>count</c> or <c>copy</c>, while it runs.</summary>
    public string? Phase { get; init; }

    /// <summary>Files copied.</summary>
    public long Files { get; init; }

    public long? TotalFiles { get; init; }

    public double? FilesPerSecond { get; init; }

    public long Bytes { get; init; }

    public long? TotalBytes { get; init; }

    public double? BytesPerSecond { get; init; }

    /// <summary>0 to 1; null: unknown, as the files were not counted first.</summary>
    public double? Fraction { get; init; }

    public double? SecondsLeft { get; init; }

    public long Failed { get; init; }

    public long Skipped { get; init; }

    public long Unchanged { get; init; }

    /// <summary>Why it is slow or waits, where it says so.</summary>
    public string? Note { get; init; }

    public int Attempt { get; init; }

    public string? Error { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public static TreeView Of(JobRecord record, CopyTree? job, TreeReport? report)
    {
        var running = record.State == JobState.Running;
        return new()
        {
            Id = record.Id.Value,
            Source = job?.Source ?? "",
            Target = job?.Target ?? "",
            Owner = record.Owner,
            State = (record.Derived != DerivedState.None ? record.Derived.ToString() : record.State.ToString()).ToLowerInvariant(),
            Phase = record.Progress?.Phase,
            Files = report?.Files ?? 0,
            TotalFiles = report?.TotalFiles,
            FilesPerSecond = running ? record.Progress?.Rate : null,
            Bytes = report?.Bytes ?? 0,
            TotalBytes = report?.TotalBytes,
            BytesPerSecond = running ? report?.BytesPerSecond : null,
            Fraction = record.State == JobState.Completed ? 1 : record.Progress?.Fraction,
            SecondsLeft = running ? record.Progress?.TimeLeft?.TotalSeconds : null,
            Failed = report?.Failed ?? 0,
            Skipped = report?.Skipped ?? 0,
            Unchanged = report?.Unchanged ?? 0,
            Note = record.WaitsFor ?? record.Reason ?? record.Progress?.Note,
            Attempt = record.State == JobState.Failed ? Math.Max(1, record.FailedAttempts) : record.FailedAttempts + 1,
            Error = record.Error?.Message,
            CreatedAt = record.CreatedAt,
            StartedAt = record.StartedAt,
            FinishedAt = record.FinishedAt,
        };
    }
}
