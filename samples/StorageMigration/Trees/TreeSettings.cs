using System.ComponentModel.DataAnnotations;

namespace StorageMigration.Trees;

/// <summary>What holds for all copies of trees. Section <c>Trees</c> of the configuration.</summary>
internal sealed class TreeSettings
{
    /// <summary>The address below which each owner has a tree of his own name: <c>/srv/trees</c>, <c>s3://bucket/trees</c>. Null: nobody has.</summary>
    public string? Base { get; set; }

    /// <summary>By owner, the addresses below which that owner's sources and targets may lie, beside <see cref="Base"/>.</summary>
    public Dictionary<string, string[]> Owners { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Requests to one server by this process in a <see cref="RequestWindow"/>; default 20,000, as Google Drive allows.</summary>
    [Range(1, 10_000_000)]
    public int Requests { get; set; } = 20_000;

    /// <summary>Default 100 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RequestWindow { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>How long a store that does not answer, or asks to be left alone, is tried before the attempt is given up; default 15 minutes.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(15);
}
