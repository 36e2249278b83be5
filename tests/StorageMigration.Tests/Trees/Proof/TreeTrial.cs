using System.Diagnostics;
using System.Text.Json;
using Longhaul;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace StorageMigration.Tests.Trees.Proof;

/// <summary>
/// Copies a tree by a worker of the sample as a process of its own, which is killed on the way, and compares. Used by a test with a small size and
/// by a campaign with that of the acceptance; so it asserts nothing.
/// </summary>
internal sealed class TreeTrial(TreeTrialPlan plan, TimeProvider time, CancellationToken cancel) : IDisposable
{
    private const int FilesOfAFolder = 100;
    private const int LargeBytes = 17 * 1024 * 1024;
    private static readonly DateTime Oldest = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private Process? _worker;
    private long _peak;
    private DateTimeOffset _placeAt;

    private string Source => Path.Combine(plan.Folder, "source");

    private string Target => Path.Combine(plan.Folder, "target");

    private string Root => Path.Combine(plan.Folder, "application");

    private string Store => Path.Combine(Root, "longhaul.db");

    public async Task<TreeTrialOutcome> RunAsync()
    {
        MakeSource();
        Directory.CreateDirectory(Root);
        await using var services = new ServiceCollection().AddLogging(static log => log.ClearProviders()).AddSingleton(time).AddLonghaul(longhaul => longhaul.UseSqlite(Store)).BuildServiceProvider();
        var jobs = services.GetRequiredService<IJobClient>();
        var store = services.GetRequiredService<IJobStore>();
        var plainBefore = plan.Plain ? CopyPlainly("before") : TimeSpan.Zero;
        var options = new { parallelism = plan.Parallelism, bytesPerSecond = plan.BytesPerSecond };
        JobId job = await jobs.EnqueueJsonAsync("trees.copy", JsonSerializer.SerializeToUtf8Bytes(new { source = Source, target = Target, options }), cancellationToken: cancel);

        StartWorker();
        var done = 0d;
        for (var kill = 1; kill <= plan.Kills; kill++)
        {
            var seen = await UntilAsync(job, jobs, Math.Max((double)plan.Files * kill / (plan.Kills + 1), done + 1), kill);
            await UntilAPlaceIsSavedAsync(job, store, kill);
            done = seen.Progress?.Done ?? done;
            Kill();
            StartWorker();
        }

        var end = await UntilAsync(job, jobs, double.PositiveInfinity, run: 1);
        NotePeak();
        Kill();
        var plainAfter = plan.Plain ? CopyPlainly("after") : TimeSpan.Zero;
        if (end.State != JobState.Completed)
            throw new InvalidOperationException($"The copy must complete, but {end.State}: {end.Error?.Message}");
        var (wrong, firstWrong) = Compare();
        var report = end.ResultAs<Report>()!;
        return new TreeTrialOutcome
        {
            Files = plan.Files,
            Kills = plan.Kills,
            Wrong = wrong,
            FirstWrong = firstWrong,
            Copied = report.Files,
            Listed = report.Listed,
            WentOn = await CountWentOnAsync(job, store),
            Took = end.FinishedAt!.Value - end.StartedAt!.Value,
            PlainBefore = plainBefore,
            PlainAfter = plainAfter,
            PeakBytes = _peak,
        };
    }

    public void Dispose() => Kill();

    private void MakeSource()
    {
        var random = new Random(plan.Files);
        var bytes = new byte[Math.Max(plan.MostBytes, plan.LargeFiles > 0 ? LargeBytes : 0)];
        for (var i = 0; i < plan.Files; i++)
        {
            var folder = Path.Combine(Source, $"{i / FilesOfAFolder / FilesOfAFolder:000}", $"{i / FilesOfAFolder % FilesOfAFolder:00}");
            if (i % FilesOfAFolder == 0)
                Directory.CreateDirectory(folder);
            var length = IsLarge(i) ? LargeBytes : random.Next(plan.MostBytes) + 1;
            random.NextBytes(bytes.AsSpan(0, Math.Min(length, 64)));
            var path = Path.Combine(folder, $"{i % FilesOfAFolder:00}.bin");
            using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
                file.Write(bytes, 0, length);
            File.SetLastWriteTimeUtc(path, Oldest.AddSeconds(i));
        }
    }

    /// <summary>The large ones are spread evenly.</summary>
    private bool IsLarge(int file) => (file + 1L) * plan.LargeFiles / plan.Files > (long)file * plan.LargeFiles / plan.Files;

