using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Longhaul.AspNetCore.Dashboard;

/// <summary>Serves the dashboard from the assembly: its page at every path of its own, its files at <c>assets/…</c>.</summary>
internal sealed class EmbeddedFiles(string prefix)
{
    private const string Root = "wwwroot/";
    private const string Page = "index.html";

    /// <summary>What an image or font holds does not become smaller.</summary>
    private static readonly FrozenDictionary<string, (string Type, bool Compress)> Types = new Dictionary<string, (string, bool)>(StringComparer.Ordinal)
    {
        [".html"] = ("text/html; charset=utf-8", true),
        [".js"] = ("text/javascript; charset=utf-8", true),
        [".mjs"] = ("text/javascript; charset=utf-8", true),
        [".css"] = ("text/css; charset=utf-8", true),
        [".json"] = ("application/json; charset=utf-8", true),
        [".svg"] = ("image/svg+xml", true),
        [".webmanifest"] = ("application/manifest+json", true),
        [".txt"] = ("text/plain; charset=utf-8", true),
        [".png"] = ("image/png", false),
        [".ico"] = ("image/x-icon", false),
        [".woff2"] = ("font/woff2", false),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Compressing takes a moment: at the first request, not at the start.
    private readonly Lazy<FrozenDictionary<string, Asset>> _assets = new(() => Load(prefix));

    /// <summary>A file, ready to be sent.</summary>
    private sealed record Asset(string Type, byte[] Plain, byte[]? Brotli, byte[]? Gzip, string ETag);

    public void Map(RouteGroupBuilder group)
    {
        var rule = new EndpointRule(Role.View) { IsPage = true };
        group.MapGet("/assets/{**path}", (HttpContext context, string path) => SendAsync(context, path)).WithMetadata(rule).ExcludeFromDescription();
        group.MapGet("/", context => SendAsync(context, Page)).WithMetadata(rule).ExcludeFromDescription();
        // Deep links: the page itself finds out what to show.
        group.MapGet("/{**page:nonfile}", context => SendAsync(context, Page)).WithMetadata(rule).ExcludeFromDescription();
    }

    public bool Has(string path) => _assets.Value.ContainsKey(path);

    /// <summary>Sends a file, or that it is still the same.</summary>
    public Task SendAsync(HttpContext context, string path)
    {
        if (!_assets.Value.TryGetValue(path, out var asset))
            throw ApiProblem.NotFound();
        if (context.Request.PathBase is { HasValue: true } below && path.EndsWith(".html", StringComparison.Ordinal))
            asset = Make(Filled(EmbeddedBytes.Read(Root + path)!, below.ToUriComponent() + prefix), asset.Type, compress: false); // small, and a proxy may say another for each
        var (request, response) = (context.Request, context.Response);
        response.Headers.ETag = asset.ETag;
        response.Headers.CacheControl = "no-cache"; // kept, and asked for each time: a new version is seen at once
        response.Headers.Append("Vary", "Accept-Encoding");
        if (request.Headers.IfNoneMatch.ToString().Split(',').Any(tag => tag.Trim() == asset.ETag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        var accepted = request.Headers.AcceptEncoding.ToString();
        var (body, encoding) = Accepts(accepted, "br") && asset.Brotli is { } brotli ? (brotli, "br")
            : Accepts(accepted, "gzip") && asset.Gzip is { } gzip ? (gzip, "gzip")
            : (asset.Plain, null);
        if (encoding is not null)
            response.Headers.ContentEncoding = encoding;
        response.ContentType = asset.Type;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static bool Accepts(string header, string encoding)
        => header.Split(',').Select(static part => part.Trim()).Any(part => part.Split(';') is [var name, .. var rest]
            && name.Equals(encoding, StringComparison.OrdinalIgnoreCase) && !rest.Any(static weight => weight.Replace(" ", "", StringComparison.Ordinal) is "q=0" or "q=0.0" or "q=0.00" or "q=0.000"));

    private static FrozenDictionary<string, Asset> Load(string prefix)
    {
        var assets = new Dictionary<string, Asset>(StringComparer.Ordinal);
        foreach (var name in EmbeddedBytes.Names.Where(static name => name.StartsWith(Root, StringComparison.Ordinal)))
        {
            var path = name[Root.Length..].Replace('\\', '/');
            if (Types.TryGetValue(Path.GetExtension(path), out var type))
                assets[path] = Make(path.EndsWith(".html", StringComparison.Ordinal) ? Filled(EmbeddedBytes.Read(name)!, prefix) : EmbeddedBytes.Read(name)!, type.Type, type.Compress);
        }

        return assets.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static byte[] Filled(byte[] page, string prefix)
        => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(page).Replace("%PREFIX%", System.Text.Encodings.Web.HtmlEncoder.Default.Encode(prefix), StringComparison.Ordinal));

    private static Asset Make(byte[] plain, string type, bool compress)
    {
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 8))}\"";
        return new Asset(
            type, plain,
            compress ? Compressed(plain, static to => new BrotliStream(to, CompressionLevel.SmallestSize)) : null,
            compress ? Compressed(plain, static to => new GZipStream(to, CompressionLevel.SmallestSize)) : null,
            tag);
    }

    private static byte[]? Compressed(byte[] plain, Func<Stream, Stream> compress)
    {
        using var to = new MemoryStream();
        using (var stream = compress(to))
            stream.Write(plain);
        var compressed = to.ToArray(); // works on a closed one
        return compressed.Length < plain.Length ? compressed : null;
    }
}
