using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorageMigration.Objects;

/// <summary>
/// A store that cannot keep what is said of an object beside its bytes, such as a folder, with that in small objects of its own,
/// which no listing shows. There is one only where there is something to keep.
/// </summary>
internal sealed class FactsBesideStore(IObjectStore inner) : IObjectStore, IStagedWrites
{
    /// <summary>Below it are no objects.</summary>
    public const string Folder = ".longhaul-facts/";

    private const string Suffix = ".facts.json"; // so that the facts of "a" are in nobody's way who has "a/b"

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public string Address => inner.Address;

    public async IAsyncEnumerable<StoredObject> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var stored in inner.ListAsync(after, cancellationToken))
        {
            if (!IsFacts(stored.Key))
                yield return stored;
        }
    }

    public Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken) => IsFacts(key) ? Task.FromResult<StoredObject?>(null) : inner.FindAsync(key, cancellationToken);

    public async Task<ObjectFacts> ReadFactsAsync(StoredObject stored, CancellationToken cancellationToken)
    {
        var own = await inner.ReadFactsAsync(stored, cancellationToken);
        if (await inner.FindAsync(KeyOf(stored.Key), cancellationToken) is not { } beside)
            return own;
        await using var content = await inner.OpenAsync(beside, 0, cancellationToken);
        var facts = await JsonSerializer.DeserializeAsync<ObjectFacts>(content, Json, cancellationToken);
        return (facts ?? ObjectFacts.None) with { Changed = own.Changed };
    }

    public Task<Stream> OpenAsync(StoredObject stored, long offset, CancellationToken cancellationToken) => inner.OpenAsync(stored, offset, cancellationToken);

    public async Task WriteAsync(string key, ObjectFacts facts, long length, Stream content, CancellationToken cancellationToken)
    {
        Refuse(key);
        await SaveAsync(key, facts, cancellationToken); // first: an object that is there whole has its facts
        await inner.WriteAsync(key, facts, length, content, cancellationToken);
    }

    public async Task<IUpload> BeginAsync(string key, ObjectFacts facts, long length, CancellationToken cancellationToken)
    {
        Refuse(key);
        await SaveAsync(key, facts, cancellationToken);
        return await inner.BeginAsync(key, facts, length, cancellationToken);
    }

    public Task<IUpload?> ResumeAsync(string key, string token, long length, CancellationToken cancellationToken) => inner.ResumeAsync(key, token, length, cancellationToken);

    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        Refuse(key);
        await inner.DeleteAsync(key, cancellationToken);
        await inner.DeleteAsync(KeyOf(key), cancellationToken);
    }

    public void BeginWriting(string work, long writer, IReadOnlyCollection<string> keep) => (inner as IStagedWrites)?.BeginWriting(work, writer, keep);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task SaveAsync(string key, ObjectFacts facts, CancellationToken cancellationToken)
    {
        if (facts is { ContentType: null, CacheControl: null, ContentDisposition: null, ContentEncoding: null, ContentLanguage: null, Metadata.Count: 0 })
        {
            await inner.DeleteAsync(KeyOf(key), cancellationToken);
            return;
        }

        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(facts with { Changed = null }, Json), writable: false);
        await inner.WriteAsync(KeyOf(key), ObjectFacts.None, content.Length, content, cancellationToken);
    }

    private static bool IsFacts(string key) => key.StartsWith(Folder, StringComparison.Ordinal);

    private static void Refuse(string key)
    {
        if (IsFacts(key))
            throw new ArgumentException($"A key must not lie below {Folder}, where what is kept beside the objects of a folder lies, but was '{key}'. Rename the object, or leave it out.", nameof(key));
    }

    private static string KeyOf(string key) => Folder + key + Suffix;
}
