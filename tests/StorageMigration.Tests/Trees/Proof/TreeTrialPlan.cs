namespace StorageMigration.Tests.Trees.Proof;

/// <summary>What a trial of tree copies is to do.</summary>
internal sealed record TreeTrialPlan
{
    /// <summary>An empty folder for all of it.</summary>
    public required string Folder { get; init; }

    /// <summary>The built sample, <c>StorageMigration.dll</c>.</summary>
    public required string Program { get; init; }

    public required int Files { get; init; }

    /// <summary>Bytes of a file, at most; sizes are spread evenly from 1.</summary>
    public int MostBytes { get; init; } = 4_096;

    /// <summary>Of these, files that go in pieces.</summary>
    public int LargeFiles { get; init; }

    public int Kills { get; init; }

    public int Parallelism { get; init; } = 1;

    public long? BytesPerSecond { get; init; }

    /// <summary>How often the worker saves; null: as it does by itself.</summary>
    public TimeSpan? FlushInterval { get; init; }

    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>What came of it.</summary>
internal sealed record TreeTrialOutcome
{
    public required int Files { get; init; }

    public required int Kills { get; init; }

    /// <summary>Files that the target lacks, has besides, or has otherwise.</summary>
    public required int Wrong { get; init; }

    /// <summary>Of them the first.</summary>
    public required string? FirstWrong { get; init; }

    /// <summary>Files as the job counted them.</summary>
    public required long Copied { get; init; }

    /// <summary>Entries that listings gave, over all runs.</summary>
    public required long Listed { get; init; }

    /// <summary>Runs that said that they went on at a place.</summary>
    public required int WentOn { get; init; }

    /// <summary>The job's own time, all runs and what lay between.</summary>
    public required TimeSpan Took { get; init; }

    /// <summary>The most memory that a worker had.</summary>
    public required long PeakBytes { get; init; }
}
