using Microsoft.Win32.SafeHandles;

namespace StorageMigration.Web;

/// <summary>Bytes between one who writes and one who reads more slowly: in a file that has no name, so that memory stays small.</summary>
internal sealed class Spool : IDisposable
{
    private readonly FileStream _stream = Open();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SemaphoreSlim _news = new(0);
    private long _written;
    private long _read;
    private bool _ended;

    private SafeFileHandle File => _stream.SafeFileHandle;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_read == _written)
                (_read, _written) = (0, 0); // all was read: the file need not grow
            await RandomAccess.WriteAsync(File, bytes, _written, cancellationToken);
            _written += bytes.Length;
        }
        finally
        {
            _gate.Release();
        }

        _news.Release();
    }

    /// <summary>Nothing more will be written.</summary>
    public async ValueTask EndAsync()
    {
        await _gate.WaitAsync(CancellationToken.None);
        _ended = true;
        _gate.Release();
        _news.Release();
    }

    /// <summary>Waits for what comes next.</summary>
    /// <returns>How many bytes; 0: the end.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            await _gate.WaitAsync(cancellationToken);
            try
            {
                if (_read < _written)
                {
                    var read = await RandomAccess.ReadAsync(File, buffer[..(int)Math.Min(buffer.Length, _written - _read)], _read, cancellationToken);
                    _read += read;
                    return read;
                }

                if (_ended)
                    return 0;
            }
            finally
            {
                _gate.Release();
            }

            await _news.WaitAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _gate.Dispose();
        _news.Dispose();
    }

    /// <summary>Nobody else may read what a command says. Where a file that is open may lose its name, a kill leaves nothing behind either.</summary>
    private static FileStream Open()
    {
        var path = Path.Combine(Path.GetTempPath(), $"migration-{Guid.NewGuid():N}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Delete, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous, BufferSize = 0 };
        if (OperatingSystem.IsWindows())
            return new FileStream(path, options);
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        options.Options = FileOptions.Asynchronous;
        var stream = new FileStream(path, options);
        System.IO.File.Delete(path);
        return stream;
    }
}
