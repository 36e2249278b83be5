using System.Buffers;
using System.Security.Cryptography;
using StorageMigration.Objects;

namespace StorageMigration.Migration;

/// <summary>
/// The checksum of an object: SHA-256 of its bytes, or for one that is copied in pieces, of the SHA-256 of its pieces in turn,
/// so that a copy that goes on in another process need not read what has arrived again.
/// </summary>
internal static class ObjectDigest
{
    private const int BufferBytes = 128 * 1024;

    public static bool IsInPieces(long length) => length >= UploadPieces.WorthIt;

    public static string Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string OfPieces(IEnumerable<string> pieces)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var piece in pieces)
            hash.AppendData(Convert.FromHexString(piece));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Reads an object to its end.</summary>
    public static async Task<string> ReadAsync(IObjectStore store, StoredObject stored, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(stored, 0, cancellationToken);
        if (!IsInPieces(stored.Length))
            return (await ReadPieceAsync(content, long.MaxValue, cancellationToken)).Digest;
        var pieces = new List<string>();
        while (await ReadPieceAsync(content, UploadPieces.Of(stored.Length), cancellationToken) is { Length: > 0 } piece)
            pieces.Add(piece.Digest);
        return OfPieces(pieces);
    }

    private static async Task<(string Digest, long Length)> ReadPieceAsync(Stream content, long most, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var length = 0L;
            while (length < most && await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most - length)), cancellationToken) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
                length += read;
            }

            return (Convert.ToHexStringLower(hash.GetHashAndReset()), length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
