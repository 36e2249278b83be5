namespace StorageMigration.Objects;

/// <summary>Where a bucket is: <c>s3://bucket/prefix?endpoint=http://127.0.0.1:9000&amp;region=us-east-1</c>. It holds no secrets.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Prefix">What all keys begin with: empty, or with a <c>/</c> at the end.</param>
/// <param name="Endpoint">The server; null: Amazon's of the region.</param>
/// <param name="Region">The region that requests are signed for.</param>
internal sealed record S3Address(string Bucket, string Prefix, Uri? Endpoint, string Region)
{
    public const string Scheme = "s3";

    private const string DefaultRegion = "us-east-1";

    /// <exception cref="ArgumentException">It is no such address.</exception>
    public static S3Address Parse(Uri uri)
    {
        if (uri.UserInfo.Length > 0)
            throw new ArgumentException("An address of a bucket must hold no credentials. Give them by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile.", nameof(uri));
        if (uri.Host.Length == 0)
            throw new ArgumentException($"An address of a bucket must have the form s3://bucket/prefix?endpoint=…&region=…, but '{uri.OriginalString}' names no bucket.", nameof(uri));
        if (uri.Fragment.Length > 0)
            throw new ArgumentException($"An address of a bucket must have no '#', behind which nothing counts, but was '{uri.OriginalString}'. Write %23 for one in a name.", nameof(uri));

        Uri? endpoint = null;
        var region = DefaultRegion;
        foreach (var (name, value) in Query(uri))
        {
            switch (name)
            {
                case "endpoint":
                    endpoint = EndpointOf(value);
                    break;
                case "region" when value.Length > 0:
                    region = value;
                    break;
                default:
                    throw new ArgumentException($"An address of a bucket takes endpoint=URL and region=NAME, but had '{name}' with {value.Length} characters.", nameof(uri));
            }
        }

        var prefix = Uri.UnescapeDataString(uri.AbsolutePath).Trim('/');
        return new S3Address(uri.Host, prefix.Length == 0 ? "" : prefix + "/", endpoint, region);
    }

    public override string ToString()
        => $"{Scheme}://{Bucket}/{Prefix}?{(Endpoint is null ? "" : $"endpoint={Endpoint.GetLeftPart(UriPartial.Authority)}&")}region={Region}";

    private static IEnumerable<(string Name, string Value)> Query(Uri uri)
        => from part in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
           let at = part.IndexOf('=', StringComparison.Ordinal)
           select at < 0 ? (part, "") : (part[..at], Uri.UnescapeDataString(part[(at + 1)..]));

    private static Uri EndpointOf(string value)
        => Uri.TryCreate(value, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" && endpoint.UserInfo.Length == 0
            ? endpoint
            : throw new ArgumentException("The endpoint of a bucket must be an address with http: or https: and without credentials.", nameof(value));
}
