namespace StorageMigration.Migration;

/// <summary>What a migration may be started with, by name as the seed has them.</summary>
/// <param name="DryRun">Only tell what would be done.</param>
/// <param name="SkipBackup">Keep no list of what the target held before.</param>
/// <param name="SkipInlineDetection">Do not look for objects that the site's texts name.</param>
/// <param name="Resume">Go on from a checkpoint.</param>
/// <param name="CheckpointId">Which one; null: the last.</param>
/// <param name="Live">Whether somebody reads along.</param>
internal sealed record MigrationParameters(
    bool DryRun = false, bool SkipBackup = false, bool SkipInlineDetection = false, bool Resume = false, string? CheckpointId = null, bool Live = false);

/// <summary>A migration that was enqueued.</summary>
/// <param name="MigrationId">Names it in the migrations' own table.</param>
/// <param name="Job">Its job.</param>
internal sealed record StartedMigration(string MigrationId, Longhaul.JobId Job);
