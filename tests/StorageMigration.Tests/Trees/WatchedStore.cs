using System.Runtime.CompilerServices;
using StorageMigration.Objects;

namespace StorageMigration.Tests.Trees;

/// <summary>A folder as a store whose uses are counted, and which fails where a test wants it to.</summary>
internal sealed class WatchedStore(FolderStore inner, WatchedStore.Log log) : IObjectStore
{
    public string Address => inner.Address;

    public async IAsyncEnumerable<StoredObject> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        log.Begun.Add(after);
        await foreach (var stored in inner.ListAsync(after, cancellationToken))
        {
            log.OnList(stored);
            log.Listed.Add(stored.Key);
            yield return stored;
        }
    }

    public Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken) => inner.FindAsync(key, cancellationToken);

    public Task<ObjectFacts> ReadFactsAsync(StoredObject stored, CancellationToken cancellationToken) => inner.ReadFactsAsync(stored, cancellationToken);

    public async Task<Stream> OpenAsync(StoredObject stored, long offset, CancellationToken cancellationToken)
    {
        log.OnOpen(stored);
        return new Counted(await inner.OpenAsync(stored, offset, cancellationToken), stored, log);
    }

    public Task WriteAsync(string key, ObjectFacts facts, long length, Stream content, CancellationToken cancellationToken) => inner.WriteAsync(key, facts, length, content, cancellationToken);

    public Task<IUpload> BeginAsync(string key, ObjectFacts facts, long length, CancellationToken cancellationToken) => inner.BeginAsync(key, facts, length, cancellationToken);

    public Task<IUpload?> ResumeAsync(string key, string token, long length, CancellationToken cancellationToken) => inner.ResumeAsync(key, token, length, cancellationToken);

    public Task DeleteAsync(string key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    public sealed class Log
    {
        public List<string?> Begun { get; } = [];

        public List<string> Listed { get; } = [];

        public long BytesRead { get; set; }

        public Action<StoredObject> OnList { get; set; } = static _ => { };

        public Action<StoredObject> OnOpen { get; set; } = static _ => { };

        public Action<StoredObject, long> OnRead { get; set; } = static (_, _) => { };

        public ObjectStoreKind Kind => new("watched", (uri, _) => new WatchedStore(new FolderStore(uri.LocalPath), this));
    }

    private sealed class Counted(Stream inner, StoredObject stored, Log log) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            log.OnRead(stored, log.BytesRead);
            var read = await inner.ReadAsync(buffer, cancellationToken);
            log.BytesRead += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
