using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace StorageMigration.Objects;

/// <summary>A bucket, or what lies below a prefix of it, on any server that speaks S3. Credentials come from the environment, as for every program of Amazon's.</summary>
internal sealed class S3Store : IObjectStore
{
    private const int LongestKey = 1_024;
    private const int LargestPage = 1_000;
    private const long Largest = 5L << 40;

    private readonly int _pageSize;
    private readonly S3Address _address;
    private readonly AmazonS3Client _client;
    private readonly S3Calls _calls;
    private readonly ConditionalWeakTable<StoredObject, ObjectFacts> _found = []; // a HEAD tells both

    /// <param name="address">The bucket.</param>
    /// <param name="gate">Asked before each request.</param>
    /// <param name="pageSize">Objects of a page of a listing.</param>
    public S3Store(S3Address address, IRequestGate gate, int pageSize = LargestPage)
    {
        (_address, _calls, _pageSize) = (address, new S3Calls(gate, TimeProvider.System), pageSize);
        var config = new AmazonS3Config
        {
            ForcePathStyle = true,
            MaxErrorRetry = 0, // S3Calls knows better how long to wait
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, // not every server knows the newer ones
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            Timeout = TimeSpan.FromMinutes(5),
        };
        if (address.Endpoint is { } endpoint)
            (config.ServiceURL, config.AuthenticationRegion) = (endpoint.GetLeftPart(UriPartial.Authority), address.Region);
        else
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(address.Region);
        _client = new AmazonS3Client(config);
    }

    public static ObjectStoreKind Kind { get; } = new(S3Address.Scheme, static (uri, gate) => new S3Store(S3Address.Parse(uri), gate));

    public string Address => _address.ToString();

    public async IAsyncEnumerable<StoredObject> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // The first version of the call: its marker is a key, so that it goes on from one in any process.
        var marker = after is null ? null : KeyOf(after);
        ListObjectsResponse page;
        do
        {
            var request = new ListObjectsRequest { BucketName = _address.Bucket, Prefix = _address.Prefix, Marker = marker, MaxKeys = _pageSize };
            page = await _calls.RunAsync(token => _client.ListObjectsAsync(request, token), cancellationToken);
            foreach (var found in page.S3Objects ?? [])
            {
                marker = found.Key;
                var key = found.Key[_address.Prefix.Length..];
                if (key.Length > 0 && !key.EndsWith('/')) // consoles make empty objects of that form to show folders
                    yield return new StoredObject(key, key, found.Size ?? 0, At(found.LastModified), TagOf(found.ETag));
            }
        }
        while (page.IsTruncated == true);
    }

    public async Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (Encoding.UTF8.GetByteCount(KeyOf(key)) > LongestKey || key.Contains('\0', StringComparison.Ordinal))
            return null; // no server holds such a key, and some answer as if they were in trouble
        if (await HeadAsync(key, cancellationToken) is not { } head)
            return null;
        var stored = new StoredObject(key, key, head.ContentLength, At(head.LastModified), TagOf(head.ETag));
        _found.Add(stored, S3Facts.Read(head.Headers, head.Metadata));
        return stored;
    }

    public async Task<ObjectFacts> ReadFactsAsync(StoredObject stored, CancellationToken cancellationToken)
    {
        if (_found.TryGetValue(stored, out var known))
            return known;
        return await HeadAsync(stored.Key, cancellationToken) is { } head ? S3Facts.Read(head.Headers, head.Metadata) : throw Gone(stored.Key);
    }

    public async Task<Stream> OpenAsync(StoredObject stored, long offset, CancellationToken cancellationToken)
    {
        if (offset >= stored.Length)
            return Stream.Null;
        var request = new GetObjectRequest { BucketName = _address.Bucket, Key = KeyOf(stored.Key) };
        if (offset > 0)
        {
            request.ByteRange = new ByteRange(offset, stored.Length - 1);
            request.EtagToMatch = stored.Tag is { } tag ? $"\"{tag}\"" : null; // what was read before must be of the same content
        }

        try
        {
            return new S3ReadStream(await _calls.RunAsync(token => _client.GetObjectAsync(request, token), cancellationToken));
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed)
        {
            throw Gone(stored.Key, e);
        }
    }

    public async Task WriteAsync(string key, ObjectFacts facts, long length, Stream content, CancellationToken cancellationToken)
    {
        if (content.CanSeek)
        {
            await PutAsync(key, facts, content, cancellationToken);
        }
        else if (length < UploadPieces.WorthIt)
        {
            await PutAsync(key, facts, await S3Body.ReadAsync(content, length, cancellationToken), cancellationToken);
        }
        else
        {
            await using var upload = await BeginAsync(key, facts, length, cancellationToken);
            await S3Body.SendAsync(content, length, upload, cancellationToken);
        }
    }

    public async Task<IUpload> BeginAsync(string key, ObjectFacts facts, long length, CancellationToken cancellationToken)
    {
        if (length > Largest)
            throw new ArgumentException($"An object of S3 may have {Largest} bytes, but '{key}' has {length}.", nameof(length));
        var request = new InitiateMultipartUploadRequest { BucketName = _address.Bucket, Key = KeyOf(key) };
        S3Facts.Write(facts, request.Headers, request.Metadata);
        var begun = await _calls.RunAsync(token => _client.InitiateMultipartUploadAsync(request, token), cancellationToken);
        return new S3Upload(_client, _calls, _address.Bucket, KeyOf(key), begun.UploadId, []);
    }

    public async Task<IUpload?> ResumeAsync(string key, string token, long length, CancellationToken cancellationToken)
        => await S3Upload.ResumeAsync(_client, _calls, _address.Bucket, KeyOf(key), token, length, cancellationToken);

    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var request = new DeleteObjectRequest { BucketName = _address.Bucket, Key = KeyOf(key) };
        return _calls.RunAsync(token => _client.DeleteObjectAsync(request, token), cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<GetObjectMetadataResponse?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        var request = new GetObjectMetadataRequest { BucketName = _address.Bucket, Key = KeyOf(key) };
        try
        {
            return await _calls.RunAsync(token => _client.GetObjectMetadataAsync(request, token), cancellationToken);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private Task<PutObjectResponse> PutAsync(string key, ObjectFacts facts, Stream content, CancellationToken cancellationToken)
    {
        var begin = content.Position;
        return _calls.RunAsync(
            token =>
            {
                content.Position = begin;
                var request = new PutObjectRequest
                {
                    BucketName = _address.Bucket,
                    Key = KeyOf(key),
                    InputStream = content,
                    AutoCloseStream = false,
                    AutoResetStreamPosition = false,
                    UseChunkEncoding = false, // the signature covers the whole content: what arrives is what was sent
                };
                S3Facts.Write(facts, request.Headers, request.Metadata);
                return _client.PutObjectAsync(request, token);
            },
            cancellationToken);
    }

    private string KeyOf(string key) => _address.Prefix + key;

    private static string? TagOf(string? tag) => tag?.Trim('"');

    private static DateTimeOffset At(DateTime? time) => time is { } at ? new DateTimeOffset(at.ToUniversalTime()) : default;

    private static FileNotFoundException Gone(string key, Exception? inner = null) => new($"The bucket holds no object '{key}' (any more), or has another one by now.", key, inner);
}
