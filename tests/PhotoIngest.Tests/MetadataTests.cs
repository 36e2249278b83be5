using Microsoft.Extensions.Options;
using PhotoIngest.Imaging;

namespace PhotoIngest.Tests;

[Trait("Part", "samples")]
public sealed class MetadataTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ExifTool _exifTool = new(Options.Create(new PhotoOptions()), TimeProvider.System);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Camera_time_place_lens_and_upright_size_are_read()
    {
        await Pictures.SceneAsync(_folder.File("a.jpg"), 1, 320, 240);
        await Pictures.RunAsync(
            "exiftool", "-overwrite_original", "-Make=NIKON CORPORATION", "-Model=NIKON D750", "-LensModel=24-70mm", "-DateTimeOriginal=2024:06:01 09:30:00",
            "-GPSLatitude=33.5", "-GPSLatitudeRef=S", "-GPSLongitude=151.25", "-GPSLongitudeRef=E", "-Orientation#=6", _folder.File("a.jpg"));

        var found = await PhotoMetadata.ReadAsync(_exifTool, _folder.File("a.jpg"), Cancel);

        found.ShouldBe(new PhotoMetadata
        {
            Camera = "NIKON D750",
            Lens = "24-70mm",
            TakenAt = new DateTime(2024, 6, 1, 9, 30, 0),
            Latitude = -33.5,
            Longitude = 151.25,
            Width = 240,
            Height = 320,
            Format = "JPEG",
        });
    }

    [Fact]
    public async Task Metadata_that_is_malformed_or_absurd_is_left_out_and_fails_nothing()
    {
        await Pictures.SceneAsync(_folder.File("a.jpg"), 1);
        var jpeg = await File.ReadAllBytesAsync(_folder.File("a.jpg"), Cancel);
        await File.WriteAllBytesAsync(_folder.File("bad.jpg"), [.. jpeg.AsSpan(0, 2), 0xFF, 0xE1, 0, 20, .. "Exif\0\0II*\0"u8, 0xFF, 0xFF, 0xFF, 0x7F, 9, 9, 9, 9, .. jpeg.AsSpan(2)], Cancel);

        var found = await PhotoMetadata.ReadAsync(_exifTool, _folder.File("bad.jpg"), Cancel);

        found.ShouldBe(new PhotoMetadata { Width = 320, Height = 240, Format = "JPEG" });
        ExifTags.Parse("not json").Text("Model").ShouldBeNull();
        ExifTags.Parse("""[{"DateTimeOriginal":"0000:00:00 00:00:00","GPSLatitude":500}]""").Time("DateTimeOriginal").ShouldBeNull();
        ExifTags.Parse("""[{"GPSLatitude":500}]""").Degrees("GPSLatitude", 90).ShouldBeNull();
    }

    [Fact]
    public async Task An_exiftool_that_was_killed_is_started_again()
    {
        await Pictures.SceneAsync(_folder.File("a.jpg"), 1);
        await PhotoMetadata.ReadAsync(_exifTool, _folder.File("a.jpg"), Cancel);

        foreach (var process in _exifTool.Idle)
            process.Kill();

        (await PhotoMetadata.ReadAsync(_exifTool, _folder.File("a.jpg"), Cancel)).Format.ShouldBe("JPEG");
    }

    public void Dispose()
    {
        _exifTool.Dispose();
        _folder.Dispose();
    }
}
