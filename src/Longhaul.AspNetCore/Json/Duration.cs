using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Longhaul.AspNetCore.Json;

/// <summary>A length of time in a request: a number of seconds, or <c>PT1H30M</c>. Kept as it came: what is wrong with it is told with its member's name.</summary>
/// <param name="Value">The length; null: <paramref name="Text"/> is none.</param>
/// <param name="Text">As it was written.</param>
[JsonConverter(typeof(Converter))]
internal readonly partial record struct Duration(TimeSpan? Value, string Text)
{
    private static Duration Parse(string text)
    {
        var match = Iso.Match(text);
        if (!match.Success || text.EndsWith('P') || text.EndsWith('T'))
            return new Duration(null, text);
        double Part(string name) => match.Groups[name] is { Success: true } part ? double.Parse(part.ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : 0;
        return OfSeconds((Part("d") * 86_400) + (Part("h") * 3_600) + (Part("m") * 60) + Part("s"), text);
    }

    private static Duration OfSeconds(double seconds, string text)
        => new(seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null, text);

    // Months and weeks have no fixed length, or people disagree on them.
    [GeneratedRegex(@"^P((?<d>\d{1,7})D)?(T((?<h>\d{1,7})H)?((?<m>\d{1,9})M)?((?<s>\d{1,11}(\.\d{1,7})?)S)?)?$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Iso { get; }

    private sealed class Converter : JsonConverter<Duration>
    {
        public override Duration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Number => reader.TryGetDouble(out var seconds)
                ? OfSeconds(seconds, seconds.ToString(CultureInfo.InvariantCulture)) : new Duration(null, "a number out of range"),
            JsonTokenType.String => Parse(reader.GetString()!),
            _ => throw new JsonException(),
        };

        public override void Write(Utf8JsonWriter writer, Duration value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }
}
