namespace Longhaul.Load.Bench.Report;

/// <summary>What became of one line of the acceptance.</summary>
/// <param name="Gate">What is asked.</param>
/// <param name="Wanted">How much.</param>
/// <param name="Found">What was measured; null: not yet.</param>
/// <param name="Reached">Whether it is enough; null: not measured yet.</param>
/// <param name="Note">What else one should know.</param>
internal sealed record Verdict(string Gate, string Wanted, string? Found, bool? Reached, string? Note = null);

/// <summary>The gates that figures are held against.</summary>
internal static class Acceptance
{
    private static readonly IReadOnlyList<Gate> Sqlite =
    [
        Share("enqueue-many@full", 0.40), Share("enqueue-many@normal", 0.40),
        Share("drain@full", 0.35), AtLeast("drain@full", 60_000),
        Share("drain@normal", 0.35), AtLeast("drain@normal", 60_000),
        Share("enqueue-one@full", 0.60), AtLeast("enqueue-concurrent@full", 40_000),
        AtMost("pickup@inside-p50", 1), AtMost("pickup@outside-p50", 30),
        AtMost("running@cpu", 5), AtMost("running@heartbeats", 1), AtMost("running@other-calls", 0.5),
    ];

    private static readonly IReadOnlyList<Gate> Memory =
    [
        AtLeast("drain", 200_000), AtLeast("enqueue-many", 200_000), AtMost("engine@cpu", 5), AtMost("pickup@inside-p50", 1),
        AtMost("running@cpu", 5), AtMost("running@heartbeats", 1), AtMost("running@other-calls", 0.5), new LoopGate(1_000),
    ];

    public static IReadOnlyList<Verdict> Judge(Results results)
        => [.. (results.Store switch { "sqlite" => Sqlite, "memory" => Memory, _ => [] }).Select(gate => gate.Judge(results))];

    private static ShareGate Share(string figure, double share) => new(figure, share);

    private static LevelGate AtLeast(string figure, double value) => new(figure, value, IsFloor: true);

    private static LevelGate AtMost(string figure, double value) => new(figure, value, IsFloor: false);

    private abstract record Gate
    {
        public abstract Verdict Judge(Results results);
    }

    /// <summary>At least a share of the limit, by the median of the pairs measured in turn.</summary>
    private sealed record ShareGate(string Figure, double Share) : Gate
    {
        public override Verdict Judge(Results results)
        {
            var (gate, wanted) = ($"{Figure}, of the limit", $"≥ {Numbers.Share(Share)}");
            var ratios = results.Ratios(Figure);
            if (ratios.Count == 0)
                return new Verdict(gate, wanted, null, null);

            var median = Statistics.Median(ratios);
            var note = Statistics.MedianInterval(ratios) is { } interval
                ? $"95 % interval {Numbers.Share(interval.Low)} – {Numbers.Share(interval.High)}"
                : Math.Max(median / Share, Share / median) < 1.3 ? "too near for so few runs: take --runs 9" : null;
            return new Verdict(gate, wanted, Numbers.Share(median), median >= Share, note);
        }
    }

    /// <summary>A level, by the median.</summary>
    private sealed record LevelGate(string Figure, double Value, bool IsFloor) : Gate
    {
        public override Verdict Judge(Results results)
        {
            var series = results.Find(Figure, Contender.Longhaul);
            var wanted = $"{(IsFloor ? '≥' : '≤')} {Numbers.Text(Value)}";
            if (series is null)
                return new Verdict(Figure, wanted, null, null);
            return new Verdict(Figure, $"{wanted} {series.Unit}", $"{Numbers.Text(series.Median)} {series.Unit}", IsFloor ? series.Median >= Value : series.Median <= Value);
        }
    }

    /// <summary>What an item of a loop costs above the plain loop, in nanoseconds.</summary>
    private sealed record LoopGate(double Nanoseconds) : Gate
    {
        public override Verdict Judge(Results results)
        {
            var (gate, wanted) = ("loop, above the plain loop", $"≤ {Numbers.Text(Nanoseconds)} ns/item");
            if (results.Find("loop", Contender.Longhaul) is not { } loop || results.Find("loop", Contender.Limit) is not { } plain)
                return new Verdict(gate, wanted, null, null);
            var above = Statistics.Median([.. loop.Values.Zip(plain.Values, static (a, b) => a - b)]);
            return new Verdict(gate, wanted, $"{Numbers.Text(above)} ns/item", above <= Nanoseconds);
        }
    }
}
