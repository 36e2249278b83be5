using System.Globalization;

namespace PhotoIngest.Demo;

/// <summary>One photo of the sample set.</summary>
internal sealed record SamplePhoto(string Name, Scene Scene, SampleCamera? Camera)
{
    /// <summary>What writes its EXIF, for exiftool's <c>-@</c>.</summary>
    public IEnumerable<string> ExifToolArguments(string folder)
    {
        yield return "-overwrite_original";
        yield return $"-Orientation#={Scene.Orientation}";
        yield return $"-DateTimeOriginal={new DateTime(2024, 6, 1, 8, 0, 0, DateTimeKind.Unspecified).AddHours(Scene.Number):yyyy:MM:dd HH:mm:ss}";
        yield return $"-Make={Camera!.Make}";
        yield return $"-Model={Camera.Model}";
        yield return $"-LensModel={Camera.Lens}";
        if (Camera is { Latitude: { } latitude, Longitude: { } longitude })
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"-GPSLatitude={Math.Abs(latitude)}");
            yield return $"-GPSLatitudeRef={(latitude < 0 ? "S" : "N")}";
            yield return string.Create(CultureInfo.InvariantCulture, $"-GPSLongitude={Math.Abs(longitude)}");
            yield return $"-GPSLongitudeRef={(longitude < 0 ? "W" : "E")}";
        }

        yield return Path.Combine(folder, Name);
        yield return "-execute";
    }
}

/// <summary>A camera, its lens, and where it was.</summary>
internal sealed record SampleCamera(string Make, string Model, string Lens, double? Latitude, double? Longitude);
