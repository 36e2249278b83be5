using Longhaul.Storage;
using Spectre.Console;

namespace Longhaul.Cli.Output;

/// <summary>Log lines in words.</summary>
internal static class LogText
{
    public static readonly IReadOnlyDictionary<string, int> Levels = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase)
    {
        ["trace"] = 0,
        ["debug"] = 1,
        ["information"] = 2,
        ["info"] = 2,
        ["warning"] = 3,
        ["warn"] = 3,
        ["error"] = 4,
        ["critical"] = 5,
    };

    private static readonly string[] Words = ["trace", "debug", "info", "warning", "error", "critical"];

    private static readonly string[] Colours = ["grey", "grey", "default", "yellow", "red", "red bold"];

    public static object View(LogRecord line) => new
    {
        line.Sequence,
        line.Job,
        Run = line.RunNumber,
        line.Name,
        line.Line.At,
        Level = Word(line.Line.Level),
        line.Line.Text,
    };

    /// <summary><c>when job run name level text</c>.</summary>
    public static Cell[] Row(LogRecord line) =>
        [When.Plain(line.Line.At), line.Job, line.RunNumber, line.Name, Word(line.Line.Level), line.Line.Text];

    public static void WriteRich(CliContext cli, LogRecord line, bool oneJob)
    {
        var head = $"{When.Local(line.Line.At, cli.Time)[11..]} {(oneJob ? "" : $"{line.Job} {Shown.Line(line.Name)} ")}";
        var first = true;
        foreach (var text in Shown.Lines(line.Line.Text))
        {
            cli.Print.Screen.Write(new Text(first ? head : new string(' ', head.Length), Style.Parse("grey")));
            cli.Print.Screen.Write(new Text(text + "\n", Style.Parse(Colours[Math.Clamp(line.Line.Level, 0, 5)])));
            first = false;
        }
    }

    private static string Word(int level) => Words[Math.Clamp(level, 0, 5)];
}
