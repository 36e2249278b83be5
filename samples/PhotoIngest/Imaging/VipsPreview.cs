namespace PhotoIngest.Imaging;

/// <summary>Decodes the original itself.</summary>
internal sealed class VipsPreview(Vips vips) : IPreviewMethod
{
    public string Name => "vips_fallback";

    public Task MakeAsync(string original, string target, int longSide, CancellationToken cancellationToken) =>
        vips.ShrinkAsync(original, target, longSide, cancellationToken);
}
