namespace PhotoIngest.Imaging;

/// <summary>What the library keeps of a photo's metadata.</summary>
internal sealed record PhotoMetadata
{
    public string? Camera { get; init; }

    public string? Lens { get; init; }

    /// <summary>By the camera's clock.</summary>
    public DateTime? TakenAt { get; init; }

    public double? Latitude { get; init; }

    public double? Longitude { get; init; }

    /// <summary>In pixels, as a viewer shows it: upright.</summary>
    public int? Width { get; init; }

    public int? Height { get; init; }

    public string? Format { get; init; }

    public static async Task<PhotoMetadata> ReadAsync(ExifTool exifTool, string file, CancellationToken cancellationToken)
    {
        var tags = await exifTool.ReadAsync(
            file,
            ["-Make", "-Model", "-LensModel", "-LensID", "-DateTimeOriginal", "-CreateDate", "-Composite:GPSLatitude#", "-Composite:GPSLongitude#",
                "-ImageWidth", "-ImageHeight", "-Orientation#", "-FileType"],
            cancellationToken);
        var (width, height) = (tags.Number("ImageWidth"), tags.Number("ImageHeight"));
        var lies = tags.Number("Orientation") is >= 5 and <= 8;
        var latitude = tags.Degrees("GPSLatitude", 90);
        var longitude = tags.Degrees("GPSLongitude", 180);
        return new PhotoMetadata
        {
            Camera = NameCamera(tags.Text("Make"), tags.Text("Model")),
            Lens = Known(tags.Text("LensModel")) ?? Known(tags.Text("LensID")),
            TakenAt = tags.Time("DateTimeOriginal") ?? tags.Time("CreateDate"),
            Latitude = longitude is null ? null : latitude,
            Longitude = latitude is null ? null : longitude,
            Width = lies ? height : width,
            Height = lies ? width : height,
            Format = tags.Text("FileType"),
        };
    }

    /// <summary>Most models name their maker already.</summary>
    private static string? NameCamera(string? make, string? model) =>
        make is null || model is null || model.StartsWith(make.Split(' ')[0], StringComparison.OrdinalIgnoreCase) ? model ?? make : $"{make} {model}";

    private static string? Known(string? lens) =>
        lens is null || lens.StartsWith("Unknown", StringComparison.Ordinal) || lens.All(c => c is '-' or ' ') ? null : lens;
}
