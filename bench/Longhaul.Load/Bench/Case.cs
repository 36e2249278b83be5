namespace Longhaul.Load.Bench;

/// <summary>One thing to measure, by several systems that take turns.</summary>
/// <param name="Kind">Such as <c>drain</c>.</param>
/// <param name="Mode">Such as <c>full</c>; null where there is one way only.</param>
/// <param name="Contenders">Who is measured, in this order within each run.</param>
internal sealed record Case(string Kind, string? Mode, IReadOnlyList<Contender> Contenders)
{
    /// <summary>What a person types to get this one.</summary>
    public string Name => Mode is null ? Kind : $"{Kind}@{Mode}";

    /// <summary>How much of it is done once beforehand, so that what is measured is compiled. Nothing where a run is long and quiet anyway.</summary>
    public double WarmUp { get; init; } = 0.1;
}

/// <summary>One system in a case. A peer is one more of these.</summary>
/// <param name="System"><c>longhaul</c>, <c>limit</c>, or a peer's name.</param>
/// <param name="MeasureAsync">Does it once and brings the figures.</param>
internal sealed record Contender(string System, Func<Effort, Task<IReadOnlyList<Figure>>> MeasureAsync)
{
    public const string Longhaul = "longhaul";
    public const string Limit = "limit";

    /// <summary>A contender that tells what its jobs have cost.</summary>
    public static Contender Of(string system, string figure, Func<Effort, Task<Spent>> measure)
        => new(system, async effort => (await measure(effort)).Figures(figure));

    /// <summary>The limit: works on a thread of its own until it is done.</summary>
    public static Contender LimitOf(string figure, Func<Effort, Spent> measure) => Of(Limit, figure, effort => Task.Run(() => measure(effort)));
}

/// <summary>How much to do: 1 in a measurement, less in a warm-up or a trial.</summary>
internal sealed record Effort(double Scale)
{
    /// <summary>So many of something, in whole thousands.</summary>
    public int Count(int full) => Math.Max(1_000, (int)(full * Scale) / 1_000 * 1_000);

    /// <summary>So many of something, however few.</summary>
    public int Few(int full) => Math.Max(10, (int)(full * Scale));

    /// <summary>So long.</summary>
    public TimeSpan Time(double fullSeconds) => TimeSpan.FromSeconds(Math.Max(0.2, fullSeconds * Scale));
}
