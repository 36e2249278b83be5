using System.Globalization;
using System.Text.Json;

namespace PhotoIngest.Imaging;

/// <summary>What exiftool told of one file. Whatever is missing, malformed or absurd is null: bad metadata never fails a photo.</summary>
internal sealed class ExifTags(IReadOnlyDictionary<string, string> values)
{
    private const string Base64 = "base64:";

    public static ExifTags Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return new ExifTags(document.RootElement[0].EnumerateObject()
                .DistinctBy(tag => tag.Name)
                .ToDictionary(tag => tag.Name, tag => tag.Value.ToString()));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            return new ExifTags(new Dictionary<string, string>());
        }
    }

    public string? Text(string tag) =>
        values.GetValueOrDefault(tag)?.Trim(' ', '\0') is { Length: > 0 } text ? text : null;

    public int? Number(string tag) =>
        int.TryParse(Text(tag), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;

    public double? Degrees(string tag, double most) =>
        double.TryParse(Text(tag), NumberStyles.Float, CultureInfo.InvariantCulture, out var degrees) && Math.Abs(degrees) <= most ? degrees : null;

    /// <summary>EXIF's <c>2008:10:22 16:28:39</c>, which has no time zone.</summary>
    public DateTime? Time(string tag) =>
        DateTime.TryParseExact(Text(tag)?[..Math.Min(19, Text(tag)!.Length)], "yyyy:MM:dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;

    public byte[]? Bytes(string tag)
    {
        if (Text(tag) is not { } text || !text.StartsWith(Base64, StringComparison.Ordinal))
            return null;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64Chars(text.AsSpan(Base64.Length), bytes, out var length) ? bytes[..length] : null;
    }
}
