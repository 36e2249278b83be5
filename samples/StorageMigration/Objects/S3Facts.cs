using Amazon.S3.Model;

namespace StorageMigration.Objects;

/// <summary>What S3 keeps of an object beside its bytes, as headers.</summary>
internal static class S3Facts
{
    private const string Language = "Content-Language";
    private const string MetadataPrefix = "x-amz-meta-";

    public static ObjectFacts Read(HeadersCollection headers, MetadataCollection metadata) => new()
    {
        ContentType = Said(headers.ContentType),
        CacheControl = Said(headers.CacheControl),
        ContentDisposition = Said(headers.ContentDisposition),
        ContentEncoding = Said(headers.ContentEncoding),
        ContentLanguage = Said(headers[Language]),
        Metadata = metadata.Keys.ToDictionary(Name, key => metadata[key], StringComparer.Ordinal),
    };

    public static void Write(ObjectFacts facts, HeadersCollection headers, MetadataCollection metadata)
    {
        headers.ContentType = facts.ContentType ?? "application/octet-stream"; // else the client guesses by the key
        if (facts.CacheControl is { } cache)
            headers.CacheControl = cache;
        if (facts.ContentDisposition is { } disposition)
            headers.ContentDisposition = disposition;
        if (facts.ContentEncoding is { } encoding)
            headers.ContentEncoding = encoding;
        if (facts.ContentLanguage is { } language)
            headers[Language] = language;
        foreach (var (name, value) in facts.Metadata)
            metadata[MetadataPrefix + name] = value;
    }

    private static string Name(string key) => key.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase) ? key[MetadataPrefix.Length..] : key;

    private static string? Said(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
