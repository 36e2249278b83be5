namespace StorageMigration.Trees;

/// <summary>What a copy keeps for its next run, beside its place.</summary>
internal sealed record TreeState
{
    public long Files { get; init; }

    public long Bytes { get; init; }

    public long Failed { get; init; }

    public long Skipped { get; init; }

    public long Unchanged { get; init; }

    public long Listed { get; init; }

    /// <summary>Large files on their way, by key.</summary>
    public IReadOnlyDictionary<string, BegunFile> Begun { get; init; } = new Dictionary<string, BegunFile>();
}

/// <summary>A large file on its way into the target.</summary>
/// <param name="Token">Of the upload.</param>
/// <param name="Length">That the source had, to see whether it is still the same file.</param>
/// <param name="Changed">The same.</param>
/// <param name="Tag">The same.</param>
internal sealed record BegunFile(string Token, long Length, DateTimeOffset Changed, string? Tag);
