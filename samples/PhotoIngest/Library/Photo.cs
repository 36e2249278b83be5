using System.Globalization;

namespace PhotoIngest.Library;

/// <summary>A photo by its content: the same file under two names is one photo.</summary>
/// <param name="Uuid">Made from the content hash, so that whoever meets the file again finds it.</param>
/// <param name="Hash">SHA-256 in lower-case hex.</param>
/// <param name="Extension">With the dot.</param>
/// <param name="Name">The relative path under which it came first.</param>
/// <param name="Bytes">Size of the original.</param>
internal sealed record Photo(string Uuid, string Hash, string Extension, string Name, long Bytes)
{
    public PhotoState State { get; init; }

    /// <summary>Whether somebody has chosen it for the library.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Long side of its preview; null: it has none yet.</summary>
    public int? PreviewSize { get; init; }

    /// <summary>The <c>photos.folder</c> job that found it last.</summary>
    public long? TakenInBy { get; init; }

    /// <summary>A UUID of version 8 (RFC 9562: "custom") from the first 16 bytes of the hash.</summary>
    public static string UuidOf(ReadOnlySpan<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[16];
        hash[..16].CopyTo(bytes);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x80);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D", CultureInfo.InvariantCulture);
    }
}

/// <summary>How far a photo is.</summary>
internal enum PhotoState
{
    /// <summary>Copied; its preview is to come.</summary>
    Uploaded = 0,

    /// <summary>Has preview and thumbnail, waits to be confirmed or ingested.</summary>
    Previewed = 1,

    /// <summary>In the library.</summary>
    Ingested = 2,

    /// <summary>Given up, with a reason.</summary>
    Failed = 3,
}
