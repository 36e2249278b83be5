using System.Text.RegularExpressions;

namespace StorageMigration.Urls;

/// <summary>The ways in which a text may write the addresses of one place.</summary>
internal static partial class AddressForms
{
    private static readonly (string Slash, string Name)[] Slashes = [(@"\/", "escaped"), (@"\\/", "escaped twice"), (@"\\\/", "escaped twice")];

    /// <summary>Only as it is; inside JSON its slashes may be escaped.</summary>
    public static IReadOnlyList<AddressForm> Exact(AddressMapping mapping)
        => [.. Written("as it is", mapping.From, mapping.To).Where(static form => form.Encoding != AddressEncoding.Url)];

    /// <summary>With https, http and without a scheme; with the bucket in the host and in the path; plain, JSON-escaped and URL-encoded.</summary>
    /// <param name="mapping">The address, and what takes its place.</param>
    /// <param name="source">The address of the store of objects that it leads to, from which its region or end point can be read; empty: not known.</param>
    public static IReadOnlyList<AddressForm> Every(AddressMapping mapping, string source = "")
    {
        var target = mapping.To[(mapping.To.IndexOf("//", StringComparison.Ordinal) + 2)..];
        var forms = new Dictionary<string, AddressForm>(StringComparer.Ordinal);
        foreach (var (place, style) in Places(mapping.From, source))
        {
            foreach (var scheme in (string[])["https:", "http:", ""])
            {
                var name = $"{(scheme.Length == 0 ? "//" : scheme[..^1])}{style}";
                foreach (var form in Written(name, $"{scheme}//{place}", scheme.Length == 0 ? $"//{target}" : mapping.To))
                {
                    if (form.Find != form.Replace)
                        forms.TryAdd(form.Find, form with { HasNoScheme = scheme.Length == 0 });
                }
            }
        }

        return [.. forms.Values];
    }

    /// <summary>Texts of which one is in whatever holds a form: what a database can look for.</summary>
    public static string[] Needles(IReadOnlyList<AddressForm> forms)
    {
        if (forms is [var only])
            return [only.Find];

        // Host names have no character that is ever escaped or encoded.
        var hosts = forms.Where(static form => form.Encoding == AddressEncoding.Plain).Select(static form => Host().Match(form.Find).Groups["host"].Value).Distinct().ToArray();
        return [.. hosts.Where(host => !hosts.Any(other => other != host && host.Contains(other, StringComparison.Ordinal)))];
    }

    private static IEnumerable<AddressForm> Written(string name, string from, string to)
    {
        yield return new(name, from, to);
        foreach (var (slash, how) in Slashes)
            yield return new($"{name} {how}", from.Replace("/", slash, StringComparison.Ordinal), to.Replace("/", slash, StringComparison.Ordinal), AddressEncoding.Escaped);
        var (find, replace) = (Uri.EscapeDataString(from), Uri.EscapeDataString(to));
        yield return new($"{name} encoded", find, replace, AddressEncoding.Url);
        yield return new($"{name} encoded", SmallHex(find), SmallHex(replace), AddressEncoding.Url);
    }

    private static string SmallHex(string encoded) => Hex().Replace(encoded, static hex => hex.Value.ToLowerInvariant());

    /// <summary>Hosts with what follows them, without a scheme.</summary>
    private static IEnumerable<(string Place, string Style)> Places(string from, string source)
    {
        var place = from[(from.IndexOf("//", StringComparison.Ordinal) + 2)..];
        yield return (place, "");

        var slash = place.IndexOf('/', StringComparison.Ordinal);
        var (host, path) = slash < 0 ? (place, "") : (place[..slash], place[slash..]);
        var known = Uri.TryCreate(source, UriKind.Absolute, out var store) && store.Scheme == "s3" ? store : null;
        if (Amazon(host, path) is var (bucket, region, rest))
        {
            region ??= Setting(known, "region");
            foreach (var server in (string?[])["s3.amazonaws.com", .. region is null ? (string[])[] : [$"s3.{region}.amazonaws.com", $"s3-{region}.amazonaws.com", $"s3.dualstack.{region}.amazonaws.com"]])
            {
                yield return ($"{bucket}.{server}{rest}", " virtual host");
                yield return ($"{server}/{bucket}{rest}", " path style");
            }
        }
        else if (Spaces(host, path) is var (space, centre, below))
        {
            yield return ($"{space}.{centre}.digitaloceanspaces.com{below}", " virtual host");
            yield return ($"{space}.{centre}.cdn.digitaloceanspaces.com{below}", " CDN");
            yield return ($"{centre}.digitaloceanspaces.com/{space}{below}", " path style");
        }

        if (known is not null && Uri.TryCreate(Setting(known, "endpoint"), UriKind.Absolute, out var server2))
        {
            var end = from.EndsWith('/') ? "/" : "";
            var prefix = known.AbsolutePath.Trim('/') is { Length: > 0 } folder ? $"/{folder}" : "";
            yield return ($"{server2.Authority}/{known.Host}{prefix}{end}", " path style");
            yield return ($"{known.Host}.{server2.Authority}{prefix}{end}", " virtual host");
        }
    }

    private static (string Bucket, string? Region, string Below)? Amazon(string host, string path)
    {
        if (AmazonHost().Match(host) is not { Success: true } match)
            return null;
        var region = match.Groups["region"] is { Success: true } named ? named.Value : null;
        if (match.Groups["bucket"] is { Success: true } bucket)
            return (bucket.Value, region, path);
        return InPath(path) is var (first, rest) ? (first, region, rest) : null;
    }

    private static (string Space, string Centre, string Below)? Spaces(string host, string path)
    {
        if (SpacesHost().Match(host) is not { Success: true } match)
            return null;
        var centre = match.Groups["centre"].Value;
        if (match.Groups["space"] is { Success: true } space)
            return (space.Value, centre, path);
        return InPath(path) is var (first, rest) ? (first, centre, rest) : null;
    }

    /// <summary>The first folder of a path, and what follows.</summary>
    private static (string First, string Below)? InPath(string path)
    {
        if (path.Length < 2)
            return null;
        var end = path.IndexOf('/', 1);
        return end < 0 ? (path[1..], "") : (path[1..end], path[end..]);
    }

    private static string? Setting(Uri? store, string name)
    {
        foreach (var pair in store?.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (pair.StartsWith(name + "=", StringComparison.OrdinalIgnoreCase))
                return Uri.UnescapeDataString(pair[(name.Length + 1)..]);
        }

        return null;
    }

    [GeneratedRegex(@"^(?:(?<bucket>[a-z0-9][a-z0-9.-]*)\.)?s3(?:\.dualstack)?(?:[.-](?<region>[a-z]{2}(?:-[a-z]+)+-[0-9]))?\.amazonaws\.com$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AmazonHost();

    [GeneratedRegex(@"^(?:(?<space>[a-z0-9][a-z0-9.-]*)\.)?(?<centre>[a-z]{3}[0-9])(?:\.cdn)?\.digitaloceanspaces\.com$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SpacesHost();

    [GeneratedRegex("//(?<host>[^/:]+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Host();

    [GeneratedRegex("%[0-9A-F]{2}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hex();
}
