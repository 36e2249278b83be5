using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Longhaul.Processes;

/// <summary>
/// Reads from a program's output how far it is: a percent (<c>45%</c>), counts (<c>12/40</c>, <c>[12/40]</c>), or a line of JSON with any of
/// <c>phase</c>, <c>done</c>, <c>total</c>, <c>progress</c> (0–1), <c>note</c>, <c>cursor</c>.
/// </summary>
internal sealed partial class OutputProgress(IReadOnlyDictionary<string, double> phases)
{
    private const int LongestCursor = 64 << 10;

    private readonly HashSet<string> _left = new(StringComparer.Ordinal);
    private double _before;

    public string? Phase { get; private set; }

    public string? Note { get; private set; }

    /// <summary>What the program wants back when it is started again.</summary>
    public string? Cursor { get; private set; }

    public double? Done { get; private set; }

    public double? Total { get; private set; }

    /// <summary>The share of the whole that is done; null: nothing was said yet. Within a phase it may go back, the share that is shown does not.</summary>
    public double? Fraction { get; private set; }

    /// <summary>Takes a line.</summary>
    /// <returns>Whether it said something.</returns>
    public bool Take(string line)
    {
        if (line.StartsWith('{') && line.EndsWith('}') && TakeJson(line))
            return true;
        if (Counts().Match(line) is { Success: true } counts)
            return TakeCounts(Number(counts.Groups["done"]), Number(counts.Groups["total"]));
        return Percent().Match(line) is { Success: true } percent && TakeShare(Number(percent.Groups["share"]) / 100);
    }

    private bool TakeJson(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var said = document.RootElement;
            var phase = Text(said, "phase");
            if (phase is not null)
                Enter(phase);
            Note = Text(said, "note") ?? Note;
            var cursor = Text(said, "cursor");
            if (cursor?.Length <= LongestCursor)
                Cursor = cursor;
            var counted = Value(said, "done") is { } done && TakeCounts(done, Value(said, "total") ?? Total ?? 0);
            var shared = Value(said, "progress") is { } share && TakeShare(share);
            return counted || shared || phase is not null || cursor is not null || Text(said, "note") is not null;
        }
        catch (JsonException)
        {
            return false; // a line that only looks like it
        }
    }

    private void Enter(string phase)
    {
        if (phase == Phase)
            return;
        if (Phase is not null && _left.Add(Phase))
            _before += phases.GetValueOrDefault(Phase);
        (Phase, Done, Total) = (phase, null, null);
        SetFraction(0);
    }

    private bool TakeCounts(double done, double total)
    {
        if (!double.IsFinite(done) || done < 0 || !double.IsFinite(total) || total < 0)
            return false;
        (Done, Total) = (done, total > 0 ? total : null);
        if (total > 0)
            SetFraction(Math.Min(1, done / total));
        return true;
    }

    private bool TakeShare(double share)
    {
        if (share is not (>= 0 and <= 1))
            return false;
        SetFraction(share);
        return true;
    }

    private void SetFraction(double share)
    {
        if (Phase is null || phases.Count == 0)
        {
            Fraction = share;
            return;
        }

        var all = Math.Max(1, phases.Values.Sum());
        Fraction = Math.Min(1, (_before + (_left.Contains(Phase) ? 0 : phases.GetValueOrDefault(Phase) * share)) / all);
    }

    private static double Number(Group group) => double.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    private static string? Text(JsonElement said, string name)
        => said.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Value(JsonElement said, string name)
        => said.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    // Not a date (2026/11/28), a path (a/1/2) or a ratio within a word.
    [GeneratedRegex(@"(^|[\s(\[])(?<done>\d{1,15})\s?/\s?(?<total>\d{1,15})($|[\s)\],.:;])", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Counts();

    [GeneratedRegex(@"(^|[\s(\[=:])(?<share>\d{1,3}(\.\d{1,6})?)\s?%", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Percent();
}
