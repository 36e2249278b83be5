using MetadataExtractor;
using MetadataExtractor.Formats.Exif;
using MetadataExtractor.Formats.Icc;
using MetadataExtractor.Formats.Jpeg;

namespace PhotoIngest.Imaging;

/// <summary>A picture's size in pixels as stored (0: unknown), and its EXIF orientation (null: it does not say).</summary>
internal readonly record struct Shape(int Width, int Height, int? Orientation = null)
{
    private const int ColourComponents = 3;

    public int LongSide => Math.Max(Width, Height);

    /// <summary>Whether a viewer shows it with width and height exchanged.</summary>
    public bool LiesOnItsSide => Orientation is >= 5 and <= 8;

    /// <summary>Whether its pixels are sRGB as they are: three components and no colour profile.</summary>
    public bool IsSrgb { get; init; }

    /// <summary>Reads a JPEG's header; null: it is none, or its header is beyond repair.</summary>
    public static Shape? OfJpeg(Stream jpeg)
    {
        try
        {
            var directories = JpegMetadataReader.ReadMetadata(jpeg);
            var frame = directories.OfType<JpegDirectory>().First();
            var exif = directories.OfType<ExifIfd0Directory>().FirstOrDefault();
            int? orientation = exif is not null && exif.TryGetInt32(ExifDirectoryBase.TagOrientation, out var value) ? value : null;
            return new Shape(frame.GetImageWidth(), frame.GetImageHeight(), orientation)
            {
                IsSrgb = frame.GetNumberOfComponents() == ColourComponents && !directories.OfType<IccDirectory>().Any(),
            };
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null; // whatever a parser trips over in malformed metadata: vips decides whether the picture can be read
        }
    }

    public static Shape? OfJpeg(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read);
        return OfJpeg(stream);
    }
}
