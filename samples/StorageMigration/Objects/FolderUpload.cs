using System.Globalization;

namespace StorageMigration.Objects;

/// <summary>A large file on its way. Its token names the part, and when the content was changed, so that this too survives a crash.</summary>
internal sealed class FolderUpload : IUpload
{
    private const char Between = '|';

    private readonly string _path;
    private readonly string _part;
    private readonly DateTimeOffset? _changed;
    private readonly FileStream _file;

    private FolderUpload(string path, string part, DateTimeOffset? changed, FileMode mode)
    {
        (_path, _part, _changed) = (path, part, changed);
        _file = new FileStream(part, new FileStreamOptions { Mode = mode, Access = FileAccess.Write, BufferSize = 0 });
        _file.Position = _file.Length;
    }

    public string Token => _changed is { } at ? string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(_part)}{Between}{at.UtcTicks}") : Path.GetFileName(_part);

    public long Arrived => _file.Position;

    /// <summary>The name of the part that a token speaks of.</summary>
    public static string PartOf(string token) => token.Split(Between)[0];

    public static FolderUpload Begin(string path, string part, DateTimeOffset? changed) => new(path, part, changed, FileMode.Create);

    /// <returns>Null: it is not there any more.</returns>
    public static FolderUpload? Resume(string path, string part, string token)
    {
        var changed = token.Split(Between) is [_, var ticks] ? new DateTimeOffset(long.Parse(ticks, CultureInfo.InvariantCulture), TimeSpan.Zero) : (DateTimeOffset?)null;
        try
        {
            return new FolderUpload(path, part, changed, FileMode.Open);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

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
        if (_changed is { } at)
            File.SetLastWriteTimeUtc(_part, at.UtcDateTime);
        File.Move(_part, _path, overwrite: true);
    }

    public async Task AbortAsync(CancellationToken cancellationToken)
    {
        await _file.DisposeAsync();
        File.Delete(_part);
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
