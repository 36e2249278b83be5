using System.Net;
using System.Runtime.InteropServices;
using Amazon.S3;
using Amazon.S3.Model;
using Longhaul;

namespace StorageMigration.Objects;

/// <summary>A multi-part upload, one part after the other. What has arrived is the server's word (ListParts), so that any process can go on.</summary>
internal sealed class S3Upload : IUpload
{
    private readonly IAmazonS3 _client;
    private readonly S3Calls _calls;
    private readonly string _bucket;
    private readonly string _key;
    private readonly List<PartETag> _parts;

    internal S3Upload(IAmazonS3 client, S3Calls calls, string bucket, string key, string id, List<PartETag> parts, long arrived = 0)
        => (_client, _calls, _bucket, _key, Token, _parts, Arrived) = (client, calls, bucket, key, id, parts, arrived);

    public string Token { get; }

    public long Arrived { get; private set; }

    /// <returns>Null: the server does not know it (any more), or knows other parts of it than were sent here.</returns>
    internal static async Task<S3Upload?> ResumeAsync(IAmazonS3 client, S3Calls calls, string bucket, string key, string id, long length, CancellationToken cancellationToken)
    {
        var parts = new List<PartETag>();
        var (arrived, marker, more) = (0L, 0, true);
        while (more)
        {
            var request = new ListPartsRequest { BucketName = bucket, Key = key, UploadId = id };
            if (marker > 0)
                request.PartNumberMarker = marker.ToString(System.Globalization.CultureInfo.InvariantCulture);
            ListPartsResponse page;
            try
            {
                page = await calls.RunAsync(token => client.ListPartsAsync(request, token), cancellationToken);
            }
            catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
            {
                return null;
            }

            foreach (var part in page.Parts ?? [])
            {
                marker = part.PartNumber ?? 0;
                // One that is missing, or cut otherwise, is sent again, and with it all that follow.
                if (marker == parts.Count + 1 && part.Size == Math.Min(UploadPieces.Of(length), length - arrived) && part.Size > 0)
                {
                    parts.Add(new PartETag(marker, part.ETag));
                    arrived += part.Size.Value;
                }
            }

            more = page.IsTruncated == true && page.Parts is { Count: > 0 };
        }

        return new S3Upload(client, calls, bucket, key, id, parts, arrived);
    }

    public async Task AppendAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        var number = _parts.Count + 1;
        UploadPartResponse sent;
        try
        {
            sent = await _calls.RunAsync(token => SendAsync(number, piece, token), cancellationToken);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            throw Forgotten(e);
        }

        _parts.Add(new PartETag(number, sent.ETag));
        Arrived += piece.Length;
    }

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        var request = new CompleteMultipartUploadRequest { BucketName = _bucket, Key = _key, UploadId = Token, PartETags = _parts };
        try
        {
            // Once: when the answer is lost the object may be there already, which only a look at it can tell.
            await _calls.RunOnceAsync(token => _client.CompleteMultipartUploadAsync(request, token), cancellationToken);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            throw Forgotten(e);
        }
    }

    public async Task AbortAsync(CancellationToken cancellationToken)
    {
        var request = new AbortMultipartUploadRequest { BucketName = _bucket, Key = _key, UploadId = Token };
        try
        {
            await _calls.RunAsync(token => _client.AbortMultipartUploadAsync(request, token), cancellationToken);
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
        {
            // It is gone, or the server forgets uploads by itself.
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<UploadPartResponse> SendAsync(int number, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await using var content = Open(piece);
        return await _client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = _bucket,
                Key = _key,
                UploadId = Token,
                PartNumber = number,
                PartSize = piece.Length,
                InputStream = content,
                UseChunkEncoding = false,
            },
            cancellationToken);
    }

    /// <summary>Who tries again begins it anew.</summary>
    private ThrottledException Forgotten(AmazonS3Exception e) => new(TimeSpan.Zero, $"the S3 server does not know the upload of '{_key}' any more", e);

    private static MemoryStream Open(ReadOnlyMemory<byte> piece)
        => MemoryMarshal.TryGetArray(piece, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(piece.ToArray(), writable: false);
}
