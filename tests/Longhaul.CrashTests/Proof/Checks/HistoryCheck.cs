namespace Longhaul.Proof;

/// <summary>How a check ended.</summary>
internal enum Verdict
{
    /// <summary>The promise held, and was tried often enough.</summary>
    Ok,

    /// <summary>Nothing was found, but it was tried too seldom to mean much.</summary>
    Unknown,

    /// <summary>The promise was broken.</summary>
    Violated,
}

/// <summary>What a check found.</summary>
/// <param name="Id">As in the list of invariants: I1, I2, …</param>
/// <param name="Promise">In a sentence.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Exercised">How often the promise was put to the test.</param>
/// <param name="Floor">How often it had to be.</param>
/// <param name="Violations">What broke it.</param>
/// <param name="Figures">What was measured on the way.</param>
/// <param name="Samples">Single measurements in milliseconds, from which several histories can be summed up.</param>
internal sealed record CheckResult(
    string Id, string Promise, Verdict Verdict, long Exercised, long Floor, IReadOnlyList<string> Violations, IReadOnlyDictionary<string, double> Figures,
    IReadOnlyDictionary<string, IReadOnlyList<double>> Samples)
{
    public override string ToString()
        => $"{Id,-4} {Verdict.ToString().ToLowerInvariant(),-8} tried {Exercised,7} (floor {Floor}), {Violations.Count} violations: {Promise}"
           + string.Concat(Violations.Take(5).Select(static v => $"{Environment.NewLine}       {v}"));
}

/// <summary>What the promises mean in numbers, where that depends on how a campaign is set up.</summary>
internal sealed record CheckLimits
{
    /// <summary>The worker's heartbeat.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long after being thawed a worker may take to tell its handlers that they were taken over (I6).</summary>
    public TimeSpan ZombieWindow { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest from a kill to the job's next run, at the 99th percentile (I26).</summary>
    public TimeSpan Takeover { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The longest from the end of faults to the end of the last job (I36).</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a worker may take to end after SIGTERM (I25).</summary>
    public TimeSpan Shutdown { get; init; } = TimeSpan.FromSeconds(27);

    /// <summary>The most work that a hard kill may cost a job with a cursor (I28).</summary>
    public TimeSpan Repeated { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Stores keep milliseconds: this much earlier than the nanosecond is not early.</summary>
    public TimeSpan Grain { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>For tests on machines that others share: whether promises hold, not how fast. Speeds are the campaigns' to judge, on a quiet machine.</summary>
    public static CheckLimits OnSharedMachines { get; } = new()
    {
        Heartbeat = TimeSpan.FromSeconds(10),
        ZombieWindow = TimeSpan.FromSeconds(10),
        Takeover = TimeSpan.FromSeconds(30),
        Drain = TimeSpan.FromMinutes(3),
        Shutdown = TimeSpan.FromSeconds(60),
        Repeated = TimeSpan.FromSeconds(30),
    };
}

/// <summary>One promise and how to find it broken in a history. Keeps nothing between histories.</summary>
/// <param name="id">As in the list of invariants.</param>
/// <param name="promise">In a sentence.</param>
internal abstract class HistoryCheck(string id, string promise)
{
    public string Id => id;

    /// <summary>Looks through a history.</summary>
    /// <param name="history">What happened.</param>
    /// <param name="limits">What the promise means in numbers.</param>
    /// <param name="floor">How often it must have been tried to count as held.</param>
    public CheckResult Run(History history, CheckLimits? limits = null, long floor = 1)
    {
        var findings = new Findings(history, limits ?? new CheckLimits());
        Look(findings);
        var verdict = findings.Violations.Count > 0 ? Verdict.Violated : findings.Exercised < floor ? Verdict.Unknown : Verdict.Ok;
        return new CheckResult(id, promise, verdict, findings.Exercised, floor, findings.Violations, findings.Figures, findings.Samples);
    }

    protected abstract void Look(Findings findings);

    /// <summary>What one look gathers.</summary>
    internal sealed class Findings(History history, CheckLimits limits)
    {
        private readonly List<string> _violations = [];
        private readonly Dictionary<string, double> _figures = [];
        private readonly Dictionary<string, IReadOnlyList<double>> _samples = [];

        public History History => history;

        public CheckLimits Limits => limits;

        public long Exercised { get; private set; }

        public IReadOnlyList<string> Violations => _violations;

        public IReadOnlyDictionary<string, double> Figures => _figures;

        public IReadOnlyDictionary<string, IReadOnlyList<double>> Samples => _samples;

        public void Tried(long times = 1) => Exercised += times;

        public void Broken(string what) => _violations.Add(what);

        public void Figure(string name, double value) => _figures[name] = Math.Round(value, 3);

        /// <summary>Median, 99th percentile and maximum of what was measured, in milliseconds.</summary>
        public void Milliseconds(string name, List<long> nanoseconds)
        {
            if (nanoseconds.Count == 0)
                return;
            _samples[name] = nanoseconds.ConvertAll(static n => Math.Round(MonotonicClock.Milliseconds(n), 3));
            Figure(name + "P50", MonotonicClock.Milliseconds(Percentile.Of(nanoseconds, 0.5)));
            Figure(name + "P99", MonotonicClock.Milliseconds(Percentile.Of(nanoseconds, 0.99)));
            Figure(name + "Max", MonotonicClock.Milliseconds(nanoseconds.Max()));
        }
    }
}

internal static class Percentile
{
    /// <summary>The smallest value that at least this share of all does not exceed.</summary>
    public static long Of(IReadOnlyCollection<long> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }
}
