namespace StorageMigration.Trees;

/// <summary>An address, taken apart so that it can be said whether one lies below another.</summary>
internal sealed class TreePlace
{
    private readonly string _address;
    private readonly string _store;
    private readonly string[] _path;
    private readonly string _query;

    private TreePlace(string address, string store, string path, string query)
        => (_address, _store, _path, _query) = (address, store, path.Split('/', StringSplitOptions.RemoveEmptyEntries), query);

    private bool IsFolder => _store.Length == 0;

    /// <returns>Null: it is a relative path, or no address at all.</returns>
    public static TreePlace? Of(string address)
    {
        if (address.StartsWith('/'))
            return Folder(address);
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1)
            return null;
        var (scheme, rest) = (address[..colon].ToLowerInvariant(), address[(colon + 1)..]);
        if (scheme == "file")
            return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { IsUnc: false, Host: "" } ? Folder(uri.LocalPath) : null;

        var mark = rest.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = mark < 0 ? (rest, "") : (rest[..mark], rest[mark..]);
        var parts = path.TrimStart('/').Split('/', 2);
        return new TreePlace(address, $"{scheme}:{parts[0]}", parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "", query);
    }

    /// <summary>Whether a name in its path is <c>..</c>, also written as <c>%2e%2e</c>.</summary>
    public static bool HasDots(string address) =>
        address.Split('/', '\\').Concat(Uri.UnescapeDataString(address).Split('/', '\\')).Any(static name => name is ".." || name.EndsWith(":..", StringComparison.Ordinal));

    /// <summary>Whether the other is this place, or lies below it.</summary>
    public bool Holds(TreePlace other) =>
        _store == other._store
        && (other._query.Length == 0 || other._query == _query)
        && other._path.AsSpan().StartsWith(_path);

    /// <summary>The first link on the way from a place to this one below it; null: there is none, or they are no folders.</summary>
    public string? LinkBelow(TreePlace above)
    {
        if (!IsFolder)
            return null;
        for (var length = above._path.Length + 1; length <= _path.Length; length++)
        {
            var folder = "/" + string.Join('/', _path.Take(length));
            if (new DirectoryInfo(folder).LinkTarget is not null)
                return folder;
        }

        return null;
    }

    /// <summary>The address; without a query of its own it has that of the place above it, such as the end point of a bucket.</summary>
    public string WithQueryOf(TreePlace above)
        => IsFolder ? "/" + string.Join('/', _path) : _query.Length == 0 ? _address + above._query : _address;

    private static TreePlace Folder(string path) => new(path, "", Path.GetFullPath(path), "");
}
