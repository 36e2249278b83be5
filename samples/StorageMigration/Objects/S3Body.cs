namespace StorageMigration.Objects;

/// <summary>Content that comes only once, made such that it can be sent again.</summary>
internal static class S3Body
{
    /// <summary>All of a small one.</summary>
    public static async Task<Stream> ReadAsync(Stream content, long length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        var read = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        Check(read, length);
        return new MemoryStream(bytes, writable: false);
    }

    /// <summary>A large one, piece after piece.</summary>
    public static async Task SendAsync(Stream content, long length, IUpload upload, CancellationToken cancellationToken)
    {
        var piece = new byte[UploadPieces.Of(length)];
        while (upload.Arrived < length)
        {
            var wanted = (int)Math.Min(piece.Length, length - upload.Arrived);
            var read = await content.ReadAtLeastAsync(piece.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, cancellationToken);
            if (read < wanted)
            {
                await upload.AbortAsync(cancellationToken);
                Check(upload.Arrived + read, length);
            }

            await upload.AppendAsync(piece.AsMemory(0, wanted), cancellationToken);
        }

        await upload.CompleteAsync(cancellationToken);
    }

    private static void Check(long read, long length)
    {
        if (read != length)
            throw new IOException($"The content must have {length} bytes, but had {read}: it has changed since it was listed.");
    }
}
