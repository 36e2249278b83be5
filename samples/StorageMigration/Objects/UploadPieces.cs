namespace StorageMigration.Objects;

/// <summary>How large objects are cut.</summary>
internal static class UploadPieces
{
    /// <summary>Bytes of a piece: above the 5 MiB that S3 asks for, and a multiple of the 256 KiB that Google Drive asks for.</summary>
    public const int Bytes = 8 * 1024 * 1024;

    /// <summary>From this length on an object is written in pieces, so that it can go on after a crash.</summary>
    public const long WorthIt = 2L * Bytes;
}
