using System.Text;
using System.Text.Json;

namespace StorageMigration.Urls;

/// <summary>
/// Finds addresses in the strings of a JSON text, also in JSON that is itself a string in it. Edits touch nothing but the addresses: numbers, order,
/// blanks and the way in which other characters are escaped stay as they are.
/// </summary>
/// <param name="rewriter">Finds them in a string.</param>
/// <param name="needles">Of which one is in whatever holds an address.</param>
internal sealed class JsonRewriter(TextRewriter rewriter, IReadOnlyList<string> needles)
{
    private const int Deepest = 1000;
    private const int MostLayers = 8;

    private static readonly JsonDocumentOptions NoDuplicates = new() { MaxDepth = Deepest, AllowDuplicateProperties = false };

    private readonly byte[][] _needles = [.. needles.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Whether a text may be meant as JSON that has strings inside.</summary>
    public static bool LooksLikeJson(string text)
    {
        var trimmed = text.AsSpan().Trim();
        return trimmed is ['{', .., '}'] or ['[', .., ']'];
    }

    /// <summary>Finds what is to be replaced.</summary>
    /// <param name="json">The text.</param>
    public JsonEdits FindEdits(string json) => FindEdits(json, MostLayers);

    private JsonEdits FindEdits(string json, int layers)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = Deepest });
        var edits = new List<TextEdit>();
        var (clash, renames) = (false, false);
        var (byteAt, charAt) = (0, 0);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !MayHold(reader.ValueSpan))
                    continue;
                var start = (int)reader.TokenStartIndex + 1; // behind the quotation mark
                var found = FindInString(reader.ValueSpan, layers);
                clash |= found.Clash;
                renames |= reader.TokenType == JsonTokenType.PropertyName && found.Edits.Count > 0;
                foreach (var edit in found.Edits)
                    edits.Add(edit with { Start = CharAt(start + edit.Start), Length = CharAt(start + edit.End) - CharAt(start + edit.Start) });
            }
        }
        catch (JsonException)
        {
            return JsonEdits.Invalid;
        }

        return new(true, edits, clash || (renames && Clashes(json, TextEdit.Apply(json, edits))));

        // Asked in ascending order, but for the start of an edit, which is asked again after its end.
        int CharAt(int offset)
        {
            if (offset < byteAt)
                return charAt - Encoding.UTF8.GetCharCount(bytes, offset, byteAt - offset);
            charAt += Encoding.UTF8.GetCharCount(bytes, byteAt, offset - byteAt);
            byteAt = offset;
            return charAt;
        }
    }

    /// <summary>Edits of a string as it is written, counted in bytes.</summary>
    private (List<TextEdit> Edits, bool Clash) FindInString(ReadOnlySpan<byte> raw, int layers)
    {
        var (text, at) = Decode(raw);
        var (edits, clash) = (default(List<TextEdit>), false);
        if (layers > 0 && LooksLikeJson(text) && FindEdits(text, layers - 1) is { IsValid: true } inner)
            (edits, clash) = (inner.Edits, inner.Clash);
        edits ??= rewriter.FindEdits(text);

        var result = new List<TextEdit>(edits.Count);
        foreach (var edit in edits)
        {
            var slash = text.IndexOf('/', edit.Start, edit.Length);
            var isEscaped = slash >= 0 && raw[at[slash]] == (byte)'\\';
            result.Add(edit with { Start = at[edit.Start], Length = at[edit.End] - at[edit.Start], Replacement = Escape(edit.Replacement, isEscaped) });
        }

        return (result, clash);
    }

    private bool MayHold(ReadOnlySpan<byte> raw)
    {
        foreach (var needle in _needles)
        {
            if (raw.IndexOf(needle) >= 0)
                return true;
        }

        // A needle with a slash may be written with it escaped.
        return raw.Contains((byte)'\\') && _needles.Any(static needle => needle.Contains((byte)'/'));
    }

    /// <summary>The string, and where each of its characters begins in what is written; one more for the end.</summary>
    private static (string Text, int[] At) Decode(ReadOnlySpan<byte> raw)
    {
        var text = new StringBuilder(raw.Length);
        var at = new List<int>(raw.Length + 1);
        for (var i = 0; i < raw.Length;)
        {
            var start = i;
            if (raw[i] == (byte)'\\')
            {
                var (letter, length) = Unescape(raw[i..]);
                text.Append(letter);
                at.Add(start);
                i += length;
                continue;
            }

            Rune.DecodeFromUtf8(raw[i..], out var rune, out var consumed);
            text.Append(rune);
            for (var k = 0; k < rune.Utf16SequenceLength; k++)
                at.Add(start);
            i += consumed;
        }

        at.Add(raw.Length);
        return (text.ToString(), [.. at]);
    }

    private static (char Letter, int Length) Unescape(ReadOnlySpan<byte> escape) => escape[1] switch
    {
        (byte)'u' => ((char)((Hex(escape[2]) << 12) | (Hex(escape[3]) << 8) | (Hex(escape[4]) << 4) | Hex(escape[5])), 6),
        (byte)'n' => ('\n', 2),
        (byte)'r' => ('\r', 2),
        (byte)'t' => ('\t', 2),
        (byte)'b' => ('\b', 2),
        (byte)'f' => ('\f', 2),
        var other => ((char)other, 2),
    };

    private static int Hex(byte digit) => char.IsAsciiDigit((char)digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static string Escape(string text, bool slashes)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return slashes ? escaped.Replace("/", "\\/", StringComparison.Ordinal) : escaped;
    }

    /// <summary>Whether two names of an object, which were apart, would become one.</summary>
    private static bool Clashes(string before, string after) => HasNoDuplicates(before) && !HasNoDuplicates(after);

    private static bool HasNoDuplicates(string json)
    {
        try
        {
            JsonDocument.Parse(json, NoDuplicates).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>What was found in a JSON text.</summary>
/// <param name="IsValid">Whether it is JSON at all.</param>
/// <param name="Edits">What is to be replaced, in order.</param>
/// <param name="Clash">Whether two names of one object would become the same.</param>
internal sealed record JsonEdits(bool IsValid, List<TextEdit> Edits, bool Clash)
{
    public static readonly JsonEdits Invalid = new(false, [], false);
}
