using System.Security.Cryptography;
using StorageMigration.Objects;

namespace StorageMigration.Tests.Objects;

/// <summary>Small sets of objects, and what a store holds.</summary>
internal static class Samples
{
    public static readonly ObjectFacts Facts = new()
    {
        ContentType = "image/webp",
        CacheControl = "max-age=60",
        ContentDisposition = "inline; filename=\"a b.webp\"",
        ContentEncoding = "identity",
        ContentLanguage = "de",
        Metadata = new Dictionary<string, string> { ["owner"] = "site 7", ["focal-point"] = "0.5;0.25" },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static async Task PutAsync(this IObjectStore store, string key, byte[] content, ObjectFacts? facts = null)
    {
        using var stream = new MemoryStream(content);
        await store.WriteAsync(key, facts ?? Facts, content.Length, stream, Cancel);
    }

    public static async Task<byte[]> ReadAsync(this IObjectStore store, string key, long offset = 0)
    {
        var stored = (await store.FindAsync(key, Cancel)).ShouldNotBeNull($"there is no {key}");
        await using var stream = await store.OpenAsync(stored, offset, Cancel);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Cancel);
        return bytes.ToArray();
    }

    /// <summary>The same bytes. Not <c>ShouldBe</c>, which takes seconds over some MB.</summary>
    public static void ShouldHold(this byte[] found, byte[] expected)
    {
        found.Length.ShouldBe(expected.Length);
        found.AsSpan().CommonPrefixLength(expected).ShouldBe(expected.Length, "the first byte that differs");
    }

    public static async Task<ObjectFacts> FactsAsync(this IObjectStore store, string key)
        => await store.ReadFactsAsync((await store.FindAsync(key, Cancel)).ShouldNotBeNull($"there is no {key}"), Cancel);

    public static async Task<List<string>> KeysAsync(this IObjectStore store, string? after = null)
    {
        var keys = new List<string>();
        await foreach (var stored in store.ListAsync(after, Cancel))
            keys.Add(stored.Key);
        return keys;
    }

    /// <summary>All that it holds: keys with the checksums of contents.</summary>
    public static async Task<SortedDictionary<string, string>> ContentsAsync(this IObjectStore store)
    {
        var contents = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in await store.KeysAsync())
            contents.Add(key, Convert.ToHexString(SHA256.HashData(await store.ReadAsync(key))));
        return contents;
    }

    /// <summary>A few small objects, one that is empty, one in folders, and one that is copied in pieces.</summary>
    public static async Task FillAsync(this IObjectStore store, int small = 12)
    {
        for (var i = 0; i < small; i++)
            await store.PutAsync($"photos/{i:D3}.webp", Bytes(1_000 + i, i), Facts with { CacheControl = $"max-age={i}" });
        await store.PutAsync("deep/er/leaf.txt", "leaf"u8.ToArray());
        await store.PutAsync("empty", []);
        await store.PutAsync("video.mp4", Bytes((2 * UploadPieces.Bytes) + 1_234, 99));
    }
}
