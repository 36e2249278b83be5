namespace PhotoIngest.Imaging;

/// <summary>Tells by the first bytes what a file is, whatever its name says. Cheap: decoding is left to the preview.</summary>
internal static class FileProbe
{
    /// <summary>So many bytes are enough.</summary>
    public const int HeadLength = 64;

    private static readonly Signature[] Signatures =
    [
        new(0, [0xFF, 0xD8, 0xFF], "JPEG", ".jpg", ".jpeg", ".jpe"),
        new(0, [0x89, .. "PNG\r\n"u8], "PNG", ".png"),
        new(0, [.. "GIF8"u8], "GIF", ".gif"),
        new(8, [.. "WEBP"u8], "WebP", ".webp"),
        new(0, [.. "II*\0"u8], "TIFF", ".tif", ".tiff", ".dng", ".nef", ".cr2", ".arw", ".pef", ".srw"),
        new(0, [.. "MM\0*"u8], "TIFF", ".tif", ".tiff", ".dng", ".nef", ".pef"),
        new(4, [.. "ftyphei"u8], "HEIF", ".heic", ".heif"),
        new(4, [.. "ftyphev"u8], "HEIF", ".heic", ".heif"),
        new(4, [.. "ftypmif1"u8], "HEIF", ".heic", ".heif", ".avif"),
        new(4, [.. "ftypmsf1"u8], "HEIF", ".heic", ".heif"),
        new(4, [.. "ftypavi"u8], "AVIF", ".avif"),
        new(4, [.. "ftypcrx"u8], "Canon raw", ".cr3"),
        new(0, [.. "FUJIFILMCCD-RAW"u8], "Fujifilm raw", ".raf"),
        new(0, [.. "IIRO"u8], "Olympus raw", ".orf"),
        new(0, [.. "IIRS"u8], "Olympus raw", ".orf"),
        new(0, [.. "IIU\0"u8], "Panasonic raw", ".rw2"),
    ];

    private static readonly Signature[] Others =
    [
        new(4, [.. "ftyp"u8], "a video"),
        new(0, [.. "%PDF"u8], "a PDF document"),
        new(0, [.. "PK"u8], "a ZIP archive or office document"),
        new(0, [.. "BM"u8], "a Windows bitmap, which is not read here"),
        new(8, [.. "AVI "u8], "a video"),
        new(0, [0x1A, 0x45, 0xDF, 0xA3], "a video"),
    ];

    private static readonly string[] Raw = [".dng", ".nef", ".cr2", ".cr3", ".arw", ".pef", ".srw", ".raf", ".orf", ".rw2"];

    /// <summary>Whether it holds what the sensor saw, still to be developed.</summary>
    public static bool IsRaw(string file) => Raw.Contains(Path.GetExtension(file));

    /// <summary>The extension that the file gets: its own where that fits its content.</summary>
    /// <exception cref="UnreadablePhotoException">It is no photo.</exception>
    public static string ExtensionOf(ReadOnlySpan<byte> head, string name)
    {
        if (head.IsEmpty)
            throw new UnreadablePhotoException("the file is empty");
        if (Find(Signatures, head) is not { } format)
            throw new UnreadablePhotoException($"not a photo: {(Find(Others, head)?.Name ?? Guess(head))}");

        var extension = Path.GetExtension(name).ToLowerInvariant();
        return format.Extensions.Contains(extension) ? extension : format.Extensions[0];
    }

    private static Signature? Find(Signature[] signatures, ReadOnlySpan<byte> head)
    {
        foreach (var signature in signatures)
        {
            if (head.Length >= signature.At + signature.Bytes.Length && head[signature.At..].StartsWith(signature.Bytes))
                return signature;
        }

        return null;
    }

    private static string Guess(ReadOnlySpan<byte> head)
    {
        var isText = head.IndexOfAnyExceptInRange((byte)' ', (byte)'~') is var other && (other < 0 || head[other] is (byte)'\n' or (byte)'\r' or (byte)'\t' or >= 0x80);
        return isText && !head.Contains((byte)0)
            ? "a text file"
            : $"of no known kind (begins with {Convert.ToHexString(head[..Math.Min(4, head.Length)])})";
    }

    private sealed record Signature(int At, byte[] Bytes, string Name, params string[] Extensions);
}
