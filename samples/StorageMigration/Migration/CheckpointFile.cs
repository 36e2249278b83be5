namespace StorageMigration.Migration;

/// <summary>Where a migration stands, as a file beside the store's own checkpoint: enough to go on in a store that knows nothing of it.</summary>
internal sealed record CheckpointFile
{
    public required string CheckpointId { get; init; }

    public required string MigrationId { get; init; }

    public required string JobId { get; init; }

    public bool DryRun { get; init; }

    public required string Source { get; init; }

    public required string Target { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset SavedAt { get; init; }

    /// <summary>The phase that it is in; null: it is complete.</summary>
    public string? Phase { get; init; }

    /// <summary>What the inventory found; null: it has not ended.</summary>
    public Inventory? Inventory { get; init; }

    /// <summary>All objects up to this place have been copied.</summary>
    public string? CopiedTo { get; init; }

    public bool Copied { get; init; }

    /// <summary>All objects up to this place have been verified.</summary>
    public string? VerifiedTo { get; init; }

    public bool Verified { get; init; }

    /// <summary>Large objects on their way.</summary>
    public IReadOnlyDictionary<string, PendingUpload> Uploads { get; init; } = new Dictionary<string, PendingUpload>();
}
