using System.Runtime.CompilerServices;

namespace StorageMigration.Objects;

/// <summary>A folder and those below it. Keys are relative paths; links are not followed.</summary>
internal sealed class FolderStore : IObjectStore
{
    /// <summary>Files of this beginning are on their way, or were left by a crash: no objects.</summary>
    internal const string PartPrefix = ".part-";

    private static readonly EnumerationOptions Here = new() { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    private readonly string _root;

    /// <param name="root">An absolute path. It is made when the first object is written.</param>
    public FolderStore(string root) => _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    public static ObjectStoreKind Kind { get; } = new("file", static (uri, _) => new FolderStore(uri.LocalPath));

    public string Address => _root;

    public async IAsyncEnumerable<StoredObject> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        if (!Directory.Exists(_root))
            yield break;
        foreach (var stored in Walk("", after))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return stored;
        }
    }

    public Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var file = new FileInfo(PathOf(key));
        return Task.FromResult(file.Exists ? Describe(key, file) : null);
    }

    public Task<ObjectFacts> ReadFactsAsync(StoredObject stored, CancellationToken cancellationToken)
        => Task.FromResult(new ObjectFacts { Changed = stored.Changed });

    public Task<Stream> OpenAsync(StoredObject stored, long offset, CancellationToken cancellationToken)
    {
        var stream = new FileStream(PathOf(stored.Key), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        stream.Position = offset;
        return Task.FromResult<Stream>(stream);
    }

    public async Task WriteAsync(string key, ObjectFacts facts, long length, Stream content, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var part = PartOf(path);
        try
        {
            await using (var file = Create(part, FileMode.Create, length))
                await content.CopyToAsync(file, cancellationToken);
            Settle(part, path, facts.Changed);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    public Task<IUpload> BeginAsync(string key, ObjectFacts facts, long length, CancellationToken cancellationToken)
        => Task.FromResult<IUpload>(new Upload(PathOf(key), PartOf(PathOf(key)), facts.Changed, FileMode.Create));

    public async Task<IUpload?> ResumeAsync(string key, string token, long length, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var part = Path.Combine(Path.GetDirectoryName(path)!, Path.GetFileName(token));
        if (!File.Exists(part))
            return null;
        var upload = new Upload(path, part, changed: null, FileMode.Open);
        if (upload.Arrived <= length)
            return upload;
        await upload.DisposeAsync();
        return null;
    }

    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        if (Directory.Exists(_root) && File.Exists(PathOf(key)))
            File.Delete(PathOf(key));
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>In the order of the keys: a folder's name counts with the <c>/</c> behind it. Memory holds the names of the folders on the way, not of the tree.</summary>
    private IEnumerable<StoredObject> Walk(string folder, string? after)
    {
        var entries = new List<(string Key, FileSystemInfo Info)>();
        foreach (var info in new DirectoryInfo(Path.Combine(_root, folder)).EnumerateFileSystemInfos("*", Here))
        {
            if (info.Name.StartsWith(PartPrefix, StringComparison.Ordinal))
                continue;
            var key = folder + info.Name + (info is DirectoryInfo ? "/" : "");
            if (after is null || string.CompareOrdinal(key, after) > 0 || after.StartsWith(key, StringComparison.Ordinal))
                entries.Add((key, info));
        }

        entries.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        foreach (var (key, info) in entries)
        {
            if (info is FileInfo file)
            {
                if (key != after)
                    yield return Describe(key, file);
                continue;
            }

            foreach (var below in Walk(key, after))
                yield return below;
        }
    }

    private static StoredObject Describe(string key, FileInfo file) => new(key, key, file.Length, new DateTimeOffset(file.LastWriteTimeUtc));

    /// <exception cref="ArgumentException">The key leads out of the folder.</exception>
    private string PathOf(string key)
    {
        var path = Path.GetFullPath(Path.Combine(_root, key));
        if (key.Length == 0 || key.EndsWith('/') || Path.IsPathRooted(key) || !path.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new ArgumentException($"A key must be a path below the folder, but was '{key}'.", nameof(key));
        return path;
    }

    private static string PartOf(string path) => Path.Combine(Path.GetDirectoryName(path)!, $"{PartPrefix}{Guid.NewGuid():N}");

    private static FileStream Create(string part, FileMode mode, long length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(part)!);
        return new FileStream(part, new FileStreamOptions { Mode = mode, Access = FileAccess.Write, BufferSize = 0, PreallocationSize = mode == FileMode.Create ? length : 0 });
    }

    private static void Settle(string part, string path, DateTimeOffset? changed)
    {
        if (changed is { } at)
            File.SetLastWriteTimeUtc(part, at.UtcDateTime);
        File.Move(part, path, overwrite: true);
    }

    private sealed class Upload : IUpload
    {
        private readonly string _path;
        private readonly string _part;
        private readonly DateTimeOffset? _changed;
        private readonly FileStream _file;

        public Upload(string path, string part, DateTimeOffset? changed, FileMode mode)
        {
            (_path, _part, _changed) = (path, part, changed);
            _file = Create(part, mode, length: 0);
            _file.Position = _file.Length;
        }

        public string Token => Path.GetFileName(_part);

        public long Arrived => _file.Position;

        public async Task AppendAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
        {
            var before = _file.Position;
            try
            {
                await _file.WriteAsync(piece, cancellationToken);
            }
            catch
            {
                _file.SetLength(before);
                _file.Position = before;
                throw;
            }
        }

        public async Task CompleteAsync(CancellationToken cancellationToken)
        {
            _file.Flush(flushToDisk: true);
            await _file.DisposeAsync();
            Settle(_part, _path, _changed);
        }

        public async Task AbortAsync(CancellationToken cancellationToken)
        {
            await _file.DisposeAsync();
            File.Delete(_part);
        }

        public ValueTask DisposeAsync() => _file.DisposeAsync();
    }
}
