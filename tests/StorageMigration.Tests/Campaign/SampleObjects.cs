using System.Globalization;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace StorageMigration.Tests.Campaign;

/// <summary>Objects whose content and metadata follow from their number: nothing has to be kept to check them.</summary>
internal sealed class SampleObjects(int small, int medium, int large, int seed)
{
    private const int Kilobyte = 1024, Megabyte = 1024 * 1024;

    public int Count => small + medium + large;

    public static string KeyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"assets/{number / 500:D4}/{number:D7}.bin");

    public static string NoteOf(int number) => string.Create(CultureInfo.InvariantCulture, $"object {number}");

    public static string CacheOf(int number) => string.Create(CultureInfo.InvariantCulture, $"max-age={number}");

    /// <summary>Large ones are spread over the others.</summary>
    public byte[] Content(int number)
    {
        var random = new Random((seed * 1_000_003) + number);
        var content = new byte[LengthOf(number, random)];
        random.NextBytes(content);
        return content;
    }

    public async Task WriteAsync(IAmazonS3 client, string bucket, CancellationToken cancellationToken)
        => await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (number, token) =>
        {
            using var content = new MemoryStream(Content(number));
            var request = new PutObjectRequest { BucketName = bucket, Key = KeyOf(number), InputStream = content, UseChunkEncoding = false };
            request.Headers.ContentType = "image/x-sample";
            request.Headers.CacheControl = CacheOf(number);
            request.Metadata["note"] = NoteOf(number);
            await client.PutObjectAsync(request, token);
        });

    /// <summary>Reads all that a bucket holds.</summary>
    public async Task<SampleCheck> CheckAsync(IAmazonS3 client, string bucket, CancellationToken cancellationToken)
    {
        var (different, bare, extra) = (0, 0, 0);
        var found = new HashSet<int>();
        var expected = Enumerable.Range(0, Count).ToDictionary(KeyOf);
        string? marker = null;
        ListObjectsResponse page;
        do
        {
            page = await client.ListObjectsAsync(new ListObjectsRequest { BucketName = bucket, Marker = marker }, cancellationToken);
            foreach (var item in page.S3Objects ?? [])
            {
                marker = item.Key;
                if (!expected.TryGetValue(item.Key, out var number) || !found.Add(number))
                {
                    extra++;
                    continue;
                }

                using var got = await client.GetObjectAsync(bucket, item.Key, cancellationToken);
                var digest = await SHA256.HashDataAsync(got.ResponseStream, cancellationToken);
                if (!digest.AsSpan().SequenceEqual(SHA256.HashData(Content(number))))
                    different++;
                if (got.Headers.ContentType != "image/x-sample" || got.Headers.CacheControl != CacheOf(number) || got.Metadata["note"] != NoteOf(number))
                    bare++;
            }
        }
        while (page.IsTruncated == true);
        return new SampleCheck(Count - found.Count, different, bare, extra);
    }

    private int LengthOf(int number, Random random)
    {
        var others = medium + large;
        var every = others == 0 ? int.MaxValue : Math.Max(1, Count / others);
        var special = number % every == 0 ? number / every : int.MaxValue;
        if (special < large)
            return 20 * Megabyte;
        return special < others ? Megabyte : random.Next(1, 64 * Kilobyte);
    }
}

/// <summary>What a bucket lacks. All 0: it holds every object once, as it was.</summary>
internal sealed record SampleCheck(int Missing, int Different, int WithoutMetadata, int Extra);
