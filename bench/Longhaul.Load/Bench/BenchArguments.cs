using System.Globalization;

namespace Longhaul.Load.Bench;

/// <summary>What was asked for on the command line.</summary>
internal sealed record BenchArguments
{
    public const string Usage = "usage: bench/run STORE [KIND[@MODE]...] [--peer NAME...|none] [--runs N] [--json]   STORE: sqlite memory postgres";

    public required string Store { get; init; }

    /// <summary>Kinds, or kinds with a mode; empty: all that the store has.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Whom to measure beside; null: all that the store has.</summary>
    public IReadOnlyList<string>? Peers { get; init; }

    public int Runs { get; init; } = 3;

    public bool Json { get; init; }

    /// <summary>For trials of the benchmark itself: these systems alone; empty: all. What comes out is not kept.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>For trials of the benchmark itself: a share of the work. What comes out is not kept.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Reads the words after <c>bench</c>; null with a message when they make no sense.</summary>
    public static BenchArguments? Read(ReadOnlySpan<string> words, out string? problem)
    {
        var store = "";
        List<string> kinds = [], peers = [], only = [];
        var (runs, scale, json) = (3, 1.0, false);
        problem = null;

        for (var i = 0; i < words.Length && problem is null; i++)
        {
            var word = words[i];
            switch (word)
            {
                case "--json":
                    json = true;
                    break;
                case "--runs":
                    if (++i >= words.Length || !int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out runs) || runs is < 1 or > 99)
                        problem = "--runs needs a number from 1 to 99";
                    break;
                case "--scale":
                    if (++i >= words.Length || !double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out scale) || scale is not (> 0 and <= 1))
                        problem = "--scale needs a number over 0, at most 1";
                    break;
                case "--peer" or "--only":
                    var names = word == "--peer" ? peers : only;
                    var first = i + 1;
                    while (i + 1 < words.Length && !words[i + 1].StartsWith('-'))
                        names.Add(words[++i]);
                    if (i < first)
                        problem = $"{word} needs names{(word == "--peer" ? ", or 'none'" : "")}";
                    break;
                default:
                    if (word.StartsWith('-'))
                        problem = $"unknown option {word}";
                    else if (store.Length == 0)
                        store = word;
                    else
                        kinds.Add(word);
                    break;
            }
        }

        if (problem is null && store.Length == 0)
            problem = "which store?";
        return problem is null
            ? new BenchArguments { Store = store, Kinds = kinds, Peers = peers switch { [] => null, ["none"] => [], _ => peers }, Runs = runs, Json = json, Scale = scale, Only = only }
            : null;
    }
}
