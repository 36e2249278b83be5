namespace Longhaul;

/// <summary>What a loop did, over all runs of the job.</summary>
/// <param name="Done">Items that were done or recorded as failed.</param>
/// <param name="Failed">Those of them that are on record as failed.</param>
public sealed record LoopResult(long Done, long Failed);
