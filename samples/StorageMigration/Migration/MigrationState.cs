namespace StorageMigration.Migration;

/// <summary>A migration as its own table knows it, long after the queue has forgotten its job.</summary>
/// <param name="MigrationId">Its id.</param>
/// <param name="JobId">The job's.</param>
/// <param name="Command">The command that it runs.</param>
/// <param name="Owner">Whose it is.</param>
internal sealed record MigrationState(string MigrationId, string JobId, string Command, string Owner)
{
    /// <summary><c>pending</c>, <c>running</c>, <c>completed</c> or <c>failed</c>.</summary>
    public string Status { get; init; } = "pending";

    public string? Phase { get; init; }

    public long Processed { get; init; }

    public long? Total { get; init; }

    /// <summary>0 to 1.</summary>
    public double Progress { get; init; }

    public string? CheckpointId { get; init; }

    public string? Error { get; init; }

    public int? ExitCode { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}
