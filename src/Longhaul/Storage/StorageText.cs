using System.Buffers;
using System.Text;

namespace Longhaul.Storage;

/// <summary>What stores do to text that people or exceptions wrote, so that all keep the same.</summary>
public static class StorageText
{
    private static readonly SearchValues<char> Suspicious = SearchValues.Create(
        [.. Enumerable.Range(0xD800, 0x800).Select(static c => (char)c).Prepend('\0')]);

    /// <summary>The text with NUL and lone surrogates replaced by U+FFFD, cut to <paramref name="maxLength"/> characters (never inside a pair).</summary>
    public static string Clean(string text, int maxLength = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > maxLength)
            text = text[..(char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength)];
        if (text.AsSpan().IndexOfAny(Suspicious) < 0)
            return text;

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) // lone surrogates come out as U+FFFD
            clean.Append((rune.Value == 0 ? Rune.ReplacementChar : rune).ToString());
        return clean.ToString();
    }

    /// <summary>Whether the text holds neither NUL nor a lone surrogate, as keys must.</summary>
    public static bool IsClean(string text) => ReferenceEquals(Clean(text), text);

    /// <summary>Whether the text matches a pattern in which <c>*</c> stands for any run of characters. Case counts.</summary>
    public static bool Matches(string text, string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern.Replace("?", "\\?", StringComparison.Ordinal), text, ignoreCase: false);
    }
}
