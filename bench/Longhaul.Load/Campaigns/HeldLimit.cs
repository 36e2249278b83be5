using System.Text.Json.Nodes;

namespace Longhaul.Load.Campaigns;

/// <summary>A limit a second, and what there was in a minute.</summary>
internal sealed record HeldLimit(double Limit, double Measured)
{
    /// <summary>Neither over it nor far below it.</summary>
    public bool IsHeld(double off) => Math.Abs(Measured - Limit) <= off * Limit;

    public JsonObject AsJson() => new() { ["limit"] = Limit, ["measured"] = Math.Round(Measured, 1) };
}
