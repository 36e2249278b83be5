using System.Globalization;
using System.Text;

namespace Longhaul.Cli.Output;

/// <summary>Makes text that jobs and people wrote fit to be printed: nothing in it can steer a terminal.</summary>
internal static class Shown
{
    /// <summary>The text in one line: control characters, escape sequences and direction marks are written out, such as <c>\x1b[2J</c> and <c>\n</c>.</summary>
    public static string Line(string? text)
    {
        if (text is null)
            return "";
        var at = FirstUnsafe(text);
        if (at < 0)
            return text;

        var shown = new StringBuilder(text.Length + 16).Append(text, 0, at);
        foreach (var rune in text.AsSpan(at).EnumerateRunes())
        {
            if (IsUnsafe(rune))
                AppendEscaped(shown, rune.Value);
            else
                shown.Append(rune.ToString());
        }

        return shown.ToString();
    }

    /// <summary>The text in its own lines, each as <see cref="Line"/>.</summary>
    public static IEnumerable<string> Lines(string? text)
        => (text ?? "").TrimEnd('\n', '\r').Split('\n').Select(static line => Line(line.TrimEnd('\r').Replace("\t", "    ", StringComparison.Ordinal)));

    /// <summary>As <see cref="Line"/>, cut to a number of characters.</summary>
    public static string Cut(string? text, int length)
    {
        var line = Line(text);
        return line.Length <= length ? line : string.Concat(line.AsSpan(0, char.IsHighSurrogate(line[length - 4]) ? length - 4 : length - 3), "...");
    }

    private static int FirstUnsafe(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) || IsUnsafe(new Rune(text[i])))
                return i;
        }

        return -1;
    }

    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static void AppendEscaped(StringBuilder shown, int value) => _ = value switch
    {
        '\n' => shown.Append("\\n"),
        '\r' => shown.Append("\\r"),
        '\t' => shown.Append("\\t"),
        < 0x100 => shown.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
        _ => shown.Append(CultureInfo.InvariantCulture, $"\\u{value:x4}"),
    };
}
