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
        AtMost("running@cpu", 5), AtMost("running@statements", 1),
        AtMost("reporting@cpu", 2), AtMost("reporting@writes", 1.2),
    ];

    private static readonly IReadOnlyList<Gate> Memory =
    [
        AtLeast("drain", 200_000), AtLeast("enqueue-many", 200_000), AtMost("engine@cpu", 5), AtMost("pickup@inside-p50", 1),
        AtMost("running@cpu", 5), AtMost("running@statements", 1), new LoopGate(1_000),
    ];

    private static readonly IReadOnlyList<Gate> Postgres =
    [
        new PeerGate("drain", 2.5, Kept), Share("drain", 0.45),
        new PeerGate("enqueue-many", 2.5, Kept), Share("enqueue-many", 0.40),
        new PeerGate("enqueue-one", 2, Kept), Share("enqueue-one", 0.65),
        AtLeast("enqueue-concurrent", 30_000), Share("enqueue-concurrent", 30_000.0 / 12_700), // the same on a machine whose limit is another
        ShareAtMost("pickup@outside-p50", 1.5), ShareAtMost("pickup@outside-p99", 1.5),
        new AsGate("backlog@million-server-pages", "backlog@alone-server-pages", 1.1), new AsGate("backlog@million-server-transactions", "backlog@alone-server-transactions", 1.1),
        AtLeast("held-transaction-share", 85), new AsGate("held-transaction-pages", "held-transaction-pages-without", 1 / 0.85),
        new AsGate("workers@2-server-transactions", "workers@1-server-transactions", 1.15), new AsGate("workers@4-server-transactions", "workers@1-server-transactions", 1.15),
        new AsGate("workers@2-server-cpu", "workers@1-server-cpu", 1.15), new AsGate("workers@4-server-cpu", "workers@1-server-cpu", 1.15),
        AtMost("idle@transactions", 1.2), AtMost("idle@connections", 4), AtMost("running@connections", 4),
        AtMost("reporting@cpu", 2), AtMost("reporting@writes", 1.2),
    ];

    /// <summary>The peers that are compared as they are tuned by their own docs.</summary>
    private static string[] Kept => ["graphile-worker", "pg-boss", "quartz"];

    public static IReadOnlyList<Verdict> Judge(Results results)
        => [.. (results.Store switch { "sqlite" => Sqlite, "memory" => Memory, "postgres" => Postgres, _ => [] }).Select(gate => gate.Judge(results))];

    private static TimesGate ShareAtMost(string figure, double times) => new(figure, times);

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

    /// <summary>So many times the best peer at least, by the median of the pairs measured in turn.</summary>
    private sealed record PeerGate(string Figure, double Times, IReadOnlyList<string> Peers) : Gate
    {
        public override Verdict Judge(Results results)
        {
            var (gate, wanted) = ($"{Figure}, over the best peer", $"≥ {Numbers.Text(Times)} ×");
            var best = Peers.Select(peer => results.Find(Figure, peer)).OfType<Series>().MaxBy(static s => s.Median);
            var ratios = best is null ? [] : results.Ratios(Figure, over: best.System);
            if (ratios.Count == 0)
                return new Verdict(gate, wanted, null, null);
            var median = Statistics.Median(ratios);
            return new Verdict(gate, wanted, $"{Numbers.Text(median)} × {best!.System}", median >= Times);
        }
    }

    /// <summary>So many times the limit at most.</summary>
    private sealed record TimesGate(string Figure, double Times) : Gate
    {
        public override Verdict Judge(Results results)
        {
            var (gate, wanted) = ($"{Figure}, of the limit", $"≤ {Numbers.Text(Times)} ×");
            var ratios = results.Ratios(Figure);
            if (ratios.Count == 0)
                return new Verdict(gate, wanted, null, null);
            var median = Statistics.Median(ratios);
            return new Verdict(gate, wanted, $"{Numbers.Text(median)} ×", median <= Times);
        }
    }

    /// <summary>One figure of Longhaul's is as another, or so many times that at most.</summary>
    private sealed record AsGate(string Figure, string Other, double Times) : Gate
    {
        public override Verdict Judge(Results results)
        {
            var (gate, wanted) = ($"{Figure}, as {Other}", $"≤ {Numbers.Text(Times)} ×");
            if (results.Find(Figure, Contender.Longhaul) is not { } one || results.Find(Other, Contender.Longhaul) is not { } other)
                return new Verdict(gate, wanted, null, null);
            var times = one.Median / other.Median;
            var note = results.Find(Figure, Contender.Limit) is { } limit && results.Find(Other, Contender.Limit) is { } otherLimit
                ? $"the limit's own: {Numbers.Text(limit.Median / otherLimit.Median)} ×" : null;
            return new Verdict(gate, wanted, $"{Numbers.Text(times)} × ({Numbers.Text(one.Median)} {one.Unit})", times <= Times, note);
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
