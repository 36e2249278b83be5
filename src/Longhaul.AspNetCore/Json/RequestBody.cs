using System.Net.Http.Headers;
using System.Text.Json;
using Longhaul.AspNetCore.Problems;
using Longhaul.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Longhaul.AspNetCore.Json;

/// <summary>Reads the body of a request: within a limit, in JSON, strictly.</summary>
internal static class RequestBody
{
    public const int Small = 64 << 10;

    /// <summary>A payload of 1 MiB and what is around it.</summary>
    public const int OneJob = (1 << 20) + Small;

    public const int ManyJobs = 16 << 20;

    /// <summary>The body as a <typeparamref name="T"/>, with its bytes.</summary>
    public static async Task<(T Value, ReadOnlyMemory<byte> Bytes)> ReadAsync<T>(HttpContext context, int limit) where T : class
    {
        var bytes = await BytesAsync(context, limit).ConfigureAwait(false);
        return bytes.IsEmpty ? throw ApiProblem.Body("The body must be a JSON object, but is empty.") : (Parse<T>(bytes.Span), bytes);
    }

    /// <summary>The body where there is one, else null.</summary>
    public static async Task<T?> ReadOptionalAsync<T>(HttpContext context, int limit = Small) where T : class
    {
        if (context.Request.ContentLength is null or 0 && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return null;
        var bytes = await BytesAsync(context, limit, mayBeEmpty: true).ConfigureAwait(false);
        return bytes.IsEmpty ? null : Parse<T>(bytes.Span);
    }

    private static async Task<ReadOnlyMemory<byte>> BytesAsync(HttpContext context, int limit, bool mayBeEmpty = false)
    {
        var request = context.Request;
        if (request.ContentLength > limit)
            throw ApiProblem.TooLarge(limit);
        var empty = request.ContentLength is 0 || (request.ContentLength is null && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false });
        if (empty && mayBeEmpty)
            return default;
        CheckType(request, mayBeEmpty);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = limit;

        var buffer = new MemoryStream(capacity: (int)Math.Min(request.ContentLength ?? 1_024, Small)); // announced is not sent
        var chunk = new byte[16 << 10];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, context.RequestAborted).ConfigureAwait(false)) > 0)
        {
            if (buffer.Length + read > limit)
                throw ApiProblem.TooLarge(limit);
            await buffer.WriteAsync(chunk.AsMemory(0, read), context.RequestAborted).ConfigureAwait(false);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private static void CheckType(HttpRequest request, bool mayBeEmpty)
    {
        if (request.Headers.ContentEncoding.Count > 0)
            throw ApiProblem.MediaType($"A body must not be compressed, but its Content-Encoding is {Quoted.Text(request.Headers.ContentEncoding.ToString())}.");
        if (request.ContentType is null && mayBeEmpty && request.ContentLength is null or 0)
            return;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !string.Equals(type.MediaType, "application/json", StringComparison.OrdinalIgnoreCase)
            || (type.CharSet is { } charSet && !charSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw ApiProblem.MediaType($"A body must be application/json in UTF-8, but its Content-Type is {(request.ContentType is { } found ? Quoted.Text(found) : "missing")}.");
        }
    }

    private static T Parse<T>(ReadOnlySpan<byte> json) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, ApiJson.Strict) ?? throw ApiProblem.Body("The body must be a JSON object, but is null.");
        }
        catch (JsonException e)
        {
            throw Problem(e);
        }
    }

    // The reader's own message quotes the body; only the name of a member is told, and where it is.
    private static ApiProblem Problem(JsonException error)
    {
        var place = $"line {(error.LineNumber ?? 0) + 1}, byte {(error.BytePositionInLine ?? 0) + 1}";
        var message = error.Message;
        if (message.Contains("could not be mapped to any .NET member", StringComparison.Ordinal))
            return ApiProblem.UnknownMember($"The body must have only known members, but has {Member(message, error)} at {place}. See the OpenAPI document for those that there are.");
        if (message.StartsWith("Duplicate property", StringComparison.Ordinal))
            return ApiProblem.DuplicateMember($"The body must have each member once, but has {Member(message, error)} twice, at {place}.");
        return ApiProblem.Body(error.Path is { Length: > 1 } path && !path.Contains('[', StringComparison.Ordinal)
            ? $"The body must be JSON of the right form, but is not at {place} ({Quoted.Text(path)})."
            : $"The body must be JSON of the right form, but is not at {place}.");
    }

    private static string Member(string message, JsonException error)
    {
        var start = message.IndexOf('\'', StringComparison.Ordinal);
        var end = start < 0 ? -1 : message.IndexOf('\'', start + 1);
        return Quoted.Text(end > start ? message[(start + 1)..end] : error.Path ?? "a member");
    }
}
