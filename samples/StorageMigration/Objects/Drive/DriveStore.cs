using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization;

namespace StorageMigration.Objects.Drive;

/// <summary>A folder of Google Drive and those below it, over its REST interface (v3). Documents without bytes are listed as such.</summary>
internal sealed class DriveStore(DriveApi api, string root) : IObjectStore
{
    private const string Scheme = "gdrive";

    private readonly DriveFolders _folders = new(api, root);

    /// <summary>Opens <c>gdrive:FOLDERID</c> or <c>gdrive://FOLDERID/</c>; <c>root</c> is the user's own drive.</summary>
    public static ObjectStoreKind KindOf(DriveClient client) => new(Scheme, (uri, gate) => new DriveStore(client.With(gate), FolderOf(uri)));

    public string Address => $"{Scheme}:{root}";

    public IAsyncEnumerable<StoredObject> ListAsync(string? after, CancellationToken cancellationToken = default) => new DriveListing(api, root).AfterAsync(after, cancellationToken);

    public async Task<StoredObject?> FindAsync(string key, CancellationToken cancellationToken)
        => await FileAsync(key, cancellationToken) is { } file ? file.Describe(key, place: "") : null;

    public Task<ObjectFacts> ReadFactsAsync(StoredObject stored, CancellationToken cancellationToken)
        => Task.FromResult(new ObjectFacts { Changed = stored.Changed, ContentType = stored.ContentType });

    public Task<Stream> OpenAsync(StoredObject stored, long offset, CancellationToken cancellationToken)
        => stored.NoBytes is { } why
            ? throw new ArgumentException($"'{stored.Key}' cannot be read: {why}.", nameof(stored))
            : Task.FromResult<Stream>(new DriveDownload(api, stored, offset));

    public async Task WriteAsync(string key, ObjectFacts facts, long length, Stream content, CancellationToken cancellationToken)
    {
        var bytes = new byte[length]; // whole in memory, as it may have to be sent twice; large ones come in pieces
        await content.ReadExactlyAsync(bytes, cancellationToken);
        var (address, metadata) = await PlanAsync(key, facts, cancellationToken);
        await api.AskAsync<DriveFile>($"the upload of '{key}'", () => api.With(address.Method, $"{address.Path}?uploadType=multipart{DriveQuery.Common}&fields={DriveFile.Fields}", Parts(metadata, facts, bytes)), cancellationToken);
    }

    public async Task<IUpload> BeginAsync(string key, ObjectFacts facts, long length, CancellationToken cancellationToken)
    {
        var (address, metadata) = await PlanAsync(key, facts, cancellationToken);
        using var response = await api.SendAsync(
            () =>
            {
                var request = api.With(address.Method, $"{address.Path}?uploadType=resumable{DriveQuery.Common}", JsonContent.Create(metadata, options: DriveApi.Json));
                request.Headers.Add("X-Upload-Content-Type", TypeOf(facts));
                request.Headers.Add("X-Upload-Content-Length", $"{length}");
                return request;
            },
            cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw await api.ErrorAsync(response, $"the upload of '{key}'", cancellationToken);
        return new DriveUpload(api, response.Headers.Location ?? throw new DriveException(response.StatusCode, $"Google Drive began the upload of '{key}' without an address to send it to."), length);
    }

    public async Task<IUpload?> ResumeAsync(string key, string token, long length, CancellationToken cancellationToken)
    {
        var upload = new DriveUpload(api, new Uri(token), length);
        return await upload.LookAsync(cancellationToken) ? upload : null;
    }

    public async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        if (await FileAsync(key, cancellationToken) is not { } file)
            return;
        using var response = await api.SendAsync(() => api.With(HttpMethod.Delete, $"drive/v3/files/{Uri.EscapeDataString(file.Id)}?supportsAllDrives=true"), cancellationToken);
        if (!response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.NotFound)
            throw await api.ErrorAsync(response, $"the deletion of '{key}'", cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _folders.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string FolderOf(Uri uri)
    {
        // Ids tell capitals from small letters, which the parts of a Uri do not.
        var folder = uri.OriginalString[(Scheme.Length + 1)..].Trim('/');
        return folder.Length > 0 && folder.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? folder
            : throw new ArgumentException($"A folder of Google Drive must be named by {Scheme}:FOLDERID, the last part of its address in a browser, but was '{uri.OriginalString}'.", nameof(uri));
    }

    private async Task<DriveFile?> FileAsync(string key, CancellationToken cancellationToken)
        => await _folders.OfAsync(key, make: false, cancellationToken) is ({ } folder, var name) ? await api.FindAsync(folder, name, isFolder: false, cancellationToken) : null;

    /// <summary>Where a file is to be sent: a new one, or in place of that of the same name.</summary>
    private async Task<((HttpMethod Method, string Path) Address, Metadata Metadata)> PlanAsync(string key, ObjectFacts facts, CancellationToken cancellationToken)
    {
        var (folder, name) = await _folders.OfAsync(key, make: true, cancellationToken);
        var there = await api.FindAsync(folder!, name, isFolder: false, cancellationToken);
        return there is null
            ? ((HttpMethod.Post, "upload/drive/v3/files"), new Metadata(name, [folder!], facts.ContentType, facts.Changed?.UtcDateTime))
            : ((HttpMethod.Patch, $"upload/drive/v3/files/{Uri.EscapeDataString(there.Id)}"), new Metadata(name, null, facts.ContentType, facts.Changed?.UtcDateTime));
    }

    private static MultipartContent Parts(Metadata metadata, ObjectFacts facts, byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(TypeOf(facts));
        return new MultipartContent("related") { JsonContent.Create(metadata, options: DriveApi.Json), content };
    }

    private static string TypeOf(ObjectFacts facts) => facts.ContentType is { } type && MediaTypeHeaderValue.TryParse(type, out _) ? type : "application/octet-stream";

    private sealed record Metadata(
        string Name,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string[]? Parents,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? MimeType,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? ModifiedTime);
}
