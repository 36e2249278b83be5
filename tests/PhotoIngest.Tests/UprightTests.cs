using Microsoft.Extensions.Options;
using PhotoIngest.Demo;
using PhotoIngest.Imaging;

namespace PhotoIngest.Tests;

[Trait("Part", "samples")]
public sealed class UprightTests : IDisposable
{
    private static readonly string[] Upright = ["red", "green", "blue", "yellow"];

    private readonly TempFolder _folder = new();
    private readonly Vips _vips;
    private readonly ExifTool _exifTool;

    public UprightTests()
    {
        var options = Options.Create(new PhotoOptions());
        _vips = new Vips(options, TimeProvider.System);
        _exifTool = new ExifTool(options, TimeProvider.System);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int> Orientations => [1, 2, 3, 4, 5, 6, 7, 8];

    [Theory, MemberData(nameof(Orientations))]
    public async Task Preview_and_thumbnail_are_upright_by_pixels(int orientation)
    {
        var (original, preview, thumbnail) = (_folder.File("o.jpg"), _folder.File("p.jpg"), _folder.File("t.jpg"));
        await Pictures.QuartersAsync(original, 1200, 800, orientation);

        await new VipsPreview(_vips).MakeAsync(original, preview, 600, Cancel);
        await _vips.CropSquareAsync(preview, thumbnail, 200, Cancel);

        Pictures.Size(preview).ShouldBe((600, 400));
        Pictures.Size(thumbnail).ShouldBe((200, 200));
        (await Pictures.CornersAsync(preview)).ShouldBe(Upright);
        (await Pictures.CornersAsync(thumbnail)).ShouldBe(Upright);
    }

    [Theory, MemberData(nameof(Orientations))]
    public async Task An_embedded_preview_comes_out_upright(int orientation)
    {
        var raw = await RawAsync(orientation, embeddedOrientation: orientation);

        await new ExifToolPreview(_exifTool, _vips).MakeAsync(raw, _folder.File("p.jpg"), 600, Cancel);

        Pictures.Size(_folder.File("p.jpg")).ShouldBe((600, 400));
        (await Pictures.CornersAsync(_folder.File("p.jpg"))).ShouldBe(Upright);
    }

    [Theory, InlineData(5), InlineData(6), InlineData(7), InlineData(8)]
    public async Task An_embedded_preview_that_the_camera_has_turned_already_is_left_alone(int orientation)
    {
        var raw = await RawAsync(orientation, embeddedOrientation: 1);

        await new ExifToolPreview(_exifTool, _vips).MakeAsync(raw, _folder.File("p.jpg"), 600, Cancel);

        (await Pictures.CornersAsync(_folder.File("p.jpg"))).ShouldBe(Upright);
    }

    [Fact]
    public async Task An_embedded_preview_that_is_too_small_is_refused_and_vips_reads_no_raw_file()
    {
        var raw = await RawAsync(orientation: 1, embeddedOrientation: 1, width: 4000, height: 3000);

        var embedded = new ExifToolPreview(_exifTool, _vips).MakeAsync(raw, _folder.File("p.jpg"), 2048, Cancel);
        (await Should.ThrowAsync<UnreadablePhotoException>(embedded)).Message
            .ShouldBe("the embedded preview is too small: 1200 × 800 pixels, its long side must be 2048");
        var decoded = new VipsPreview(_vips).MakeAsync(raw, _folder.File("p.jpg"), 2048, Cancel);
        (await Should.ThrowAsync<UnreadablePhotoException>(decoded)).Message.ShouldStartWith("a raw file");
        File.Exists(_folder.File("p.jpg")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_small_picture_keeps_its_size_but_its_thumbnail_fills_the_square()
    {
        await Pictures.QuartersAsync(_folder.File("o.jpg"), 160, 120);

        await _vips.ShrinkAsync(_folder.File("o.jpg"), _folder.File("p.jpg"), 2048, Cancel);
        await _vips.CropSquareAsync(_folder.File("p.jpg"), _folder.File("t.jpg"), 400, Cancel);

        Pictures.Size(_folder.File("p.jpg")).ShouldBe((160, 120));
        Pictures.Size(_folder.File("t.jpg")).ShouldBe((400, 400));
    }

    public void Dispose()
    {
        _exifTool.Dispose();
        _folder.Dispose();
    }

    /// <summary>A raw file of a camera that was held some way, with a preview whose own bytes do not say how.</summary>
    private async Task<string> RawAsync(int orientation, int embeddedOrientation, int width = 1200, int height = 800)
    {
        var (jpeg, raw) = (_folder.File("embedded.jpg"), _folder.File("raw.dng"));
        await Pictures.QuartersAsync(jpeg, 1200, 800, embeddedOrientation);
        if (embeddedOrientation != 1)
            await Pictures.RunAsync("exiftool", "-overwrite_original", "-all=", jpeg);
        var (storedWidth, storedHeight) = orientation >= 5 ? (height, width) : (width, height);
        await File.WriteAllBytesAsync(raw, RawFile.Create(await File.ReadAllBytesAsync(jpeg, Cancel), storedWidth, storedHeight), Cancel);
        await Pictures.RunAsync("exiftool", "-overwrite_original", $"-Orientation#={orientation}", raw);
        return raw;
    }
}
