using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Longhaul.AspNetCore.Json;

/// <summary>JSON that is passed on as it was written: no number is rounded, nothing is reordered.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record RawJson(ReadOnlyMemory<byte> Utf8)
{
    /// <summary>What is nested deeper is not shown: browsers and readers give up long before.</summary>
    private const int MaxDepth = 512;

    /// <summary>The JSON of a store; null where there is none. What is no JSON comes as a text that says so.</summary>
    public static RawJson? Of(ReadOnlyMemory<byte>? utf8)
        => utf8 is not { IsEmpty: false } json ? null : new RawJson(IsJson(json.Span) ? json : "\"(no JSON)\""u8.ToArray());

    private static bool IsJson(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                // Reading checks; nothing is kept.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed class Converter : JsonConverter<RawJson>
    {
        public override bool HandleNull => true;

        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return new RawJson(JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray());
        }

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options)
        {
            if (value is null)
                writer.WriteNullValue();
            else
                writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true); // checked when it was made
        }
    }
}
