namespace StorageMigration.Migration;

/// <summary>Writes the checkpoint file of a running migration. Used by any number of threads.</summary>
internal sealed class CheckpointKeeper(CheckpointFiles files, CheckpointFile first, TimeProvider time)
{
    private readonly Lock _gate = new();
    private CheckpointFile _checkpoint = first;

    /// <summary>Changes what it says, and writes it.</summary>
    public void Save(Func<CheckpointFile, CheckpointFile> change)
    {
        lock (_gate)
        {
            _checkpoint = change(_checkpoint) with { SavedAt = time.GetUtcNow() };
            files.Save(_checkpoint);
        }
    }
}