    /// <summary>
    /// What anybody would write: a loop over the files with <see cref="File.Copy(string, string)"/>, folders made first. What it made stays until the end:
    /// ext4 steps over each inode that was freed lately when it looks for a new one, which makes whoever comes next several times slower.
    /// </summary>
    private TimeSpan CopyPlainly(string name)
    {
        var target = Path.Combine(plan.Folder, $"plain-{name}");
        var start = time.GetTimestamp();
        foreach (var folder in Directory.EnumerateDirectories(Source, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(Source, folder)));
        foreach (var file in Directory.EnumerateFiles(Source, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(target, Path.GetRelativePath(Source, file)));
        return time.GetElapsedTime(start);
    }

    private void StartWorker()
    {
        var start = new ProcessStartInfo("dotnet", [plan.Program, "work"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Migration__Root"] = Root;
        start.Environment["LONGHAUL_STORE"] = "sqlite:" + Store;
        if (plan.FlushInterval is { } interval)
            start.Environment["Longhaul__Worker__FlushInterval"] = $"{interval:c}";
        _worker = Process.Start(start)!;
        _worker.OutputDataReceived += static (_, _) => { };
        _worker.ErrorDataReceived += static (_, _) => { };
        _worker.BeginOutputReadLine();
        _worker.BeginErrorReadLine();
    }

    /// <summary>SIGKILL.</summary>
    private void Kill()
    {
        if (_worker is null)
            return;
        NotePeak();
        if (!_worker.HasExited)
            _worker.Kill();
        _worker.WaitForExit();
        _worker.Dispose();
        _worker = null;
    }

    private void NotePeak()
    {
        try
        {
            var line = File.ReadLines($"/proc/{_worker!.Id}/status").FirstOrDefault(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            if (line is not null)
                _peak = Math.Max(_peak, long.Parse(line.Split(':', 'k')[1], System.Globalization.CultureInfo.InvariantCulture) * 1_024);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // it has ended, or this is no Linux
        }
    }

    /// <summary>
    /// Waits until the store holds a place of this run, and its word of where it went on: killed before, the next one could not go on behind it. A job
    /// that has ended saves no more.
    /// </summary>
    private async Task UntilAPlaceIsSavedAsync(JobId job, IJobStore store, int run)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var found = await store.GetJobAsync(job, cancel) ?? throw new InvalidOperationException($"Job {job} is gone.");
            if (found.State is not JobState.Running || (found.CheckpointAt > _placeAt && await CountWentOnAsync(job, store) >= run - 1))
            {
                _placeAt = found.CheckpointAt ?? _placeAt;
                return;
            }

            if (time.GetElapsedTime(start) > plan.Patience)
                throw new TimeoutException($"Waited in vain for a place that run {run} saves.");
            await Task.Delay(LookEvery, time, cancel);
        }
    }

    /// <summary>Waits until a run has brought it so far and saved that, or the job has ended.</summary>
    private async Task<JobInfo> UntilAsync(JobId job, IJobClient jobs, double done, int run)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var info = await jobs.GetAsync(job, cancel) ?? throw new InvalidOperationException($"Job {job} is gone.");
            if (info.HasEnded || (info.RunNumber >= run && info.Progress?.Done >= done))
                return info;
            if (_worker!.HasExited)
                throw new InvalidOperationException($"The worker ended by itself with {_worker.ExitCode}.");
            if (time.GetElapsedTime(start) > plan.Patience)
                throw new TimeoutException($"Waited in vain for {done} of {plan.Files} files: {info.State}, {info.Progress}, {info.Error}.");
            await Task.Delay(LookEvery, time, cancel);
        }
    }

    private (int Wrong, string? First) Compare()
    {
        var (wrong, first) = (0, (string?)null);
        foreach (var path in Directory.EnumerateFiles(Source, "*", SearchOption.AllDirectories))
        {
            var copy = new FileInfo(Path.Combine(Target, Path.GetRelativePath(Source, path)));
            if (!copy.Exists || copy.LastWriteTimeUtc != File.GetLastWriteTimeUtc(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(copy.FullName)))
                (wrong, first) = (wrong + 1, first ?? path);
        }

        foreach (var path in Directory.EnumerateFiles(Target, "*", SearchOption.AllDirectories))
        {
            if (!File.Exists(Path.Combine(Source, Path.GetRelativePath(Target, path))))
                (wrong, first) = (wrong + 1, first ?? path);
        }

        return (wrong, first);
    }

    private async Task<int> CountWentOnAsync(JobId job, IJobStore store)
    {
        var page = await store.ListLogsAsync(new LogFilter { Job = job }, new PageRequest(1_000), cancel);
        return page.Items.Count(static line => line.Line.Text.StartsWith("goes on after ", StringComparison.Ordinal));
    }

    private sealed record Report(long Files, long Listed);
}
