using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using StorageMigration.Objects.Drive;

namespace StorageMigration.Tests.Trees;

/// <summary>Speaks as much of Google Drive's REST interface (v3) as the store uses, on a free port of this machine, and misbehaves where a test wants it to.</summary>
internal sealed partial class DriveStandIn : IAsyncDisposable
{
    private const int Grain = 256 * 1024;

    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly Dictionary<string, Session> _sessions = [];
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _faults = new();
    private readonly HashSet<string> _tokens = [];
    private int _numbers;
    private int _pageEra;

    private DriveStandIn(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public DriveOptions Options => new()
    {
        ClientId = "client",
        ClientSecret = "secret",
        RefreshToken = "refresh",
        Api = new Uri(Address, "/"),
        TokenAddress = new Uri(Address, "/token"),
        PageSize = PageSize,
    };

    public int PageSize { get; set; } = 7;

    /// <summary>How long access tokens are said to hold.</summary>
    public int TokenSeconds { get; set; } = 3_600;

    public int TokensGiven { get; private set; }

    /// <summary>The requests, as <c>METHOD path</c>, without those for tokens.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Of so many downloads to come, only the first half is sent.</summary>
    public int DownloadsToBreak { get; set; }

    /// <summary>Of so many pieces to come, only the first half is kept.</summary>
    public int PiecesToHalve { get; set; }

    public long BytesOfPieces { get; private set; }

    public static async Task<DriveStandIn> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var drive = new DriveStandIn(app);
        app.MapPost("/token", (Delegate)drive.TokenAsync);
        app.MapGet("/drive/v3/files", (Delegate)drive.List);
        app.MapGet("/drive/v3/files/{id}", (HttpContext context, string id) => drive.DownloadAsync(context, id));
        app.MapPost("/drive/v3/files", (Delegate)drive.MakeFolderAsync);
        app.MapDelete("/drive/v3/files/{id}", (string id) => drive.Delete(id));
        app.MapPost("/upload/drive/v3/files", (Delegate)((HttpContext context) => drive.UploadAsync(context, null)));
        app.MapPatch("/upload/drive/v3/files/{id}", (HttpContext context, string id) => drive.UploadAsync(context, id));
        app.MapPut("/session/{id}", (HttpContext context, string id) => drive.PieceAsync(context, id));
        app.MapDelete("/session/{id}", (string id) => drive.EndSession(id));
        app.Use(drive.GuardAsync);
        await app.StartAsync(cancellationToken);
        return drive;
    }

    public string AddFolder(string parent, string name) => Add(new Entry(NewId(), name, DriveFile.FolderType, parent, null, TreeFolder.Changed)).Id;

    public string AddFile(string parent, string name, byte[] content, string type = "text/plain") => Add(new Entry(NewId(), name, type, parent, content, TreeFolder.Changed)).Id;

    public string AddDocument(string parent, string name) => Add(new Entry(NewId(), name, "application/vnd.google-apps.document", parent, null, TreeFolder.Changed)).Id;

    public void Remove(string id)
    {
        lock (_gate)
            _entries.Remove(id);
    }

    /// <summary>The files below a folder by path, with what is theirs.</summary>
    public Dictionary<string, (byte[] Content, DateTime Changed, string Type)> Files(string folder, string path = "")
    {
        var files = new Dictionary<string, (byte[], DateTime, string)>();
        lock (_gate)
        {
            foreach (var entry in _entries.Values.Where(entry => entry.Parent == folder))
            {
                if (entry.Type != DriveFile.FolderType)
                    files.Add(path + entry.Name, (entry.Content ?? [], entry.Changed, entry.Type));
                else
                    Files(entry.Id, $"{path}{entry.Name}/").ToList().ForEach(file => files.Add(file.Key, file.Value));
            }
        }

        return files;
    }

