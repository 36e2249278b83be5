using Longhaul;

namespace StorageMigration.Migration;

/// <summary>Migrates a site's objects from the source to the target: inventory, copy, verify, switch, clean-up.</summary>
/// <param name="MigrationId">Names it for people and for its own table: <c>queue-SECONDS-HEX</c>.</param>
/// <param name="DryRun">Only tell what would be done.</param>
/// <param name="SkipBackup">No list of what the target held before is kept.</param>
/// <param name="SkipInlineDetection">Objects that the site's texts name, but the source's listing lacks, are not looked for.</param>
/// <param name="Resume">Go on from a checkpoint: that of <paramref name="CheckpointId"/>, else the last one.</param>
/// <param name="CheckpointId">Names the checkpoint, in the store or, when that is gone, in a file.</param>
/// <param name="Source">Where the objects come from, for people.</param>
/// <param name="Target">Where they go, for people.</param>
/// <param name="Live">Whether somebody reads along: what it says is in the store at once, instead of with the next flush (2 s).</param>
[Job("image-migration/migrate", MaxAttempts = 1, LongRunning = true, Description = "Migrating objects from {source} to {target}")]
internal sealed record MigrateImages(
    string MigrationId, bool DryRun = false, bool SkipBackup = false, bool SkipInlineDetection = false, bool Resume = false, string? CheckpointId = null,
    string Source = "the source", string Target = "the target", bool Live = false);
