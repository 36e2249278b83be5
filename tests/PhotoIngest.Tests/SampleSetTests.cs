using Microsoft.Extensions.Options;
using PhotoIngest.Demo;
using PhotoIngest.Imaging;

namespace PhotoIngest.Tests;

[Trait("Part", "samples")]
public sealed class SampleSetTests
{
    [Fact]
    public async Task The_small_set_has_photos_of_all_kinds()
    {
        using var folder = new TempFolder();
        var options = Options.Create(new PhotoOptions());
        var set = Path.Combine(folder.Path, "set");

        await new SampleSet(options, TimeProvider.System).MakeAsync(set, TestContext.Current.CancellationToken);

        var files = Directory.GetFiles(set, "*", SearchOption.AllDirectories);
        files.Length.ShouldBe(27);
        Directory.GetDirectories(folder.Path).ShouldBe([set], "what was half made has gone");
        using var exifTool = new ExifTool(options, TimeProvider.System);
        var turned = await PhotoMetadata.ReadAsync(exifTool, Path.Combine(set, "held", "orientation-6.jpg"), TestContext.Current.CancellationToken);
        turned.ShouldBe(new PhotoMetadata
        {
            Camera = "FUJIFILM X-T4",
            Lens = "XF35mmF1.4 R",
            TakenAt = new DateTime(2024, 6, 1, 14, 0, 0),
            Latitude = -33.8568,
            Longitude = 151.2153,
            Width = 1200,
            Height = 800,
            Format = "JPEG",
        });
    }
}
