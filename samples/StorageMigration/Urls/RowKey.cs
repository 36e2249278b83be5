using System.Globalization;
using System.Text.Json;

namespace StorageMigration.Urls;

/// <summary>The key of a row as text: a JSON array of its values. Also the cursor that stands behind the row.</summary>
internal static class RowKey
{
    /// <param name="values">Texts; in SQLite also whole numbers, real numbers and bytes, each of which stays what it is.</param>
    public static string Write(IReadOnlyList<object> values)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (var value in values)
                Write(json, value);
            json.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <exception cref="JsonException">It is no key.</exception>
    public static object[] Read(string key)
    {
        using var document = JsonDocument.Parse(key);
        return [.. document.RootElement.EnumerateArray().Select(Read)];
    }

    private static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteStringValue(text);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double real:
                json.WriteStartObject();
                json.WriteString("real", real.ToString("R", CultureInfo.InvariantCulture));
                json.WriteEndObject();
                break;
            case byte[] bytes:
                json.WriteStartObject();
                json.WriteString("bytes", Convert.ToHexString(bytes));
                json.WriteEndObject();
                break;
            default:
                throw new InvalidOperationException($"A key must be of texts, numbers and bytes, but holds a {value.GetType().Name}.");
        }
    }

    private static object Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetInt64(),
        JsonValueKind.Object when value.TryGetProperty("real", out var real) => double.Parse(real.GetString()!, CultureInfo.InvariantCulture),
        JsonValueKind.Object when value.TryGetProperty("bytes", out var bytes) => Convert.FromHexString(bytes.GetString()!),
        _ => throw new JsonException($"A key must be a JSON array of texts, numbers and bytes, but holds {value.ValueKind}."),
    };
}
