namespace StorageMigration.Migration;

/// <summary>What a migration did, or a dry run would have it do: the same for both when nothing has changed between them.</summary>
internal sealed record MigrationReport
{
    public required string Source { get; init; }

    public required string Target { get; init; }

    public long Objects { get; init; }

    public long Bytes { get; init; }

    /// <summary>Objects that the target lacked, or had otherwise.</summary>
    public long Copied { get; init; }

    public long CopiedBytes { get; init; }

    /// <summary>Those of them that are copied in pieces.</summary>
    public long InPieces { get; init; }

    /// <summary>Objects that the target had already: same length, checksum and metadata.</summary>
    public long Skipped { get; init; }

    public long SkippedBytes { get; init; }

    /// <summary>Objects that went away from the source after the inventory.</summary>
    public long Gone { get; init; }

    /// <summary>Objects that the target held before, by the backup's list.</summary>
    public long BackedUp { get; init; }

    /// <summary>Objects that the site's texts name, but the source lacks.</summary>
    public long NamedButMissing { get; init; }

    /// <summary>SHA-256 over the list of objects with what is done to each.</summary>
    public required string Decisions { get; init; }

    /// <summary>The store that is live afterwards.</summary>
    public required string LiveStore { get; init; }
}

/// <summary>How a migration ended: its job's result.</summary>
/// <param name="MigrationId">The migration.</param>
/// <param name="CheckpointId">Its checkpoints.</param>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Report">What was, or would be, done.</param>
/// <param name="ReportFile">The report as a file.</param>
/// <param name="Written">Objects written to the target, those that were written again after a crash included.</param>
/// <param name="Mended">Objects that the target did not hold as they were written, and that were copied once more.</param>
internal sealed record MigrationResult(string MigrationId, string CheckpointId, bool DryRun, MigrationReport Report, string ReportFile, long Written, long Mended);
