using System.Runtime.InteropServices;
using System.Text.Json;

namespace Longhaul.Jobs;

/// <summary>Where an earlier run left a loop.</summary>
internal sealed record SavedLoop<TCursor>(bool HasLow, TCursor? Low, IReadOnlyList<string> Above, long Done, long Failed, bool Ended)
{
    /// <exception cref="FailNowException">The cursors are not of this type.</exception>
    public static SavedLoop<TCursor> Read(JobId job, string path, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var hasLow = root.TryGetProperty("low"u8, out var low);
            return new SavedLoop<TCursor>(
                hasLow,
                hasLow ? CursorJson.Read<TCursor>(JsonMarshal.GetRawUtf8Value(low)) : default,
                root.TryGetProperty("above"u8, out var above) ? [.. above.EnumerateArray().Select(Normal)] : [],
                root.GetProperty("count"u8).GetInt64(),
                root.TryGetProperty("failed"u8, out var failed) ? failed.GetInt64() : 0,
                root.TryGetProperty("ended"u8, out var ended) && ended.GetBoolean());
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or KeyNotFoundException)
        {
            throw CheckpointFormat.Refuse(job, $"the cursor of loop '{path}' is no {typeof(TCursor).Name}: {e.Message}", e);
        }
    }

    // As this program would write it, so that it can be compared as text.
    private static string Normal(JsonElement cursor) => CursorJson.Text(CursorJson.Read<TCursor>(JsonMarshal.GetRawUtf8Value(cursor)));
}
