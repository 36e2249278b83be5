namespace StorageMigration.Trees;

/// <summary>How far a copy is, and at the end what it did: the job's result.</summary>
internal sealed record TreeReport
{
    /// <summary>Files that were copied, over all runs.</summary>
    public long Files { get; init; }

    /// <summary>Their bytes, and those that have arrived of files on their way.</summary>
    public long Bytes { get; init; }

    public double? BytesPerSecond { get; init; }

    /// <summary>Files in all, where they were counted first.</summary>
    public long? TotalFiles { get; init; }

    public long? TotalBytes { get; init; }

    /// <summary>Files that could not be copied, and are on record with their errors.</summary>
    public long Failed { get; init; }

    /// <summary>Without bytes that could be copied (Google documents, links); the log names them.</summary>
    public long Skipped { get; init; }

    /// <summary>Left alone, as the target had them.</summary>
    public long Unchanged { get; init; }

    /// <summary>What listings of the source gave, over all runs: more than the files by what a kill made it list again.</summary>
    public long Listed { get; init; }
}
