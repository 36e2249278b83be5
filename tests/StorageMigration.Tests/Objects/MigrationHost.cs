using Longhaul;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StorageMigration.Migration;
using StorageMigration.Objects;

namespace StorageMigration.Tests.Objects;

/// <summary>The application with its worker, in this process, on a folder of its own.</summary>
internal sealed class MigrationHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly IHost _host;

    private MigrationHost(string root, string source, string target, (string Name, string? Value)[] settings) => _host = MigrationApp.Build(
    [
        ("Migration:Root", root), ("Migration:Source", source), ("Migration:Target", target), ("LONGHAUL_STORE", $"sqlite:{Path.Combine(root, "longhaul.db")}"),
        ("Logging:LogLevel:Default", "None"), .. settings,
    ]);

    public MigrationOptions Options => Get<IOptions<MigrationOptions>>().Value;

    public IJobClient Jobs => Get<IJobClient>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<MigrationHost> StartAsync(string root, string source, string target, params (string Name, string? Value)[] settings)
    {
        var host = new MigrationHost(root, source, target, settings);
        await host._host.StartAsync(Cancel);
        return host;
    }

    public T Get<T>() where T : notnull => _host.Services.GetRequiredService<T>();

    public IObjectStore Open(string address) => Get<ObjectStores>().OpenPlace(address);

    public Task<StartedMigration> StartAsync(MigrationParameters parameters) => Get<MigrationStarter>().StartAsync(parameters, job: null, migrationId: null, Cancel);

    public Task<JobInfo> EndAsync(StartedMigration started) => Jobs.WaitAsync(started.Job, Patience, Cancel);

    /// <summary>Migrates to the end.</summary>
    public async Task<MigrationResult> MigrateAsync(MigrationParameters? parameters = null)
    {
        var job = await EndAsync(await StartAsync(parameters ?? new MigrationParameters()));
        job.State.ShouldBe(JobState.Completed, job.Error?.Detail ?? job.Error?.Message);
        return job.ResultAs<MigrationResult>()!;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)_host).DisposeAsync();
        SqliteConnection.ClearAllPools();
    }
}
