using System.Diagnostics;
using System.Text.Json;
using Longhaul;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace StorageMigration.Tests.Trees.Proof;

/// <summary>
/// The same files copied by a job and by a plain loop in turn, for a ratio that a disk's moods do not make: pairs, of which each second one begins with
/// the other, and all that is still to be written goes to the disk before each. What was made stays until the end: ext4 steps over each inode that was
/// freed lately when it looks for a new one, which makes whoever comes next several times slower.
/// </summary>
/// <param name="folder">An empty folder for all of it.</param>
/// <param name="program">The built sample.</param>
/// <param name="files">How many, of up to 4 KB.</param>
internal sealed class TreeSpeed(string folder, string program, int files, TimeProvider time, CancellationToken cancel)
{
    private const int MostBytes = 4_096;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>Whether all that is still to be written goes to the disk first. Takes its time, and that of others on the machine.</summary>
    public bool Syncs { get; init; } = true;

    private string Source => Path.Combine(folder, "source");

    private string Root => Path.Combine(folder, "application");

    /// <returns>What each pair took, and the first file of a copy that was wrong.</returns>
    public async Task<(List<(TimeSpan Copy, TimeSpan Plain)> Pairs, string? Wrong, long PeakBytes)> RunAsync(int pairs)
    {
        TreeSource.Make(Source, files, MostBytes);
        Directory.CreateDirectory(Root);
        await using var services = new ServiceCollection().AddLogging(static log => log.ClearProviders()).AddSingleton(time).AddLonghaul(longhaul => longhaul.UseSqlite(TreeWorker.StoreIn(Root))).BuildServiceProvider();
        var jobs = services.GetRequiredService<IJobClient>();
        using var worker = new TreeWorker(program, Root);
        var (measured, wrong) = (new List<(TimeSpan, TimeSpan)>(), (string?)null);
        for (var pair = 0; pair < pairs; pair++)
        {
            var (target, plain) = (Path.Combine(folder, $"target-{pair}"), TimeSpan.Zero);
            if (pair % 2 == 0)
                plain = await CopyPlainlyAsync(pair);
            var copy = await CopyAsync(jobs, worker, target);
            if (pair % 2 != 0)
                plain = await CopyPlainlyAsync(pair);
            measured.Add((copy, plain));
            wrong ??= TreeSource.Compare(Source, target).First;
        }

        return (measured, wrong, worker.PeakBytes);
    }

    /// <summary>The job's own time, by the store's clock.</summary>
    private async Task<TimeSpan> CopyAsync(IJobClient jobs, TreeWorker worker, string target)
    {
        await SyncAsync();
        JobId job = await jobs.EnqueueJsonAsync("trees.copy", JsonSerializer.SerializeToUtf8Bytes(new { source = Source, target, options = new { parallelism = 1 } }), cancellationToken: cancel);
        var start = time.GetTimestamp();
        while (true)
        {
            var info = await jobs.GetAsync(job, cancel) ?? throw new InvalidOperationException($"Job {job} is gone.");
            if (info.State == JobState.Completed)
                return info.FinishedAt!.Value - info.StartedAt!.Value;
            if (info.HasEnded || worker.HasExited || time.GetElapsedTime(start) > Patience)
                throw new InvalidOperationException($"The copy must complete within {Patience}, but it is {info.State}: {info.Error?.Message}.");
            await Task.Delay(LookEvery, time, cancel);
        }
    }

    /// <summary>What anybody would write: a loop over the files with <see cref="File.Copy(string, string)"/>, folders made first.</summary>
    private async Task<TimeSpan> CopyPlainlyAsync(int pair)
    {
        await SyncAsync();
        var target = Path.Combine(folder, $"plain-{pair}");
        var start = time.GetTimestamp();
        foreach (var inner in Directory.EnumerateDirectories(Source, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(Source, inner)));
        foreach (var file in Directory.EnumerateFiles(Source, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(target, Path.GetRelativePath(Source, file)));
        return time.GetElapsedTime(start);
    }

    private async Task SyncAsync()
    {
        if (!Syncs)
            return;
        using var sync = Process.Start("sync", ["-f", folder]);
        await sync.WaitForExitAsync(cancel);
        if (sync.ExitCode != 0)
            throw new InvalidOperationException($"'sync -f {folder}' must end with 0, but ended with {sync.ExitCode}.");
    }
}
