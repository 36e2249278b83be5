using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Longhaul;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using StorageMigration.Trees;

namespace StorageMigration.Tests.Trees;

/// <summary>An application with the routes and a worker, in this process. Callers say who they are by a header.</summary>
internal sealed class TreeSite : IAsyncDisposable
{
    private const string Who = "X-Who";

    private readonly WebApplication _app;
    private readonly HttpClient _client;

    private TreeSite(WebApplication app)
    {
        _app = app;
        _client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public IServiceProvider Services => _app.Services;

    public static async Task<TreeSite> StartAsync(string root, params (string Key, string? Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        MigrationApp.Configure(builder, [("Migration:Root", root), ("LONGHAUL_STORE", "sqlite:" + Path.Combine(root, "longhaul.db")), ("Logging:LogLevel:Default", "None"), .. settings]);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        TreeRoutes.Map(app.MapGroup("/api"), static context => context.Request.Headers[Who]);
        await app.StartAsync(Cancel);
        return new TreeSite(app);
    }

    public async Task<(HttpStatusCode Status, JsonElement Body, Uri? Location)> CallAsync(string? who, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (who is not null)
            request.Headers.Add(Who, who);
        using var response = await _client.SendAsync(request, Cancel);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Cancel), response.Headers.Location);
    }

    public Task<(HttpStatusCode Status, JsonElement Body, Uri? Location)> PostAsync(string? who, string path, object? body = null) => CallAsync(who, HttpMethod.Post, path, body);

    public Task<(HttpStatusCode Status, JsonElement Body, Uri? Location)> GetAsync(string? who, string path) => CallAsync(who, HttpMethod.Get, path);

    /// <summary>Waits until the copy is in one of these states.</summary>
    public async Task<JsonElement> UntilAsync(string who, long id, Func<JsonElement, bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var (_, view, _) = await GetAsync(who, $"/api/trees/{id}");
            if (condition(view))
                return view;
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromMinutes(1), $"waited in vain; last seen: {view}");
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, Cancel);
        }
    }

    public IJobClient Jobs => _app.Services.GetRequiredService<IJobClient>();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }
}
