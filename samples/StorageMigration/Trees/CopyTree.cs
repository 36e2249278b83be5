using Longhaul;

namespace StorageMigration.Trees;

/// <summary>Copies a tree of up to millions of files from one store to another. It goes on at any file after a crash, without listing again from the start.</summary>
/// <param name="Source">The address of a store, or for an owner a path below his tree.</param>
/// <param name="Target">The same.</param>
/// <param name="Options">How.</param>
[Job(CopyTree.JobName, MaxAttempts = 4, RetryDelaySeconds = 60, LongRunning = true, Description = "Copying {source} to {target}")]
internal sealed record CopyTree(string Source, string Target, CopyOptions? Options = null)
{
    public const string JobName = "trees.copy";
}
