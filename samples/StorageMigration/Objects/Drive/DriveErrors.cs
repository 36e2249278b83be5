using System.Net;
using System.Text.Json;
using Longhaul;

namespace StorageMigration.Objects.Drive;

/// <summary>Makes an error of an answer: one that asks to be left alone for a while, or a refusal.</summary>
internal static class DriveErrors
{
    private const int MostRead = 64 * 1024;

    private static readonly string[] TooFast = ["userRateLimitExceeded", "rateLimitExceeded"];

    public static async Task<Exception> OfAsync(HttpResponseMessage response, string what, TimeProvider time, CancellationToken cancellationToken)
    {
        var (reason, message) = await ReadAsync(response, cancellationToken);
        var status = response.StatusCode;
        var text = $"Google Drive answered {(int)status} to {what}{(reason is null ? "" : $" ({reason})")}{(message is null ? "" : $": {message}")}";
        var tooFast = status == HttpStatusCode.TooManyRequests || (status == HttpStatusCode.Forbidden && TooFast.Contains(reason));
        return tooFast || status >= HttpStatusCode.InternalServerError ? new ThrottledException(RetryAfter(response, time), text) : new DriveException(status, text);
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        var asked = response.Headers.RetryAfter;
        var wait = asked?.Delta ?? (asked?.Date is { } date ? date - time.GetUtcNow() : null);
        return wait is { } span && span < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static async Task<(string? Reason, string? Message)> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MostRead, cancellationToken);
            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            if (!json.RootElement.TryGetProperty("error", out var error))
                return (null, null);
            if (error.ValueKind == JsonValueKind.String) // those of the token's address are plain
                return (error.GetString(), json.RootElement.TryGetProperty("error_description", out var description) ? description.GetString() : null);
            var reason = error.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0 && errors[0].TryGetProperty("reason", out var first) ? first.GetString() : null;
            return (reason, error.TryGetProperty("message", out var message) ? message.GetString() : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or HttpRequestException or IOException)
        {
            return (null, null); // a proxy's page, or nothing: the status says enough
        }
    }
}
