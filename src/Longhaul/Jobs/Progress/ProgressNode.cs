namespace Longhaul.Jobs;

/// <summary>The progress of one phase, or of the whole job where it has none. Guarded by its board.</summary>
internal sealed class ProgressNode(string path, double weight)
{
    private readonly List<ProgressNode> _children = [];

    public string Path { get; } = path;

    public double Weight { get; set; } = weight;

    public bool Ended { get; set; }

    public bool Reported { get; set; }

    public double ReportedDone { get; set; }

    public double? ReportedTotal { get; set; }

    public string? Note { get; set; }

    /// <summary>Why the loop of this phase is slowed down, where it is.</summary>
    public string? Throttled { get; set; }

    public IProgressSource? Source { get; set; }

    public RateWindow Rate { get; } = new();

    public double? Done => Reported ? ReportedDone : Source?.Done;

    public double? Total => Reported ? ReportedTotal : Source?.Total;

    /// <summary>The phase in this one, made when there is none; with a null weight it keeps the one it has.</summary>
    public ProgressNode Child(string childPath, double? childWeight)
    {
        var child = _children.Find(c => c.Path == childPath);
        if (child is null)
            _children.Add(child = new ProgressNode(childPath, 0));
        child.Weight = childWeight ?? child.Weight;
        return child;
    }

    /// <summary>
    /// 0 to 1; null: unknown. With phases: the sum of weight × fraction over the known phases, divided by the larger of 1 and the sum of their weights,
    /// so that weights may be shares of 1, of which the rest is still to come, or any other numbers.
    /// </summary>
    public double? Fraction()
    {
        if (Ended)
            return 1;
        var weights = _children.Sum(static c => c.Weight);
        if (weights > 0)
            return Math.Min(1, _children.Sum(static c => c.Weight * (c.Fraction() ?? 0)) / Math.Max(1, weights));
        return (Done, Total) is ({ } done, { } total and > 0) ? Math.Clamp(done / total, 0, 1) : null;
    }
}
