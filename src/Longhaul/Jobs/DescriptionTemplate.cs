using System.Text;
using System.Text.Json;
using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>A text for people over the payload: <c>Import {File} for {Customer.Name}</c>. Braces that are meant are written twice.</summary>
internal sealed class DescriptionTemplate
{
    private const string Hidden = "***";

    private readonly IReadOnlyList<Part> _parts;

    private DescriptionTemplate(IReadOnlyList<Part> parts) => _parts = parts;

    /// <summary>The paths in it.</summary>
    public IEnumerable<string> Names => from part in _parts where part.Path.Length > 0 select string.Join('.', part.Path);

    public static DescriptionTemplate Parse(string text)
    {
        var parts = new List<Part>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '{' or '}' && i + 1 < text.Length && text[i + 1] == c)
            {
                literal.Append(c);
                i++;
            }
            else if (c == '{' && PathEnd(text, i) is var end and > 0)
            {
                var path = text[(i + 1)..end];
                parts.Add(new Part(literal.ToString(), path.Split('.'), text[i..(end + 1)]));
                literal.Clear();
                i = end;
            }
            else
            {
                literal.Append(c);
            }
        }

        if (literal.Length > 0)
            parts.Add(new Part(literal.ToString(), [], ""));
        return new DescriptionTemplate(parts);
    }

    /// <summary>The text for one payload, at most <see cref="JobLimits.DescriptionLength"/> characters on one line. What is not in the payload stays as written.</summary>
    public string Fill(ReadOnlySpan<byte> payload, Func<string, bool> isSecret)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            text.Append(part.Literal);
            if (part.Path.Length > 0)
                text.Append(part.Path.Any(isSecret) ? Hidden : Find(payload, part.Path) ?? part.Written);
            if (text.Length > JobLimits.DescriptionLength)
                break;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                text[i] = ' ';
        }

        return StorageText.Clean(text.ToString(), JobLimits.DescriptionLength);
    }

    private static int PathEnd(string text, int open)
    {
        var i = open + 1;
        while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] is '_' or '.' or '-'))
            i++;
        return i < text.Length && text[i] == '}' && i > open + 1 ? i : -1;
    }

    private static string? Find(ReadOnlySpan<byte> json, string[] path)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        foreach (var name in path)
        {
            if (reader.TokenType != JsonTokenType.StartObject || !Enter(ref reader, name))
                return null;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.Null:
                return "";
            default:
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                return Encoding.UTF8.GetString(json[start..Math.Min((int)reader.BytesConsumed, start + (4 * JobLimits.DescriptionLength))]);
        }
    }

    private static bool Enter(ref Utf8JsonReader reader, string name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name) || string.Equals(reader.GetString(), name, StringComparison.OrdinalIgnoreCase);
            reader.Read();
            if (found)
                return true;
            reader.Skip();
        }

        return false;
    }

    private sealed record Part(string Literal, string[] Path, string Written);
}
