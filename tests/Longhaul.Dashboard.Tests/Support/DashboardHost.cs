using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longhaul.Dashboard.Tests;

/// <summary>An application with the dashboard and a worker, on SQLite, in this process.</summary>
internal sealed class DashboardHost : IAsyncDisposable
{
    private readonly string _folder;
    private WebApplication _app;

    private DashboardHost(WebApplication app, string folder) => (_app, _folder) = (app, folder);

    /// <summary>Where the dashboard is, without a slash at the end.</summary>
    public string Address { get; private set; } = "";

    public Stage Stage => Get<Stage>();

    public IJobClient Jobs => Get<IJobClient>();

    public IJobStore Store => Get<IJobStore>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<DashboardHost> StartAsync(string worker = "tester", bool works = true, string? roles = null)
    {
        var folder = Directory.CreateTempSubdirectory("longhaul-dashboard").FullName;
        var app = await RunAsync(folder, "http://127.0.0.1:0", worker, works, roles);
        return new DashboardHost(app, folder) { Address = $"{app.Urls.First()}/longhaul" };
    }

    public Task StopAsync() => _app.StopAsync(Cancel);

    /// <summary>Another process, as it were, on the same store and at the same address.</summary>
    public async Task ComeBackAsync()
    {
        await _app.DisposeAsync();
        _app = await RunAsync(_folder, new Uri(Address).GetLeftPart(UriPartial.Authority), "tester", works: true, roles: null);
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

    private static async Task<WebApplication> RunAsync(string folder, string url, string worker, bool works, string? roles)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.Services.AddAuthorization(options =>
        {
            foreach (var role in (string[])["view", "operate", "admin"])
                options.AddPolicy(role, policy => policy.RequireAssertion(_ => roles?.Contains(role, StringComparison.Ordinal) == true));
        });
        builder.Services.AddSingleton<Stage>();
        builder.Services.AddLonghaul(longhaul =>
        {
            longhaul.UseSqlite(Path.Combine(folder, "jobs.db")).AddTestJobs().AddHttp();
            if (works)
                longhaul.AddWorker(options => (options.Name, options.Concurrency) = (worker, 8));
        });
        var app = builder.Build();
        var longhaul = app.MapLonghaul("/longhaul");
        if (roles is null)
            longhaul.AllowLocalOnly();
        else
            longhaul.RequireAuthorization("view", "operate", "admin");
        await app.StartAsync(Cancel);
        return app;
    }

    private T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();
}
