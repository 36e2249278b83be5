using Longhaul;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PhotoIngest.Demo;
using PhotoIngest.Library;

namespace PhotoIngest.Tests;

/// <summary>The application with its worker, in this process, on a folder of its own.</summary>
internal sealed class Application : IAsyncDisposable
{
    private readonly IHost _host;

    private Application(string root) => _host = PhotoApp.Build(("Photos:Root", root), ("LONGHAUL_STORE", PhotoApp.DefaultStore(root)), ("Logging:LogLevel:Default", "None"));

    public LibraryPaths Paths => Get<LibraryPaths>();

    public IJobClient Jobs => Get<IJobClient>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Application> StartAsync(string root)
    {
        var application = new Application(root);
        await application._host.StartAsync(Cancel);
        return application;
    }

    public T Get<T>() where T : notnull => _host.Services.GetRequiredService<T>();

    /// <summary>What <c>./demo</c> does between setting up and telling.</summary>
    public async Task<Summary> TakeInAsync(string folder)
    {
        var done = await new DemoRun(_host.Services, folder, new LineView(TextWriter.Null), TextWriter.Null).RunAsync().WaitAsync(TimeSpan.FromMinutes(3), Cancel);
        done.ShouldBeTrue();
        return Summarise(folder);
    }

    public Summary Summarise(string folder) => Summary.Read(Get<PhotoLedger>(), Get<Sittings>(), folder);

    /// <summary>The first column of a query on photos.db.</summary>
    public List<T> Query<T>(string sql, params ReadOnlySpan<object?> values)
    {
        using var connection = Get<LibraryDb>().Open();
        return connection.Query(sql, (SqliteDataReader row) => row.GetFieldValue<T>(0), values);
    }

    public async Task<List<JobTrace>> TracesAsync(string uuid)
    {
        var traces = new List<JobTrace>();
        await foreach (var trace in Jobs.TracesAsync(uuid, Cancel))
            traces.Add(trace);
        return traces;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)_host).DisposeAsync();
        SqliteConnection.ClearAllPools();
    }
}
