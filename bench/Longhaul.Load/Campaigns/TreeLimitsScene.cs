using System.Diagnostics;
using System.Text.Json;
using Longhaul.Proof;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorageMigration.Tests.Campaign;

namespace Longhaul.Load.Campaigns;

/// <summary>Copies of a tree under a limit, looked at for a minute from outside: by what lies in the target, and by what the server was asked.</summary>
internal sealed class TreeLimitsScene : IAsyncDisposable
{
    private const int BytesPerSecond = 10_000_000;
    private const int BytesOfAFile = 400_000;

    /// <summary>In a window of 100 s, as the seed's API allows; a job's own limit.</summary>
    private const int Requests = 20_000;
    private const int WindowSeconds = 100;

    /// <summary>At the beginning a second's worth goes at once.</summary>
    private static readonly TimeSpan Begin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Spare = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-limits-");
    private readonly ServiceProvider _services;
    private MigrationProcess? _worker;

    private TreeLimitsScene()
    {
        Directory.CreateDirectory(Root);
        _services = new ServiceCollection().AddLogging(static log => log.ClearProviders()).AddSingleton(TimeProvider.System)
            .AddLonghaul(longhaul => longhaul.UseSqlite(Path.Combine(Root, "longhaul.db"))).BuildServiceProvider();
    }

    private string Root => Path.Combine(_folder.FullName, "application");

    private string Source => Path.Combine(_folder.FullName, "source");

    private string Target => Path.Combine(_folder.FullName, "target");

    private static double Seconds => (Begin + Minute + Spare).TotalSeconds;

    /// <summary>From folder to folder: what lies in the target.</summary>
    public static async Task<HeldLimit> BytesAsync()
    {
        await using var scene = new TreeLimitsScene();
        scene.Fill((int)(Seconds * BytesPerSecond / BytesOfAFile), BytesOfAFile);
        await scene.StartAsync(scene.Target, new { parallelism = 4, bytesPerSecond = BytesPerSecond });
        return new HeldLimit(BytesPerSecond, await scene.RateAsync(scene.BytesInTarget));
    }

    /// <summary>To a bucket: a request a file, as the server counts them.</summary>
    public static async Task<HeldLimit> RequestsAsync()
    {
        const double limit = (double)Requests / WindowSeconds;
        await using var scene = new TreeLimitsScene();
        scene.Fill((int)(Seconds * limit), 100);
        await using var server = await S3Server.StartAsync(MigrationProgram.S3Scripts, Path.Combine(scene._folder.FullName, "s3"), partDelay: 0, "tree");
        await scene.StartAsync(server.Address("tree"), new { parallelism = 16, requests = Requests });
        return new HeldLimit(limit, await scene.RateAsync(() => server.Log().Length));
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null)
        {
            await _worker.KillAsync();
            _worker.Dispose();
        }

        await _services.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private void Fill(int files, int bytes)
    {
        var content = new byte[bytes];
        new Random(files).NextBytes(content);
        for (var i = 0; i < files; i++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(Source, $"{i / 100:000}")).FullName;
            File.WriteAllBytes(Path.Combine(folder, $"{i % 100:00}.bin"), content);
        }
    }

    private async Task StartAsync(string target, object options)
    {
        await _services.GetRequiredService<IJobClient>().EnqueueJsonAsync("trees.copy", JsonSerializer.SerializeToUtf8Bytes(new { source = Source, target, options }));
        _worker = new MigrationProcess(MigrationProgram.Path, new Dictionary<string, string> { ["Root"] = Root }, "work");
    }

    /// <summary>How many came a second, in the minute behind the beginning.</summary>
    private async Task<double> RateAsync(Func<long> count)
    {
        await Until.TrueAsync(() => Task.FromResult(count() > 0), Patience, "the copy to begin");
        await Task.Delay(Begin, TimeProvider.System);
        var (before, start) = (count(), Stopwatch.GetTimestamp());
        await Task.Delay(Minute, TimeProvider.System);
        var after = count();
        return (after - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private long BytesInTarget()
    {
        var bytes = 0L;
        if (!Directory.Exists(Target))
            return 0;
        foreach (var file in new DirectoryInfo(Target).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            try
            {
                bytes += file.Length;
            }
            catch (FileNotFoundException)
            {
                // It was on its way, and has its name now: the next look counts it.
            }
        }

        return bytes;
    }
}
