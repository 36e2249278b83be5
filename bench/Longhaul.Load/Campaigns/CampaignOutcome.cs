using System.Text.Json.Nodes;

namespace Longhaul.Load.Campaigns;

/// <summary>What a campaign came to.</summary>
internal sealed record CampaignOutcome
{
    /// <summary>In a sentence, for the report.</summary>
    public required string What { get; init; }

    /// <summary>The last line of its output.</summary>
    public required JsonObject Figures { get; init; }

    /// <summary>Promises that were broken.</summary>
    public IReadOnlyList<string> Broken { get; init; } = [];

    /// <summary>Promises that were tried too seldom to count as held.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];

    /// <summary>Whether it came to its end; else the next call goes on.</summary>
    public bool Finished { get; init; } = true;

    /// <summary>Tables for the report: a title, and rows of which the first is the head.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<string[]> Rows)> Tables { get; init; } = [];

    public bool Held => Finished && Broken.Count == 0 && Unknown.Count == 0;
}
