namespace StorageMigration.Objects;

/// <summary>How large objects are cut.</summary>
internal static class UploadPieces
{
    /// <summary>The most pieces that a store takes (S3).</summary>
    public const int Most = 10_000;

    /// <summary>Bytes of a piece of all but the very largest objects: above the 5 MiB that S3 asks for, and a multiple of the 256 KiB that Google Drive asks for.</summary>
    public const int Bytes = 8 * 1024 * 1024;

    /// <summary>From this length on an object is written in pieces, so that it can go on after a crash.</summary>
    public const long WorthIt = 2L * Bytes;

    /// <summary>Bytes of a piece of an object: more where it would have too many pieces.</summary>
    public static int Of(long length) => checked((int)(Bytes * Math.Max(1, (length + ((long)Most * Bytes) - 1) / ((long)Most * Bytes))));
}
