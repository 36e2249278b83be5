using System.Net;
using System.Net.Http.Headers;

namespace StorageMigration.Objects.Drive;

/// <summary>The bytes of a file from an offset on. Where an answer breaks off, it asks for the rest.</summary>
internal sealed class DriveDownload(DriveApi api, StoredObject stored, long offset) : Stream
{
    /// <summary>So many answers in a row without a single byte are too many.</summary>
    private const int MostEmpty = 5;

    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _at = offset;
    private int _empty;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_at < stored.Length && buffer.Length > 0)
        {
            _body ??= await AskAsync(cancellationToken);
            var read = 0;
            try
            {
                read = await api.LimitedAsync(stop => _body.ReadAsync(buffer, stop).AsTask(), cancellationToken);
            }
            catch (Exception e) when (e is IOException or TimeoutException && _empty < MostEmpty)
            {
                // it broke off: as if it had ended
            }

            if (read > 0)
            {
                (_at, _empty) = (_at + read, 0);
                return read;
            }

            Drop();
            if (++_empty > MostEmpty)
                throw new IOException($"Google Drive must give all {stored.Length} bytes of '{stored.Key}', but {MostEmpty} answers in a row ended at {_at}.");
        }

        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It comes from afar: read it by ReadAsync.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Drop();
        base.Dispose(disposing);
    }

    private async Task<Stream> AskAsync(CancellationToken cancellationToken)
    {
        _response = await api.SendAsync(Request, cancellationToken);
        if (_at > 0 && _response.StatusCode == HttpStatusCode.OK)
            throw new IOException($"Google Drive was asked for '{stored.Key}' from {_at} on, but gives it from its beginning.");
        return _response.IsSuccessStatusCode
            ? await _response.Content.ReadAsStreamAsync(cancellationToken)
            : throw await api.ErrorAsync(_response, $"'{stored.Key}'", cancellationToken);
    }

    private HttpRequestMessage Request()
    {
        var request = api.Get($"drive/v3/files/{Uri.EscapeDataString(stored.Id!)}?alt=media&supportsAllDrives=true");
        if (_at > 0)
            request.Headers.Range = new RangeHeaderValue(_at, null);
        return request;
    }

    private void Drop()
    {
        _response?.Dispose(); // with its body
        (_response, _body) = (null, null);
    }
}
