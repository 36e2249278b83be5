namespace StorageMigration.Urls;

/// <summary>One way to write an address.</summary>
/// <param name="Name">For reports: <c>https</c>, <c>// escaped</c>.</param>
/// <param name="Find">The text to find.</param>
/// <param name="Replace">What takes its place, written in the same way.</param>
/// <param name="Encoding">How it is written.</param>
internal sealed record AddressForm(string Name, string Find, string Replace, AddressEncoding Encoding = AddressEncoding.Plain)
{
    /// <summary>Whether the found text must be the beginning of its word: the slashes of another scheme are not those of an address without one.</summary>
    public bool HasNoScheme { get; init; }

    /// <summary>Whether a longer name could begin with it: <c>…/bucket</c> is not <c>…/bucket2</c>.</summary>
    public bool EndsOpen { get; } = !Find.EndsWith('/') && !Find.EndsWith("%2F", StringComparison.OrdinalIgnoreCase);
}

/// <summary>How an address is written into a text.</summary>
internal enum AddressEncoding
{
    Plain,

    /// <summary>As in JSON with <c>\/</c>, once or several times over.</summary>
    Escaped,

    /// <summary>With <c>%2F</c>, as the part of a query.</summary>
    Url,
}
