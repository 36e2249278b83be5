using Microsoft.Extensions.Options;

namespace PhotoIngest.Imaging;

/// <summary>Makes smaller pictures with libvips' command line: upright by pixels, sRGB, without metadata.</summary>
internal sealed class Vips(IOptions<PhotoOptions> options, TimeProvider time)
{
    // One thread each: the worker runs several photos at once. Loaders that libvips does not trust stay shut.
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["VIPS_CONCURRENCY"] = "1",
        ["VIPS_BLOCK_UNTRUSTED"] = "1",
        ["VIPS_WARNING"] = "1", // set to anything: warnings are kept off stderr, errors stay
    };

    private readonly PhotoOptions _options = options.Value;

    /// <summary>Fits the picture into a square of this many pixels; a smaller one keeps its size.</summary>
    /// <exception cref="UnreadablePhotoException">Its pixels cannot be decoded, or not all of them.</exception>
    public Task ShrinkAsync(string source, string target, int longSide, CancellationToken cancellationToken)
    {
        // Most photos are sRGB already, and converting takes a quarter of the time.
        string[] colours = Shape.OfJpeg(source) is { IsSrgb: true } ? [] : ["--export-profile", "srgb"];
        return ThumbnailAsync(source, target, [$"{longSide}", "--height", $"{longSide}", "--fail-on", "truncated", "--size", "down", .. colours], cancellationToken);
    }

    /// <summary>Fills a square of this many pixels from the middle of a picture that is upright and sRGB already; a smaller one is enlarged, for in a gallery all are of one size.</summary>
    public Task CropSquareAsync(string source, string target, int side, CancellationToken cancellationToken) =>
        ThumbnailAsync(source, target, [$"{side}", "--height", $"{side}", "--crop", "centre"], cancellationToken);

    private async Task ThumbnailAsync(string source, string target, string[] size, CancellationToken cancellationToken)
    {
        // What is transparent becomes white. vips reads options in brackets at the end of both names, so names come from us alone.
        var output = $"{target}[Q={_options.JpegQuality},strip,background=255]";
        var call = new ToolCall("vips", ["thumbnail", source, output, .. size], _options.ToolLimit) { Environment = Environment };
        var result = await ToolProcess.RunAsync(call, time, cancellationToken);
        if (result.ExitCode != 0)
            throw VipsErrors.Explain(result.Error);
    }
}
