namespace Longhaul;

/// <summary>Where a store is: <c>sqlite:FILE</c>, <c>memory:</c>, <c>sync:</c>, <c>postgres://USER:PASSWORD@HOST:PORT/DATABASE</c>.</summary>
public sealed class StoreUrl
{
    private StoreUrl(string scheme, string location, IReadOnlyDictionary<string, string> query, string text)
    {
        Scheme = scheme;
        Location = location;
        Query = query;
        Text = text;
    }

    /// <summary>What stands before the colon, in lower case.</summary>
    public string Scheme { get; }

    /// <summary>What follows, without the query and, where it is a path, without leading slashes that only mark one: a file, or <c>USER:PASSWORD@HOST:PORT/DATABASE</c>.</summary>
    public string Location { get; }

    /// <summary>Options behind a question mark: <c>sqlite:app.db?synchronous=normal</c>.</summary>
    public IReadOnlyDictionary<string, string> Query { get; }

    /// <summary>All of it as it was given, with any password. Never show it: <see cref="ToString"/> is for that.</summary>
    public string Text { get; }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <exception cref="ArgumentException">It has no scheme.</exception>
    public static StoreUrl Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 && text is "memory" or "sync")
            (text, colon) = (text + ":", text.Length);
        if (colon < 2 || !text.AsSpan(0, colon).ContainsOnlyLetters()) // one letter is a drive of Windows
        {
            throw new ArgumentException(
                $"The address of a store must begin with its kind, as sqlite:FILE or memory:, but was {Jobs.Quoted.Text(Hide(text))}." +
                (text.Length > 0 && !text.Contains('@', StringComparison.Ordinal) ? $" For a file write sqlite:{text}" : ""));
        }

        var rest = text[(colon + 1)..];
        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        var location = mark < 0 ? rest : rest[..mark];
        return new StoreUrl(
            text[..colon].ToLowerInvariant(),
            location.StartsWith("//", StringComparison.Ordinal) ? location[2..] : location,
            mark < 0 ? new Dictionary<string, string>() : ReadQuery(rest[(mark + 1)..]),
            text);
    }

    /// <summary>The address for people: a password in it is shown as <c>***</c>.</summary>
    public override string ToString() => Hide(Text);

    private static Dictionary<string, string> ReadQuery(string query)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            values[Uri.UnescapeDataString(equals < 0 ? pair : pair[..equals])] = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
        }

        return values;
    }

    // A password may itself hold : or @ where nobody escaped it: everything up to the last @ goes. Values behind ? may be secret too.
    private static string Hide(string text)
    {
        var mark = text.IndexOf('?', StringComparison.Ordinal);
        if (mark >= 0)
            text = text[..mark] + "?…";
        var at = text.LastIndexOf('@');
        var slashes = text.IndexOf("://", StringComparison.Ordinal);
        if (at < 0 || slashes < 0 || slashes > at)
            return text;
        var user = text[(slashes + 3)..at];
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? text : $"{text[..(slashes + 3)]}{user[..colon]}:***{text[at..]}";
    }
}

file static class Letters
{
    public static bool ContainsOnlyLetters(this ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-'))
                return false;
        }

        return true;
    }
}
