using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Longhaul;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using PhotoIngest.Library;
using PhotoIngest.Web;

namespace PhotoIngest.Tests;

/// <summary>The application with its pages, in this process, on a folder of its own and a free port.</summary>
internal sealed class Site : IAsyncDisposable
{
    public const string Header = "X-Photo-Ingest";

    private readonly WebApplication _app;

    private Site(WebApplication app)
    {
        _app = app;
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.GalleryAddress) };
        Client.DefaultRequestHeaders.Add(Header, "1");
    }

    /// <summary>Calls it as its own page does.</summary>
    public HttpClient Client { get; }

    /// <summary>With a slash at the end.</summary>
    public string Address => _app.GalleryAddress;

    public LibraryPaths Paths => Get<LibraryPaths>();

    public IJobClient Jobs => Get<IJobClient>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Site> StartAsync(string root, params (string Key, string? Value)[] settings)
    {
        var app = PhotoSite.Build([("Photos:Root", root), ("LONGHAUL_STORE", PhotoApp.DefaultStore(root)), ("Photos:Port", "0"), ("Logging:LogLevel:Default", "None"), .. settings]);
        await app.StartAsync(Cancel);
        return new Site(app);
    }

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public async Task<(HttpResponseMessage Response, JsonElement Body)> UploadAsync(params (string Name, byte[] Bytes)[] files)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, bytes) in files)
        {
            var file = new ByteArrayContent(bytes);
            file.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "files", FileNameStar = name };
            form.Add(file);
        }

        return await ReadAsync(await Client.PostAsync("api/uploads", form, Cancel));
    }

    public async Task<(HttpResponseMessage Response, JsonElement Body)> PostAsync(string path, object? body = null) =>
        await ReadAsync(await Client.PostAsJsonAsync(path, body ?? new { }, Cancel));

    public async Task<JsonElement> GetAsync(string path) => await Client.GetFromJsonAsync<JsonElement>(path, Cancel);

    /// <summary>The first column of a query on photos.db.</summary>
    public List<T> Query<T>(string sql, params ReadOnlySpan<object?> values)
    {
        using var connection = Get<LibraryDb>().Open();
        return connection.Query(sql, (SqliteDataReader row) => row.GetFieldValue<T>(0), values);
    }

    /// <summary>Waits until a query on photos.db gives this number.</summary>
    public Task UntilAsync(long expected, string sql, string what) => UntilAsync(() => Query<long>(sql).Single() == expected, what);

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromMinutes(2), $"waited in vain for {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }

    private static async Task<(HttpResponseMessage Response, JsonElement Body)> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Cancel);
        return (response, text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text));
    }
}
