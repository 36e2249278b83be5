namespace StorageMigration.Migration;

/// <summary>Which store the site's objects are in: a small file that is replaced in one step, and read by whoever serves them.</summary>
/// <param name="Address">The store.</param>
/// <param name="Before">The one before it.</param>
/// <param name="CheckpointId">The migration that filled it.</param>
/// <param name="Since">When it was switched to.</param>
internal sealed record LiveStore(string Address, string? Before, string CheckpointId, DateTimeOffset Since)
{
    /// <returns>Null: none was switched to yet.</returns>
    public static LiveStore? Read(MigrationFiles files) => File.Exists(files.LiveStore) ? MigrationFiles.Read<LiveStore>(files.LiveStore) : null;

    /// <summary>Switches. Again for the same migration it changes nothing.</summary>
    public static void Switch(MigrationFiles files, string address, string before, string checkpointId, DateTimeOffset now)
    {
        var live = Read(files);
        if (live is null || live.CheckpointId != checkpointId)
            MigrationFiles.Write(files.LiveStore, new LiveStore(address, live?.Address ?? before, checkpointId, now));
    }
}
