namespace PhotoIngest.Imaging;

/// <summary>Decodes the original itself.</summary>
internal sealed class VipsPreview(Vips vips) : IPreviewMethod
{
    public string Name => "vips_fallback";

    public async Task MakeAsync(string original, string target, int longSide, CancellationToken cancellationToken)
    {
        if (FileProbe.IsRaw(original))
            throw new UnreadablePhotoException("a raw file, of which vips would read a thumbnail at best");
        await vips.ShrinkAsync(original, target, longSide, cancellationToken);
    }
}
