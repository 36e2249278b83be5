using System.Net;
using System.Runtime.CompilerServices;
using Longhaul.Dashboard.Tests.Pictures;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longhaul.Dashboard.Tests;

/// <summary>An application with the dashboard and a worker, on SQLite, in this process.</summary>
internal sealed class DashboardHost : IAsyncDisposable
{
    /// <summary>A page of the application itself, with the component in it: <c>?src=LINK</c>.</summary>
    public const string OwnPage = "/own";

    private readonly string _folder;
    private readonly StrongBox<string?> _roles;
    private readonly string? _token;
    private WebApplication _app;

    private DashboardHost(WebApplication app, string folder, StrongBox<string?> roles, string? token) => (_app, _folder, _roles, _token) = (app, folder, roles, token);

    /// <summary>Where the dashboard is, without a slash at the end.</summary>
    public string Address { get; private set; } = "";

    /// <summary>For workers in other processes.</summary>
    public string StoreFile => FileIn(_folder);

    public Stage Stage => Get<Stage>();

    /// <summary>Since it was started, or came back.</summary>
    public ApiCalls Calls => Get<ApiCalls>();

    public IJobClient Jobs => Get<IJobClient>();

    public IJobStore Store => Get<IJobStore>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<DashboardHost> StartAsync(string worker = "tester", bool works = true, string? roles = null, int slots = 8, string? token = null)
    {
        var folder = Directory.CreateTempSubdirectory("longhaul-dashboard").FullName;
        var granted = new StrongBox<string?>(roles);
        var app = await RunAsync(folder, "http://127.0.0.1:0", worker, works, granted, slots, token);
        return new DashboardHost(app, folder, granted, token) { Address = $"{app.Urls.First()}/longhaul" };
    }

    /// <summary>A signed link to a job's progress, as the application makes it.</summary>
    public string LinkTo(JobId id) => new Uri(new Uri(Address), Get<IProgressLinks>().Create(id, TimeSpan.FromHours(1))).ToString();

    /// <summary>From now on callers have these roles. Of a host that was started with roles.</summary>
    public void Grant(string roles) => _roles.Value = roles;

    public Task StopAsync() => _app.StopAsync(Cancel);

    /// <summary>Another process, as it were, on the same store and at the same address.</summary>
    public async Task ComeBackAsync()
    {
        await _app.DisposeAsync();
        _app = await RunAsync(_folder, new Uri(Address).GetLeftPart(UriPartial.Authority), "tester", works: true, _roles, slots: 8, _token);
    }

    /// <summary>Waits until a job is as it should be.</summary>
    public async Task<JobInfo> UntilAsync(JobId id, Func<JobInfo, bool> holds, string what)
    {
        var patience = TimeSpan.FromMinutes(1);
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var job = await Jobs.GetAsync(id, Cancel);
            if (job is not null && holds(job))
                return job;
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(patience, $"waited in vain for {what}; the job is {job?.State}");
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, Cancel);
        }
    }

    public Task<JobInfo> EndAsync(JobId id) => UntilAsync(id, static job => job.HasEnded, "its end");

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<WebApplication> RunAsync(string folder, string url, string worker, bool works, StrongBox<string?> roles, int slots, string? token)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.Services.AddAuthorization(options =>
        {
            foreach (var role in (string[])["view", "operate", "admin"])
                options.AddPolicy(role, policy => policy.RequireAssertion(_ => roles.Value?.Contains(role, StringComparison.Ordinal) == true));
        });
        builder.Services.AddSingleton<Stage>();
        builder.Services.AddSingleton<ApiCalls>();
        builder.Services.AddLonghaul(longhaul =>
        {
            longhaul.UseSqlite(FileIn(folder)).AddTestJobs().AddSceneJobs().AddHttp();
            if (works)
                longhaul.AddWorker(options => (options.Name, options.Concurrency) = (worker, slots));
        });
        var app = builder.Build();
        app.Use(app.Services.GetRequiredService<ApiCalls>().NoteAsync);
        app.MapGet(OwnPage, static (string src) => Results.Content(
            $$"""
            <!doctype html><html lang="en"><head><title>My application</title>
            <style>longhaul-progress::part(fill) { background: rgb(1, 2, 3) }</style>
            <script type="module" src="/longhaul/p/longhaul-progress.js"></script></head>
            <body><main><h1>My application</h1><longhaul-progress src="{{WebUtility.HtmlEncode(src)}}"></longhaul-progress></main></body></html>
            """, "text/html"));
        var longhaul = app.MapLonghaul("/longhaul");
        if (token is not null)
            longhaul.RequireToken(token);
        else if (roles.Value is null)
            longhaul.AllowLocalOnly();
        else
            longhaul.RequireAuthorization("view", "operate", "admin");
        await app.StartAsync(Cancel);
        return app;
    }

    private static string FileIn(string folder) => Path.Combine(folder, "jobs.db");

    private T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();
}
