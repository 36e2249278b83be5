using System.Buffers;

namespace StorageMigration.Urls;

/// <summary>
/// Finds addresses in a text. One that stands inside its own replacement (where the new address contains the old one) is left: replacing again what was
/// replaced changes nothing.
/// </summary>
internal sealed class TextRewriter
{
    private static readonly string[] EncodedEnds = ["%2F", "%3F", "%23", "%22", "%26"];

    private readonly AddressForm[] _forms;
    private readonly SearchValues<string> _any;
    private readonly (string Target, int Offset)[] _settled;

    public TextRewriter(IReadOnlyList<AddressForm> forms)
    {
        _forms = [.. forms.OrderByDescending(static form => form.Find.Length)];
        _any = SearchValues.Create([.. forms.Select(static form => form.Find)], StringComparison.Ordinal);
        var targets = forms.Select(static form => form.Replace).Distinct().ToArray();
        _settled = [.. forms.SelectMany(form => targets.SelectMany(target => OffsetsOf(form.Find, target).Select(offset => (target, offset)))).Distinct().OrderByDescending(static pair => pair.target.Length)];
    }

    /// <summary>What is to be replaced, in order.</summary>
    public List<TextEdit> FindEdits(string text)
    {
        var edits = new List<TextEdit>();
        var free = 0; // what lies before is replaced, or known to be right
        var at = 0;
        while (text.AsSpan(at).IndexOfAny(_any) is var next and >= 0)
        {
            at += next;
            if (EndOfSettled(text, free, at) is { } end)
            {
                free = at = end;
            }
            else if (FormAt(text, at) is { } form)
            {
                edits.Add(new(at, form.Find.Length, form.Replace, form));
                free = at += form.Find.Length;
            }
            else
            {
                at++;
            }
        }

        return edits;
    }

    /// <summary>Where the new address ends that what was found is part of; null: it is not part of one.</summary>
    private int? EndOfSettled(string text, int free, int at)
    {
        foreach (var (target, offset) in _settled)
        {
            if (at - offset >= free && string.CompareOrdinal(text, at - offset, target, 0, target.Length) == 0)
                return at - offset + target.Length;
        }

        return null;
    }

    private AddressForm? FormAt(string text, int at)
    {
        foreach (var form in _forms)
        {
            if (string.CompareOrdinal(text, at, form.Find, 0, form.Find.Length) == 0
                && !(form.HasNoScheme && FollowsScheme(text, at)) && !(form.EndsOpen && GoesOn(text, at + form.Find.Length)))
            {
                return form;
            }
        }

        return null;
    }

    private static bool FollowsScheme(string text, int at)
    {
        var before = text.AsSpan(0, at);
        return before.EndsWith(":") || before.EndsWith("%3A", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether what follows belongs to the last name of the address, which is then another one.</summary>
    private static bool GoesOn(string text, int end)
    {
        if (end >= text.Length)
            return false;
        var more = end + 1 < text.Length && char.IsAsciiLetterOrDigit(text[end + 1]);
        return text[end] switch
        {
            '-' or '_' or '~' or '+' or '=' or '@' or '$' => true,
            '.' => more,
            ':' => more && char.IsAsciiDigit(text[end + 1]),
            '%' => !EncodedEnds.Any(sign => string.Compare(text, end, sign, 0, sign.Length, StringComparison.OrdinalIgnoreCase) == 0),
            var letter => char.IsLetterOrDigit(letter),
        };
    }

    private static IEnumerable<int> OffsetsOf(string part, string whole)
    {
        for (var at = whole.IndexOf(part, StringComparison.Ordinal); at >= 0; at = whole.IndexOf(part, at + 1, StringComparison.Ordinal))
            yield return at;
    }
}
