namespace StorageMigration.Trees;

/// <summary>What a tree holds, where it was counted first.</summary>
internal sealed record TreeTotals(long Files = 0, long Bytes = 0);
