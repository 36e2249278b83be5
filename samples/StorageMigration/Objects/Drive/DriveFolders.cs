using System.Net.Http.Json;

namespace StorageMigration.Objects.Drive;

/// <summary>The folders of keys: found, or made where a file is to be written. Known ones are not asked for again.</summary>
internal sealed class DriveFolders(DriveApi api, string root) : IDisposable
{
    private const int MostKnown = 10_000;

    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _gate = new(1); // two makers of one folder would make two

    /// <summary>The folder that a key's file lies in, and the file's name.</summary>
    /// <returns>A folder of null: there is none, and none was to be made.</returns>
    /// <exception cref="ArgumentException">The key is no path.</exception>
    public async Task<(string? Folder, string Name)> OfAsync(string key, bool make, CancellationToken cancellationToken)
    {
        var names = key.Split('/');
        if (names.Any(static name => name is "" or "." or ".."))
            throw new ArgumentException($"A key must be a path of names between single '/', but was '{key}'.", nameof(key));
        var folder = (string?)root;
        var slash = key.LastIndexOf('/');
        if (slash > 0)
            folder = await FindAsync(key[..slash], names.AsMemory(0, names.Length - 1), make, cancellationToken);
        return (folder, names[^1]);
    }

    public void Dispose() => _gate.Dispose();

    private async Task<string?> FindAsync(string path, ReadOnlyMemory<string> names, bool make, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_known.TryGetValue(path, out var known))
                return known;
            var (folder, way) = (root, "");
            for (var i = 0; i < names.Length; i++)
            {
                var name = names.Span[i];
                way = way.Length == 0 ? name : $"{way}/{name}";
                if (!_known.TryGetValue(way, out var below))
                {
                    below = (await api.FindAsync(folder, name, isFolder: true, cancellationToken))?.Id ?? (make ? await MakeAsync(folder, name, cancellationToken) : null);
                    if (below is null)
                        return null;
                    if (_known.Count >= MostKnown)
                        _known.Clear();
                    _known[way] = below;
                }

                folder = below;
            }

            return folder;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<string> MakeAsync(string parent, string name, CancellationToken cancellationToken)
    {
        var made = await api.AskAsync<DriveFile>(
            $"a new folder '{name}'",
            () => api.With(HttpMethod.Post, $"drive/v3/files?supportsAllDrives=true&fields={DriveFile.Fields}", JsonContent.Create(new { name, mimeType = DriveFile.FolderType, parents = new[] { parent } })),
            cancellationToken);
        return made.Id;
    }
}
