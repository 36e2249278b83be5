namespace PhotoIngest.Imaging;

/// <summary>Takes the picture that the camera embedded, where it is large enough: the way to read raw files, and quick.</summary>
internal sealed class ExifToolPreview(ExifTool exifTool, Vips vips) : IPreviewMethod
{
    public string Name => "exiftool_preview";

    public async Task MakeAsync(string original, string target, int longSide, CancellationToken cancellationToken)
    {
        var (preview, shape) = await EmbeddedPreview.ReadAsync(exifTool, original, cancellationToken);
        if (preview is null)
            throw new UnreadablePhotoException("no embedded preview");

        var needed = shape.LongSide == 0 ? longSide : Math.Min(longSide, shape.LongSide);
        if (preview.Shape.LongSide < needed)
            throw new UnreadablePhotoException($"the embedded preview is too small: {preview.Shape.Width} × {preview.Shape.Height} pixels, its long side must be {needed}");

        var extracted = target + ".embedded.jpg";
        try
        {
            await File.WriteAllBytesAsync(extracted, preview.WithOrientationOf(shape), cancellationToken);
            await vips.ShrinkAsync(extracted, target, longSide, cancellationToken);
        }
        finally
        {
            File.Delete(extracted);
        }
    }
}
