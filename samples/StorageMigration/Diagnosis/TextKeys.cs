using System.Globalization;
using System.Text;
using StorageMigration.Urls;

namespace StorageMigration.Diagnosis;

/// <summary>Reads from texts which objects they name, by the addresses of the source and of the target.</summary>
internal sealed class TextKeys
{
    private const string Ends = " \t\r\n\"'<>()`{}|^?#&,;";
    private const string Unlikely = ".:!*";

    private readonly TextRewriter[] _finders;

    /// <param name="mapping">The addresses.</param>
    /// <param name="source">The address of the store that they lead to.</param>
    public TextKeys(AddressMapping mapping, string source)
    {
        var back = AddressMapping.Read(mapping.To, mapping.From, "Migration:TargetAddress", "Migration:SourceAddress");
        var forms = new[] { AddressForms.Every(mapping, source), AddressForms.Every(back) };
        _finders = [.. forms.Select(static form => new TextRewriter(form))];
        Needles = AddressForms.Needles([.. forms[0], .. forms[1]]);
    }

    /// <summary>Texts of which one is in whatever names an object.</summary>
    public IReadOnlyList<string> Needles { get; }

    public IEnumerable<string> In(string text)
    {
        foreach (var finder in _finders)
        {
            foreach (var edit in finder.FindEdits(text))
            {
                if ((edit.Form.Encoding == AddressEncoding.Url ? KeyAt(Decode(Encoded(text, edit.End)), 0) : KeyAt(text, edit.End)) is { } key)
                    yield return key;
            }
        }
    }

    /// <summary>The key that stands in a text behind an address.</summary>
    /// <returns>Null: there is none, or it is that of a folder.</returns>
    public static string? KeyAt(string text, int at)
    {
        var key = Plain(text.AsSpan(at)).TrimStart('/');
        return key.Length == 0 || key.EndsWith('/') ? null : key;
    }

    /// <summary>The characters that stay when an address is URL-encoded.</summary>
    private static string Encoded(string text, int start)
    {
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || "%._~-".Contains(text[end], StringComparison.Ordinal)))
            end++;
        return text[start..end];
    }

    /// <summary>The key at the beginning of what follows an address: up to what cannot be part of one, with escapes of JSON and of URLs undone.</summary>
    private static string Plain(ReadOnlySpan<char> rest)
    {
        var key = new StringBuilder();
        for (var i = 0; i < rest.Length && !Ends.Contains(rest[i], StringComparison.Ordinal); i++)
        {
            if (rest[i] != '\\')
            {
                key.Append(rest[i]);
                continue;
            }

            while (i + 1 < rest.Length && rest[i + 1] == '\\')
                i++;
            if (i + 1 < rest.Length && rest[i + 1] == '/')
                continue; // the slash itself comes next
            if (i + 5 < rest.Length && rest[i + 1] == 'u' && ushort.TryParse(rest.Slice(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                key.Append((char)code);
                i += 5;
                continue;
            }

            break;
        }

        return Decode(key.ToString().TrimEnd([.. Unlikely]));
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text);
}
