namespace StorageMigration.Objects;

/// <summary>Opens stores by their addresses.</summary>
internal sealed class ObjectStores
{
    private readonly Dictionary<string, Func<Uri, IRequestGate, IObjectStore>> _kinds = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="kinds">The scheme of the address, and what opens it.</param>
    public ObjectStores(IEnumerable<ObjectStoreKind> kinds)
    {
        foreach (var kind in kinds)
            _kinds.Add(kind.Scheme, kind.Open);
    }

    /// <summary>Opens one.</summary>
    /// <param name="address">Such as <c>file:///srv/assets</c> (or an absolute path) or <c>s3://bucket/prefix?endpoint=…&amp;region=…</c>.</param>
    /// <param name="gate">Asked before each request; null: any number.</param>
    /// <exception cref="ArgumentException">No store has such an address.</exception>
    public IObjectStore Open(string address, IRequestGate? gate = null)
    {
        var known = string.Join(", ", _kinds.Keys.Order(StringComparer.Ordinal).Select(static scheme => scheme + ":"));
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
            throw new ArgumentException($"A store of objects must be named by an absolute path or an address with one of {known}, but was '{address}'.", nameof(address));
        return _kinds.TryGetValue(uri.Scheme, out var open)
            ? open(uri, gate ?? OpenGate.Instance)
            : throw new ArgumentException($"A store of objects must have an address with one of {known}, but was '{uri.Scheme}:'.", nameof(address));
    }
}

/// <summary>One kind of store.</summary>
/// <param name="Scheme">Of its addresses.</param>
/// <param name="Open">Opens one.</param>
internal sealed record ObjectStoreKind(string Scheme, Func<Uri, IRequestGate, IObjectStore> Open);
