namespace StorageMigration.Trees;

/// <summary>How a tree is copied.</summary>
internal sealed record CopyOptions
{
    public const int MostParallel = 64;

    /// <summary>Files that are copied at once; default 4.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Bytes a second, over all files of the job; null: any.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Requests of this job in the application's window (100 s), below those that all jobs share; null: no limit of its own.</summary>
    public int? Requests { get; init; }

    /// <summary>Whether files and bytes are counted first, so that the time left is known. Costs a listing more.</summary>
    public bool Count { get; init; }

    /// <summary>Whether files are left alone that the target has with the same length and not older. Costs a question a file.</summary>
    public bool SkipUnchanged { get; init; }

    /// <summary>The share of files that may fail while the others go on; default 0.01.</summary>
    public double FailuresUpTo { get; init; } = 0.01;

    /// <summary>What is wrong with it; null: nothing.</summary>
    public string? Mistake() => this switch
    {
        { Parallelism: < 1 or > MostParallel } => $"parallelism must be from 1 to {MostParallel}, but was {Parallelism}.",
        { BytesPerSecond: < 1 } => $"bytesPerSecond must be at least 1, but was {BytesPerSecond}.",
        { Requests: < 1 or > 10_000_000 } => $"requests must be from 1 to 10000000, but was {Requests}.",
        { FailuresUpTo: not (>= 0 and <= 1) } => $"failuresUpTo must be from 0 to 1, but was {FailuresUpTo}.",
        _ => null,
    };
}
