using System.Net;
using System.Net.Http.Headers;

namespace StorageMigration.Objects.Drive;

/// <summary>A large file on its way to Google Drive, by the address of its session: others may go on with it for a week.</summary>
internal sealed class DriveUpload(DriveApi api, Uri session, long length) : IUpload
{
    /// <summary>So many answers in a row that took nothing are too many.</summary>
    private const int MostEmpty = 5;

    private bool _complete;

    public string Token => session.AbsoluteUri;

    public long Arrived { get; private set; }

    /// <summary>Asks what has arrived.</summary>
    /// <returns>False: the session is over.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        using var response = await api.SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Put, session) { Content = new ByteArrayContent([]) };
                request.Content.Headers.ContentRange = new ContentRangeHeaderValue(length);
                return request;
            },
            cancellationToken);
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
            return false;
        await TakeInAsync(response, cancellationToken);
        return true;
    }

    public async Task AppendAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        var (start, end) = (Arrived, Arrived + piece.Length);
        for (var empty = 0; Arrived < end;)
        {
            var before = Arrived;
            var rest = piece[(int)(before - start)..]; // it may keep less than it was sent
            using var response = await api.SendAsync(
                () =>
                {
                    var request = new HttpRequestMessage(HttpMethod.Put, session) { Content = new ReadOnlyMemoryContent(rest) };
                    request.Content.Headers.ContentRange = new ContentRangeHeaderValue(before, end - 1, length);
                    return request;
                },
                cancellationToken);
            await TakeInAsync(response, cancellationToken);
            empty = Arrived > before ? 0 : empty + 1;
            if (Arrived < start || Arrived > end || empty == MostEmpty)
                throw new IOException($"Google Drive was sent bytes {before} to {end} of {length}, but says that {Arrived} have arrived.");
        }
    }

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (!_complete && (!await LookAsync(cancellationToken) || !_complete))
            throw new IOException($"Google Drive was sent all of {length} bytes, but has {Arrived}.");
    }

    public async Task AbortAsync(CancellationToken cancellationToken)
    {
        using var response = await api.SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, session), cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task TakeInAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.PermanentRedirect)
        {
            Arrived = Range(response) is { } last ? last + 1 : 0;
            return;
        }

        if (!response.IsSuccessStatusCode)
            throw await api.ErrorAsync(response, "a piece of an upload", cancellationToken);
        (Arrived, _complete) = (length, true);
    }

    /// <summary>Of <c>Range: bytes=0-262143</c> the last number; null: nothing has arrived.</summary>
    private static long? Range(HttpResponseMessage response)
        => response.Headers.TryGetValues("Range", out var values) && values.FirstOrDefault() is { } text
            ? RangeHeaderValue.TryParse(text, out var range) && range.Ranges.FirstOrDefault() is { From: 0, To: { } last }
                ? last
                : throw new DriveException(response.StatusCode, $"Google Drive must say what has arrived by 'bytes=0-LAST', but said '{text}'.")
            : null;
}
