namespace Longhaul.Load.Bench.Report;

/// <summary>What one case brought, with all that one must know to judge it.</summary>
/// <param name="Case">Its name: <c>drain@full</c>.</param>
/// <param name="Commit">The commit that was measured.</param>
/// <param name="Date">When.</param>
/// <param name="Machine">On what.</param>
/// <param name="Others">How many cores others had, at worst, while one of its runs was measured.</param>
/// <param name="Series">The figures.</param>
internal sealed record Measured(string Case, string Commit, DateOnly Date, Machine Machine, double? Others, IReadOnlyList<Series> Series);

/// <summary>All that is known of a store: the newest measurement of each case.</summary>
internal sealed record Results(string Store, IReadOnlyList<Measured> Cases)
{
    /// <summary>With one case replaced or added, in the order of the catalogue.</summary>
    public Results With(Measured measured, List<string> order) => this with
    {
        Cases = [.. Cases.Where(c => c.Case != measured.Case).Append(measured).OrderBy(c => order.IndexOf(c.Case) is var i and >= 0 ? i : int.MaxValue)],
    };

    public Series? Find(string figure, string system)
        => Cases.SelectMany(static c => c.Series).FirstOrDefault(s => s.Figure == figure && s.System == system);

    /// <summary>One system's figures over another's, run by run; empty where one is missing.</summary>
    public IReadOnlyList<double> Ratios(string figure, string system = Contender.Longhaul, string over = Contender.Limit)
        => Find(figure, system) is { } one && Find(figure, over) is { } other
            ? [.. one.Values.Zip(other.Values, static (a, b) => a / b)]
            : [];
}
