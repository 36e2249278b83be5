namespace Longhaul;

/// <summary>What the application put together does not hold: thrown once, at start, with all that is wrong.</summary>
public sealed class LonghaulSetupException : Exception
{
    internal LonghaulSetupException(string? name, IReadOnlyList<string> problems) : base(Text(name, problems)) => Problems = problems;

    /// <summary>A line for each thing that is wrong: what must hold, what was found, what to do.</summary>
    public IReadOnlyList<string> Problems { get; }

    private static string Text(string? name, IReadOnlyList<string> problems)
    {
        var who = name is null ? "Longhaul" : $"Longhaul \"{name}\"";
        return problems.Count == 1
            ? $"{who} cannot start: {problems[0]}"
            : $"{who} cannot start, {problems.Count} things are wrong:{string.Concat(problems.Select(static p => $"{Environment.NewLine}- {p}"))}";
    }
}
