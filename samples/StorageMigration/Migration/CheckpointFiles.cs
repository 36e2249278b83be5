using System.Text.Json;

namespace StorageMigration.Migration;

/// <summary>The checkpoint files in their folder, one a migration; the last few are kept, and all of what is not complete.</summary>
internal sealed class CheckpointFiles(MigrationFiles files)
{
    /// <summary>How many are kept.</summary>
    public const int Kept = 5;

    private const string Extension = ".json";

    public void Save(CheckpointFile checkpoint)
    {
        MigrationFiles.Write(PathOf(checkpoint.CheckpointId), checkpoint);
        foreach (var old in Newest().Skip(Kept))
        {
            if (IsComplete(old))
                old.Delete();
        }
    }

    /// <returns>Null: there is none of this id.</returns>
    /// <exception cref="ArgumentException">It cannot be read.</exception>
    public CheckpointFile? Find(string checkpointId)
    {
        var path = PathOf(checkpointId);
        try
        {
            return File.Exists(path) ? MigrationFiles.Read<CheckpointFile>(path) : null;
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The checkpoint file of {checkpointId} must be one that a migration wrote, but cannot be read: {e.Message} Name an older one, or begin anew without resume.", nameof(checkpointId), e);
        }
    }

    /// <param name="dryRun">Of dry runs, or of real ones.</param>
    /// <returns>Null: there is none.</returns>
    public CheckpointFile? Last(bool dryRun) => Ids().Select(Find).FirstOrDefault(checkpoint => checkpoint?.DryRun == dryRun);

    public IReadOnlyList<string> Ids() => [.. Newest().Select(static file => Path.GetFileNameWithoutExtension(file.Name))];

    private static bool IsComplete(FileInfo file)
    {
        try
        {
            return MigrationFiles.Read<CheckpointFile>(file.FullName) is { Phase: null };
        }
        catch (JsonException)
        {
            return false; // nobody knows
        }
    }

    private IEnumerable<FileInfo> Newest() => Directory.Exists(files.Checkpoints)
        ? new DirectoryInfo(files.Checkpoints).EnumerateFiles("*" + Extension).Where(static file => MigrationIds.IsCheckpoint(Path.GetFileNameWithoutExtension(file.Name)))
            .OrderByDescending(static file => file.LastWriteTimeUtc).ThenByDescending(static file => file.Name, StringComparer.Ordinal)
        : [];

    private string PathOf(string checkpointId)
        => MigrationIds.IsCheckpoint(checkpointId)
            ? Path.Combine(files.Checkpoints, checkpointId + Extension)
            : throw new ArgumentException($"checkpointId must have the form migration-SECONDS-HEX, but was '{checkpointId}'.", nameof(checkpointId));
}
