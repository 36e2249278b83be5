using System.Text;

namespace Longhaul.Jobs;

/// <summary>Shows a refused text in an error so that a person sees what is wrong with it.</summary>
internal static class Quoted
{
    private const int Longest = 60;

    /// <summary>The text in quotes, control characters as escapes, cut where it is long.</summary>
    public static string Text(string? text)
    {
        if (text is null)
            return "null";

        var shown = new StringBuilder("\"");
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            if (c == '\n')
                shown.Append("\\n");
            else if (c == '\r')
                shown.Append("\\r");
            else if (char.IsControl(c) || char.IsSurrogate(c))
                shown.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                shown.Append(c);
        }

        shown.Append('"');
        if (text.Length > Longest)
            shown.Append(System.Globalization.CultureInfo.InvariantCulture, $"… ({text.Length} characters)");
        return shown.ToString();
    }
}
