namespace StorageMigration.Objects;

/// <summary>What is kept of an object beside its bytes.</summary>
internal sealed record ObjectFacts
{
    public static readonly ObjectFacts None = new();

    public string? ContentType { get; init; }

    public string? CacheControl { get; init; }

    public string? ContentDisposition { get; init; }

    public string? ContentEncoding { get; init; }

    public string? ContentLanguage { get; init; }

    /// <summary>The owner's own names and values.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>When the content was changed last, where the store keeps that (folders).</summary>
    public DateTimeOffset? Changed { get; init; }
}
