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
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private TreeWorker? _worker;
    private long _peak;
    private DateTimeOffset _placeAt;

    private string Source => Path.Combine(plan.Folder, "source");

    private string Target => Path.Combine(plan.Folder, "target");

    private string Root => Path.Combine(plan.Folder, "application");

    public async Task<TreeTrialOutcome> RunAsync()
    {
        TreeSource.Make(Source, plan.Files, plan.MostBytes, plan.LargeFiles);
        Directory.CreateDirectory(Root);
        await using var services = new ServiceCollection().AddLogging(static log => log.ClearProviders()).AddSingleton(time).AddLonghaul(longhaul => longhaul.UseSqlite(TreeWorker.StoreIn(Root))).BuildServiceProvider();
        var jobs = services.GetRequiredService<IJobClient>();
        var store = services.GetRequiredService<IJobStore>();
        var options = new { parallelism = plan.Parallelism, bytesPerSecond = plan.BytesPerSecond };
        JobId job = await jobs.EnqueueJsonAsync("trees.copy", JsonSerializer.SerializeToUtf8Bytes(new { source = Source, target = Target, options }), cancellationToken: cancel);

        Start();
        var done = 0d;
        for (var kill = 1; kill <= plan.Kills; kill++)
        {
            var seen = await UntilAsync(job, jobs, Math.Max((double)plan.Files * kill / (plan.Kills + 1), done + 1), kill);
            await UntilAPlaceIsSavedAsync(job, store, kill);
            done = seen.Progress?.Done ?? done;
            Kill();
            Start();
        }

        var end = await UntilAsync(job, jobs, double.PositiveInfinity, run: 1);
        Kill();
        if (end.State != JobState.Completed)
            throw new InvalidOperationException($"The copy must complete, but {end.State}: {end.Error?.Message}");
        var (wrong, firstWrong) = TreeSource.Compare(Source, Target);
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
            PeakBytes = _peak,
        };
    }

    public void Dispose() => Kill();

    private void Start() => _worker = new TreeWorker(plan.Program, Root, plan.FlushInterval);

    private void Kill()
    {
        if (_worker is null)
            return;
        _peak = Math.Max(_peak, _worker.PeakBytes);
        _worker.Dispose();
        _worker = null;
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

    private async Task<int> CountWentOnAsync(JobId job, IJobStore store)
    {
        var page = await store.ListLogsAsync(new LogFilter { Job = job }, new PageRequest(1_000), cancel);
        return page.Items.Count(static line => line.Line.Text.StartsWith("goes on after ", StringComparison.Ordinal));
    }

    private sealed record Report(long Files, long Listed);
}
