using System.Net.Http.Json;
using System.Text.Json;
using Longhaul.AspNetCore.Events;
using Longhaul.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longhaul.AspNetCore.Tests.Support;

/// <summary>An application with Longhaul on a real server, and a client who says who it is.</summary>
internal sealed class Web : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DirectoryInfo? _folder;

    private Web(WebApplication app, DirectoryInfo? folder)
    {
        (_app, _folder) = (app, folder);
        Address = new Uri(app.Urls.First());
        Anonymous = new HttpClient { BaseAddress = Address };
        Admin = As("ann", "view operate admin");
    }

    public const string Prefix = "/longhaul";

    public Uri Address { get; }

    /// <summary>Nobody in particular.</summary>
    public HttpClient Anonymous { get; }

    /// <summary>May do all.</summary>
    public HttpClient Admin { get; }

    public IServiceProvider Services => _app.Services;

    public IJobStore Store => Services.GetRequiredService<IJobStore>();

    public EventPump Events => Services.GetRequiredService<LonghaulHttp>().Events;

    public IJobClient Jobs => Services.GetRequiredService<IJobClient>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What a test wants different.</summary>
    public sealed class Setup
    {
        public Action<LonghaulBuilder> Longhaul { get; set; } = static longhaul => longhaul.AddHandler<Greet>(static (_, _, _) => Task.CompletedTask).AddHandler<Login>(static (_, _, _) => Task.CompletedTask);

        public Action<HttpOptions>? Http { get; set; }

        public Action<LonghaulEndpoints>? Access { get; set; } = static endpoints => endpoints.RequireAuthorization("view", "operate", "admin");

        public Action<IServiceCollection>? Services { get; set; }

        public Action<WebApplicationBuilder>? Host { get; set; }

        public Action<WebApplication>? Before { get; set; }

        public string Environment { get; set; } = "Production";

        public string Prefix { get; set; } = Web.Prefix;

        /// <summary>A SQLite file; null: one of its own, or memory.</summary>
        public string? File { get; set; }
    }

    public static async Task<Web> StartAsync(StoreKind store = StoreKind.Memory, Action<Setup>? change = null)
    {
        var setup = new Setup();
        change?.Invoke(setup);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = setup.Environment });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var folder = store == StoreKind.Sqlite && setup.File is null ? Directory.CreateTempSubdirectory("longhaul-") : null;
        builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, TestUser>("test", null);
        var policies = builder.Services.AddAuthorizationBuilder();
        foreach (var role in (string[])["view", "operate", "admin"])
            policies.AddPolicy(role, policy => policy.RequireAuthenticatedUser().RequireClaim("role", role));
        builder.Services.AddLonghaul(longhaul =>
        {
            if (store == StoreKind.Memory)
                longhaul.UseMemory();
            else
                longhaul.UseSqlite(setup.File ?? Path.Combine(folder!.FullName, "jobs.db"));
            setup.Longhaul(longhaul);
            longhaul.AddHttp(http =>
            {
                http.OwnerOf = static context => context.User.FindFirst("owner")?.Value;
                setup.Http?.Invoke(http);
            });
        });
        setup.Services?.Invoke(builder.Services);
        setup.Host?.Invoke(builder);

        var app = builder.Build();
        setup.Before?.Invoke(app);
        var endpoints = app.MapLonghaul(setup.Prefix);
        setup.Access?.Invoke(endpoints);
        try
        {
            await app.StartAsync(Cancel);
        }
        catch
        {
            await app.DisposeAsync();
            folder?.Delete(recursive: true);
            throw;
        }

        return new Web(app, folder);
    }

    /// <summary>A client who says who it is.</summary>
    public HttpClient As(string user, string roles, string? owner = null)
    {
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
        client.DefaultRequestHeaders.Add(TestUser.Header, $"{user};{roles};{owner}");
        return client;
    }

    public static string Api(string path) => $"{Prefix}/api/{path}";

    public async Task<JsonElement> GetAsync(string path, HttpClient? client = null) => (await Read(await (client ?? Admin).GetAsync(Api(path), Cancel))).Ok();

    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method, Api(path));
        if (body is not null)
            request.Content = body is string text ? new StringContent(text, System.Text.Encoding.UTF8, "application/json") : JsonContent.Create(body);
        return await Read(await (client ?? Admin).SendAsync(request, Cancel));
    }

    public Task<Answer> PostAsync(string path, object? body = null, HttpClient? client = null) => SendAsync(HttpMethod.Post, path, body, client);

    public static async Task<Answer> Read(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(Cancel);
            return new Answer((int)response.StatusCode, text, response.Headers.Concat(response.Content.Headers).ToDictionary(static h => h.Key, static h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase));
        }
    }

    public async Task<JobId> AddAsync(object? payload = null, EnqueueOptions? options = null)
        => payload is Login login ? await Jobs.EnqueueAsync(login, options, Cancel) : await Jobs.EnqueueAsync((Greet?)payload ?? new Greet("Ann"), options, Cancel);

    public async ValueTask DisposeAsync()
    {
        Anonymous.Dispose();
        Admin.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _folder?.Delete(recursive: true);
    }
}

/// <summary>Which store a test runs on.</summary>
public enum StoreKind
{
    Memory,
    Sqlite,
}

[Job("greet")]
public sealed record Greet(string Name);

[Job("login", Queue = "logins")]
public sealed record Login(string User, [property: Secret] string Pin, string ApiKey);
