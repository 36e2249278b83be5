using System.Runtime.CompilerServices;
using Longhaul;

namespace StorageMigration.Objects;

/// <summary>A folder and those below it. Keys are relative paths; links are not followed, and empty folders are no objects.</summary>
internal sealed class FolderStore : IObjectStore, IDirectCopies, IStagedWrites
{
    /// <summary>So many folders are known to be there without a look.</summary>
    private const int MostKnown = 10_000;

    /// <summary>A folder may become a link between the look and the use anyway: so soon after a look it is not looked at again.</summary>
    private static readonly TimeSpan LooksAgain = TimeSpan.FromMilliseconds(10);

    private readonly string _root;
    private readonly string _below;
    private readonly FolderParts _parts;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Lock _preparing = new(); // a folder may be large to look through: once
    private bool _isSource;
    private PlainFolder? _plain; // the last that was looked at

    /// <param name="root">An absolute path. It is made when the first object is written.</param>
    public FolderStore(string root)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _below = _root.Length == 1 ? _root : _root + Path.DirectorySeparatorChar;
        _parts = new FolderParts(_root);
    }

    public static ObjectStoreKind Kind { get; } = new("file", static (uri, _) => new FolderStore(uri.LocalPath));

    public string Address => _root;

    public bool KeepsFacts => false;

    /// <summary>From now on it is read from: then it must be there, and where it goes away it is waited for, instead of taken for an empty one.</summary>
    /// <exception cref="DirectoryNotFoundException">It is not there.</exception>
    public void BeSource()
    {
        _isSource = true;
        if (!Directory.Exists(_root))
            throw new DirectoryNotFoundException($"The source must be a folder that is there, but '{_root}' is not. If it is on a disk that is not mounted, mount it, and begin or resume again.");
    }

    public async IAsyncEnumerable<StoredObject> ListAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        if (!IsThere())
            yield break;
        foreach (var key in new FolderWalk(_root, whenGone: () => IsThere()).KeysAfter(after))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Describe(key, new FileInfo(_below + key)) is { } stored)
                yield return stored;
            else if (IsThere() && key.Contains(FolderWalk.NoCharacter, StringComparison.Ordinal))
                yield return new(key, key, 0, default, NoBytes: "its name, or that of a folder above it, is not valid UTF-8, so that it cannot be opened");
        }
    }

    public Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        RefuseLinks(Path.GetDirectoryName(path)!);
        var found = Describe(key, new FileInfo(path));
        if (found is null)
            IsThere();
        return Task.FromResult(found);
    }

    public Task<ObjectFacts> ReadFactsAsync(StoredObject stored, CancellationToken cancellationToken)
        => Task.FromResult(new ObjectFacts { Changed = stored.Changed });

    public Task<Stream> OpenAsync(StoredObject stored, long offset, CancellationToken cancellationToken)
    {
        if (stored.Length == 0)
            return Task.FromResult(Stream.Null); // a pipe has no length either, and opening one may take for ever
        var (path, _) = LookAgain(stored);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        stream.Position = offset;
        return Task.FromResult<Stream>(stream);
    }

    public async Task WriteAsync(string key, ObjectFacts facts, long length, Stream content, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var file = OpenPart(path, length);
        var part = file.Name;
        try
        {
            await using (file)
                await content.CopyToAsync(file, cancellationToken);
            if (facts.Changed is { } at)
                File.SetLastWriteTimeUtc(part, at.UtcDateTime);
            File.Move(part, path, overwrite: true);
        }
        catch
        {
            Remove(part);
            throw;
        }
    }

    public bool CanCopyFrom(IObjectStore source) => source is FolderStore;

    /// <summary>As cheap as <see cref="File.Copy(string, string)"/>, which lets the file system share or move the bytes and keeps the times, and a rename.</summary>
    public Task CopyFromAsync(IObjectStore source, StoredObject stored, CancellationToken cancellationToken)
    {
        var path = PathOf(stored.Key);
        var (from, now) = ((FolderStore)source).LookAgain(stored);
        try
        {
            CopyAside(from, path, now);
        }
        catch (IOException e) when (e is DirectoryNotFoundException || (e is FileNotFoundException && !Directory.Exists(Path.GetDirectoryName(path))))
        {
            Forget();
            CopyAside(from, path, now); // somebody removed the folder after we had seen it
        }

        return Task.CompletedTask;
    }

    public Task<IUpload> BeginAsync(string key, ObjectFacts facts, long length, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        Prepare(path);
        return Task.FromResult<IUpload>(FolderUpload.Begin(path, _parts.TakeForUpload(), facts.Changed));
    }

    public async Task<IUpload?> ResumeAsync(string key, string token, long length, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        Prepare(path);
        var upload = FolderUpload.Resume(path, _parts.Again(FolderUpload.PartOf(token)), token);
        if (upload is null || upload.Arrived <= length)
            return upload;
        await upload.DisposeAsync();
        return null;
    }

    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        RefuseLinks(Path.GetDirectoryName(path)!);
        if (File.Exists(path))
            File.Delete(path);
        return Task.CompletedTask;
    }

    public void BeginWriting(string work, long writer, IReadOnlyCollection<string> keep)
    {
        Forget(); // of what is in the folders: this writer may not be the first
        _parts.Begin(work, writer, [.. keep.Select(FolderUpload.PartOf)]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <exception cref="ThrottledException">It is a source, and went away.</exception>
    private bool IsThere()
        => Directory.Exists(_root) || (_isSource ? throw new ThrottledException(null, $"The source '{_root}' must be a folder that is there, but went away. Mount it again: it is waited for.") : false);

    private static StoredObject? Describe(string key, FileInfo file)
        => file.Exists && !file.Attributes.HasFlag(FileAttributes.ReparsePoint) ? new(key, key, file.Length, new DateTimeOffset(file.LastWriteTimeUtc)) : null;

    /// <summary>Since it was listed it, or a folder above it, may have become a link.</summary>
    private (string Path, StoredObject Now) LookAgain(StoredObject stored)
    {
        var path = PathOf(stored.Key);
        RefuseLinks(Path.GetDirectoryName(path)!);
        return (path, Describe(stored.Key, new FileInfo(path)) ?? throw new FileNotFoundException($"'{path}' is no file (any more). Links are not followed.", path));
    }

    private FileStream OpenPart(string path, long length)
    {
        try
        {
            return Open();
        }
        catch (DirectoryNotFoundException)
        {
            Forget();
            return Open(); // as in CopyFromAsync
        }

        FileStream Open()
        {
            Prepare(path);
            var part = _parts.Take(Path.GetDirectoryName(path)!);
            return new FileStream(part, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, PreallocationSize = length < UploadPieces.WorthIt ? 0 : length });
        }
    }

    private void CopyAside(string from, string path, StoredObject stored)
    {
        Prepare(path);
        var part = _parts.Take(Path.GetDirectoryName(path)!);
        try
        {
            if (stored.Length > 0)
            {
                File.Copy(from, part); // never over a file: what was truncated first, ext4 writes out when it is closed
            }
            else
            {
                File.WriteAllBytes(part, []); // as in OpenAsync
                File.SetLastWriteTimeUtc(part, stored.Changed.UtcDateTime);
            }

            File.Move(part, path, overwrite: true);
        }
        catch
        {
            Remove(part);
            throw;
        }
    }

    private static void Remove(string part)
    {
        try
        {
            File.Delete(part);
        }
        catch (DirectoryNotFoundException)
        {
            // it went with its folder
        }
    }

    /// <exception cref="ArgumentException">The key is no path below the folder.</exception>
    private string PathOf(string key)
    {
        if (!IsPlain(key))
            throw new ArgumentException($"A key must be a path below the folder, of names between single '/', but was '{key}'.", nameof(key));
        return _below + key;
    }

    private static bool IsPlain(string key)
    {
        foreach (var name in key.AsSpan().Split('/'))
        {
            if (key.AsSpan()[name] is "" or "." or ".." || FolderParts.IsPart(key.AsSpan()[name]))
                return false;
        }

        return !key.Contains('\0', StringComparison.Ordinal);
    }

    private void Prepare(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        lock (_known)
        {
            if (_known.Contains(folder))
                return;
        }

        lock (_preparing)
        {
            lock (_known)
            {
                if (_known.Contains(folder))
                    return;
            }

            RefuseLinks(folder);
            if (Directory.Exists(folder))
                _parts.RemoveLeftIn(folder);
            else
                Directory.CreateDirectory(folder);
            lock (_known)
            {
                if (_known.Count >= MostKnown)
                    _known.Clear();
                _known.Add(folder);
            }
        }
    }

    private void Forget()
    {
        lock (_known)
            _known.Clear();
    }

    /// <exception cref="IOException">A folder on the way from the root to this one is a link.</exception>
    private void RefuseLinks(string folder)
    {
        if (_plain is { } plain && plain.Folder == folder && TimeProvider.System.GetElapsedTime(plain.At) < LooksAgain)
            return;
        lock (_known)
        {
            if (_known.Contains(folder))
                return;
        }

        var began = TimeProvider.System.GetTimestamp();
        for (var at = folder; at.Length > _below.Length; at = Path.GetDirectoryName(at)!)
        {
            if (new DirectoryInfo(at).LinkTarget is not null)
                throw new IOException($"Links are not followed, but '{at}' is one. Remove it, or take the folder that it leads to.");
        }

        _plain = new PlainFolder(folder, began);
    }

    /// <summary>A folder that, with all above it, was no link at a moment.</summary>
    private sealed record PlainFolder(string Folder, long At);
}
