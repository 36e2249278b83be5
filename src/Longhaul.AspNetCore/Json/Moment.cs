using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Longhaul.AspNetCore.Json;

/// <summary>A moment in a request: ISO 8601 with an offset. Kept as it came, like <see cref="Duration"/>.</summary>
/// <param name="Value">The moment; null: <paramref name="Text"/> is none.</param>
/// <param name="Text">As it was written.</param>
[JsonConverter(typeof(Converter))]
internal readonly partial record struct Moment(DateTimeOffset? Value, string Text)
{
    public static Moment Parse(string text) => new(
        Iso.IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) && at.UtcDateTime.Year is > 1970 and < 9999 ? at : null,
        text);

    // Without an offset nobody knows which moment is meant.
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Iso { get; }

    private sealed class Converter : JsonConverter<Moment>
    {
        public override Moment Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => reader.TokenType == JsonTokenType.String ? Parse(reader.GetString()!) : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, Moment value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }
}
