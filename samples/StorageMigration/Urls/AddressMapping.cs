using System.Buffers;

namespace StorageMigration.Urls;

/// <summary>The beginning of addresses, and what takes its place.</summary>
internal sealed record AddressMapping
{
    // What a text may end an address with, and what would have to be escaped inside JSON, SQL or a page.
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(" \t\r\n\"'<>\\`{}|^");

    private AddressMapping(string from, string to) => (From, To) = (from, to);

    public string From { get; }

    public string To { get; }

    /// <summary>Checks both.</summary>
    /// <param name="from">What is replaced.</param>
    /// <param name="to">What takes its place.</param>
    /// <param name="fromName">How the user named it: for errors.</param>
    /// <param name="toName">How the user named it: for errors.</param>
    /// <exception cref="ArgumentException">One is no such address, or they do not fit each other.</exception>
    public static AddressMapping Read(string from, string to, string fromName, string toName)
    {
        Check(from, fromName);
        Check(to, toName);
        if (from == to)
            throw new ArgumentException($"{fromName} and {toName} must differ, but both are '{from}'. Set the one that texts hold, and the one that they are to hold.", fromName);
        if (from.EndsWith('/') != to.EndsWith('/'))
            throw new ArgumentException($"{fromName} and {toName} must both end with a slash or both without, or the keys behind them would not fit, but were '{from}' and '{to}'.", fromName);
        return new(from, to);
    }

    private static void Check(string address, string name)
    {
        if (address.Length == 0)
            throw new ArgumentException($"{name} must be set to the beginning of an address, such as https://bucket.s3.amazonaws.com/, but is empty.", name);
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.Host.Length == 0
            || !address.StartsWith(uri.Scheme + "://", StringComparison.Ordinal) || address.AsSpan().ContainsAny(Forbidden) || address.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException($"{name} must be an address that begins with https:// or http://, in ASCII and without blanks, quotes or backslashes, but was '{address}'.", name);
        }

        if (uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
            throw new ArgumentException($"{name} must be the beginning of addresses, without user, query and fragment, but was '{address}'.", name);
    }
}
