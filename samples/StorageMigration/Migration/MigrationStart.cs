namespace StorageMigration.Migration;

/// <summary>What a migration is, over all its runs: the state of its job.</summary>
/// <param name="CheckpointId">Its checkpoints.</param>
/// <param name="DryRun">Whether it only tells.</param>
/// <param name="Source">Where the objects come from.</param>
/// <param name="Target">Where they go.</param>
/// <param name="StartedAt">When its first run began.</param>
/// <param name="From">The file that it went on from, where the store knew nothing of it.</param>
internal sealed record MigrationStart(string CheckpointId, bool DryRun, string Source, string Target, DateTimeOffset StartedAt, CheckpointFile? From);
