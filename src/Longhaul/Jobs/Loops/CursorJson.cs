using System.Text;
using System.Text.Json;

namespace Longhaul.Jobs;

/// <summary>A loop's cursors as JSON.</summary>
internal static class CursorJson
{
    public static string Text<TCursor>(TCursor cursor) => Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(cursor, JobJson.Options));

    public static TCursor Read<TCursor>(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<TCursor>(json, JobJson.Options)!;

    /// <summary>Refuses a kind of cursor that would come back as another one, or as nothing.</summary>
    /// <exception cref="ArgumentException">It does not survive JSON.</exception>
    public static void CheckRoundTrip<TCursor>(TCursor cursor)
    {
        string text, again;
        try
        {
            text = Text(cursor);
            again = Text(Read<TCursor>(Encoding.UTF8.GetBytes(text)));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new ArgumentException($"A loop's cursor must survive JSON, but {typeof(TCursor).Name} does not: {e.Message}", nameof(cursor), e);
        }

        if (text is "{}" || text != again)
            throw new ArgumentException($"A loop's cursor must survive JSON, but {typeof(TCursor).Name} becomes {text} and comes back as {again}. Use a string, a number or a record (tuples have no properties).", nameof(cursor));
    }
}
