namespace Longhaul.Load.Bench;

/// <summary>One number that a measurement brought.</summary>
/// <param name="Name">As printed: <c>drain@full</c>, <c>pickup@inside-p50</c>.</param>
/// <param name="Value">In <paramref name="Unit"/>.</param>
/// <param name="Unit">Such as <c>jobs/s</c>.</param>
internal sealed record Figure(string Name, double Value, string Unit);

/// <summary>All that one system brought for one figure, a value each run, in the order of the runs.</summary>
internal sealed record Series(string Figure, string System, string Unit, IReadOnlyList<double> Values)
{
    public double Median => Statistics.Median(Values);

    public double Min => Values.Min();

    public double Max => Values.Max();
}
