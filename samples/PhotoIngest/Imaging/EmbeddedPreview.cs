using System.Buffers.Binary;

namespace PhotoIngest.Imaging;

/// <summary>A picture that the camera put into the file beside the original: in raw files often as large.</summary>
internal sealed record EmbeddedPreview(byte[] Jpeg, Shape Shape)
{
    private static readonly string[] Tags = ["JpgFromRaw", "PreviewImage", "OtherImage"];

    /// <summary>The largest one, and the shape of the original.</summary>
    public static async Task<(EmbeddedPreview? Preview, Shape Original)> ReadAsync(ExifTool exifTool, string file, CancellationToken cancellationToken)
    {
        string[] wanted = ["-b", "-ImageWidth", "-ImageHeight", "-Orientation#", .. Tags.Select(tag => "-" + tag)];
        var tags = await exifTool.ReadAsync(file, wanted, cancellationToken);
        var original = new Shape(tags.Number("ImageWidth") ?? 0, tags.Number("ImageHeight") ?? 0, tags.Number("Orientation"));
        var previews =
            from jpeg in Tags.Select(tags.Bytes)
            where jpeg is not null
            let shape = Shape.OfJpeg(new MemoryStream(jpeg))
            where shape is not null
            orderby shape.Value.LongSide descending
            select new EmbeddedPreview(jpeg, shape.Value);
        return (previews.FirstOrDefault(), original);
    }

    /// <summary>
    /// The bytes with an orientation by which they come out upright. An embedded picture lies as the sensor did, and seldom says so itself:
    /// then it is told. One whose shape shows that the camera has turned it already is left alone.
    /// </summary>
    public byte[] WithOrientationOf(Shape original)
    {
        var isTurned = original.LiesOnItsSide && IsWide(Shape) is { } wide && IsWide(original) is { } originalWide && wide != originalWide;
        return Shape.Orientation is null && !isTurned && original.Orientation is >= 2 and <= 8 ? Insert((ushort)original.Orientation) : Jpeg;

        static bool? IsWide(Shape shape) => shape.Width == shape.Height ? null : shape.Width > shape.Height;
    }

    /// <summary>Puts a minimal EXIF block with this one tag behind the start marker.</summary>
    private byte[] Insert(ushort orientation)
    {
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(exif.AsSpan(28), orientation);
        return [.. Jpeg.AsSpan(0, 2), .. exif, .. Jpeg.AsSpan(2)];
    }
}
