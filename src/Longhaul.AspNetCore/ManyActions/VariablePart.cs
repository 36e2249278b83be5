namespace Longhaul.AspNetCore.ManyActions;

/// <summary>What of an error's message differs from one job to the next: a quoted part, a path, an id, a number.</summary>
internal static class VariablePart
{
    private const int ShortestId = 16;

    /// <summary>The part that begins at a place: its length, 0 where none begins, and what stands for it.</summary>
    public static (int Length, string Mark) At(string line, int at)
    {
        var rest = line.AsSpan(at);
        switch (rest[0])
        {
            case '\'' when rest[1..].IndexOf('\'') is >= 0 and var end:
                return (end + 2, "'…'");
            case '"' when rest[1..].IndexOf('"') is >= 0 and var end:
                return (end + 2, "\"…\"");
            case '/' when (at == 0 || char.IsWhiteSpace(line[at - 1]) || line[at - 1] is '(' or '=' or ':') && PathLength(rest) is > 1 and var length:
                return (length, "/…");
        }

        if (char.IsAsciiHexDigit(rest[0]) && (at == 0 || !IsWord(line[at - 1])) && IdLength(rest) is > 0 and var id)
            return (id, "#");
        return (char.IsDigit(rest[0]) ? NumberLength(rest) : 0, "#");
    }

    private static int PathLength(ReadOnlySpan<char> text)
    {
        var length = 1;
        while (length < text.Length && !char.IsWhiteSpace(text[length]) && text[length] is not (',' or ';' or ')'))
            length++;
        return length;
    }

    /// <summary>A GUID, a hexadecimal number, or as many hexadecimal digits as no word has; up to the end of a word.</summary>
    private static int IdLength(ReadOnlySpan<char> text)
    {
        const int Guid = 36;
        if (text.Length >= Guid && System.Guid.TryParseExact(text[..Guid], "D", out _) && EndsAt(text, Guid))
            return Guid;
        var prefix = text.StartsWith("0x", StringComparison.Ordinal) ? 2 : 0;
        var length = prefix;
        while (length < text.Length && char.IsAsciiHexDigit(text[length]))
            length++;
        return EndsAt(text, length) && length > (prefix == 0 ? ShortestId - 1 : prefix) ? length : 0;
    }

    /// <summary>Digits, also in groups with points or commas between.</summary>
    private static int NumberLength(ReadOnlySpan<char> text)
    {
        var length = 1;
        while (length < text.Length && (char.IsDigit(text[length]) || (text[length] is '.' or ',' && length + 1 < text.Length && char.IsDigit(text[length + 1]))))
            length++;
        return length;
    }

    private static bool EndsAt(ReadOnlySpan<char> text, int length) => length == text.Length || !IsWord(text[length]);

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