    /// <summary>Answers the next request so instead.</summary>
    public void Refuse(int status, string? reason = null, int? retryAfter = null, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _faults.Enqueue(context =>
            {
                if (retryAfter is { } seconds)
                    context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
                return ErrorAsync(context, status, reason, "as the test wants it");
            });
        }
    }

    /// <summary>Breaks off in the middle of the next answer.</summary>
    public void BreakOff() => _faults.Enqueue(static async context =>
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = 1_000;
        await context.Response.WriteAsync("{\"files\":[{\"id\":");
        await context.Response.Body.FlushAsync();
        context.Abort();
    });

    public void ExpireTokens()
    {
        lock (_gate)
            _tokens.Clear();
    }

    public void ExpirePages() => _pageEra++;

    public void ExpireSessions()
    {
        lock (_gate)
            _sessions.Clear();
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path == "/token")
        {
            await next(context);
            return;
        }

        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
        bool isKnown;
        lock (_gate)
            isKnown = _tokens.Contains(context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal));
        if (!isKnown)
            await ErrorAsync(context, 401, "authError", "Invalid Credentials");
        else if (_faults.TryDequeue(out var fault))
            await fault(context);
        else
            await next(context);
    }

    private async Task<IResult> TokenAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        if (form["grant_type"] != "refresh_token" || form["client_id"] != "client" || form["client_secret"] != "secret" || form["refresh_token"] != "refresh")
            return Results.Json(new { error = "invalid_grant", error_description = "Token has been expired or revoked." }, statusCode: 400);
        lock (_gate)
        {
            var token = $"access-{++TokensGiven}";
            _tokens.Add(token);
            return Results.Json(new { access_token = token, expires_in = TokenSeconds, token_type = "Bearer" });
        }
    }

    private IResult List(HttpContext context)
    {
        var query = context.Request.Query;
        var q = query["q"].ToString();
        var match = QueryForm().Match(q);
        if (!match.Success)
            return Error(400, "invalid", $"Invalid Value: {q}");
        var parent = Unquote(match.Groups["parent"].Value);
        List<Entry> entries;
        lock (_gate)
        {
            if (parent != "root" && !_entries.ContainsKey(parent))
                return Error(404, "notFound", "File not found: .");
            entries =
            [
                .. _entries.Values
                    .Where(entry => entry.Parent == parent)
                    .Where(entry => !match.Groups["name"].Success || entry.Name == Unquote(match.Groups["name"].Value))
                    .Where(entry => !match.Groups["not"].Success || (entry.Type == DriveFile.FolderType) == (match.Groups["not"].Value == "="))
                    .OrderBy(entry => query["orderBy"] == "name" ? entry.Name : "", StringComparer.OrdinalIgnoreCase)
                    .ThenBy(static entry => entry.Number),
            ];
        }

        var from = 0;
        if (query["pageToken"].ToString() is { Length: > 0 } page)
        {
            if (page.Split('.') is not [var era, var start] || era != $"{_pageEra}")
                return Error(400, "invalid", "Invalid Value");
            from = int.Parse(start, CultureInfo.InvariantCulture);
        }

        var size = int.Parse(query["pageSize"].ToString(), CultureInfo.InvariantCulture);
        var files = entries.Skip(from).Take(size).Select(Describe);
        return Results.Json(new { files, nextPageToken = from + size < entries.Count ? $"{_pageEra}.{from + size}" : null });
    }

    private async Task DownloadAsync(HttpContext context, string id)
    {
        if (Find(id) is not { Content: { } content })
        {
            await ErrorAsync(context, context.Request.Query["alt"] == "media" ? 403 : 404, "fileNotDownloadable", "Only files with binary content can be downloaded.");
            return;
        }

        var from = 0L;
        if (RangeHeaderValue.TryParse(context.Request.Headers.Range.ToString(), out var range))
            (from, context.Response.StatusCode) = (range.Ranges.Single().From!.Value, 206);
        context.Response.ContentLength = content.Length - from;
        var rest = content.AsMemory((int)from);
        if (DownloadsToBreak > 0)
        {
            DownloadsToBreak--;
            await context.Response.Body.WriteAsync(rest[..(rest.Length / 2)]);
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(rest);
    }

    private async Task<IResult> MakeFolderAsync(HttpContext context)
    {
        var metadata = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
        return Results.Json(Describe(Find(AddFolder(metadata.GetProperty("parents")[0].GetString()!, metadata.GetProperty("name").GetString()!))!));
    }

    private IResult Delete(string id)
    {
        lock (_gate)
            return _entries.Remove(id) ? Results.NoContent() : Error(404, "notFound", "File not found");
    }

    private async Task<IResult> UploadAsync(HttpContext context, string? id)
    {
        if (id is not null && Find(id) is null)
            return Error(404, "notFound", "File not found");
        if (context.Request.Query["uploadType"] == "resumable")
        {
            var metadata = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
            var session = new Session(id, metadata, context.Request.Headers["X-Upload-Content-Type"].ToString(), long.Parse(context.Request.Headers["X-Upload-Content-Length"].ToString(), CultureInfo.InvariantCulture));
            var name = NewId();
            lock (_gate)
                _sessions.Add(name, session);
            context.Response.Headers.Location = new Uri(Address, $"/session/{name}").AbsoluteUri;
            return Results.Ok();
        }

        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(context.Request.ContentType).Boundary).ToString();
        var reader = new MultipartReader(boundary, context.Request.Body);
        var about = await JsonSerializer.DeserializeAsync<JsonElement>((await reader.ReadNextSectionAsync())!.Body);
        var part = (await reader.ReadNextSectionAsync())!;
        using var content = new MemoryStream();
        await part.Body.CopyToAsync(content);
        return Results.Json(Describe(Put(id, about, part.ContentType!, content.ToArray())));
    }

    private async Task<IResult> PieceAsync(HttpContext context, string id)
    {
        Session? session;
        lock (_gate)
            session = _sessions.GetValueOrDefault(id);
        if (session is null)
            return Error(404, "notFound", "the session is over");
        var range = ContentRangeHeaderValue.Parse(context.Request.Headers.ContentRange.ToString());
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (range.From is { } from)
        {
            if (from != session.Content.Length || range.Length != session.Length || range.To - from + 1 != body.Length)
                return Error(400, "badRequest", $"expected bytes from {session.Content.Length} on, got {range}");
            if (range.To + 1 < session.Length && body.Length % Grain != 0)
                return Error(400, "badRequest", "pieces must be multiples of 256 KiB");
            BytesOfPieces += body.Length;
            var kept = body.Length;
            if (PiecesToHalve > 0)
                (PiecesToHalve, kept) = (PiecesToHalve - 1, kept / 2 / Grain * Grain);
            await session.Content.WriteAsync(body.GetBuffer().AsMemory(0, (int)kept));
        }

        if (session.Content.Length == session.Length)
            return Results.Json(Describe(session.Done ??= Put(session.Id, session.Metadata, session.Type, session.Content.ToArray())));
        if (session.Content.Length > 0)
            context.Response.Headers.Range = $"bytes=0-{session.Content.Length - 1}";
        return Results.StatusCode(308);
    }

    private IResult EndSession(string id)
    {
        lock (_gate)
            return _sessions.Remove(id) ? Results.StatusCode(499) : Error(404, "notFound", "the session is over");
    }

    private Entry Put(string? id, JsonElement metadata, string type, byte[] content)
    {
        var changed = metadata.TryGetProperty("modifiedTime", out var time) ? time.GetDateTime() : TreeFolder.Changed;
        var kind = metadata.TryGetProperty("mimeType", out var said) ? said.GetString()! : type;
        if (id is null)
            return Add(new Entry(NewId(), metadata.GetProperty("name").GetString()!, kind, metadata.GetProperty("parents")[0].GetString()!, content, changed));
        if (metadata.TryGetProperty("parents", out _))
            throw new InvalidOperationException("Google refuses parents in an update");
        return Add(Find(id)! with { Content = content, Changed = changed, Type = kind });
    }

    private Entry Add(Entry entry)
    {
        lock (_gate)
            return _entries[entry.Id] = entry with { Number = _entries.TryGetValue(entry.Id, out var there) ? there.Number : _entries.Count };
    }

    private Entry? Find(string id)
    {
        lock (_gate)
            return _entries.GetValueOrDefault(id);
    }

    private string NewId() => $"Id_{Interlocked.Increment(ref _numbers)}-x";

    private static object Describe(Entry entry) => new
    {
        id = entry.Id,
        name = entry.Name,
        mimeType = entry.Type,
        size = entry.Content?.Length.ToString(CultureInfo.InvariantCulture),
        md5Checksum = entry.Content is { } content ? Convert.ToHexStringLower(Md5(content)) : null,
        modifiedTime = entry.Changed.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
    };

#pragma warning disable CA5351 // it is what Google Drive tells
    private static byte[] Md5(byte[] content) => MD5.HashData(content);
#pragma warning restore CA5351

    private static string Unquote(string text) => EscapedForm().Replace(text, "${letter}");

    private static IResult Error(int status, string? reason, string message)
        => Results.Json(new { error = new { code = status, message, errors = new[] { new { domain = "global", reason, message } } } }, statusCode: status);

    private static Task ErrorAsync(HttpContext context, int status, string? reason, string message) => Error(status, reason, message).ExecuteAsync(context);

    [GeneratedRegex(@"^'(?<parent>[^']+)' in parents( and name = '(?<name>(\\.|[^'\\])*)')?( and mimeType (?<not>!?=) 'application/vnd\.google-apps\.folder')? and trashed = false$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex QueryForm();

    [GeneratedRegex(@"\\(?<letter>.)", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex EscapedForm();

    private sealed record Entry(string Id, string Name, string Type, string Parent, byte[]? Content, DateTime Changed, int Number = 0);

    private sealed record Session(string? Id, JsonElement Metadata, string Type, long Length)
    {
        public MemoryStream Content { get; } = new();

        public Entry? Done { get; set; }
    }
}
