using Longhaul.AspNetCore.Api.Views;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.AspNetCore.Stats;

/// <summary>
/// Looks at the store every 5 s and keeps a day of it in memory, for charts. A store keeps counts and no history: what nobody looked at is
/// not known. Jobs that are deleted at completion are in no count.
/// </summary>
internal sealed class StatsCollector(IJobStore store, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const int Kept = 24 * 60 * 12;
    private const int JobsLookedAt = 200;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _looking = new(1, 1);
    private readonly Lock _gate = new();
    private readonly Queue<StatsSample> _samples = [];
    private Task _running = Task.CompletedTask;
    private StatsCounts? _before;
    private DateTimeOffset _lookedAt;

    public void Start() => _running = Task.Run(RunAsync, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
        _looking.Dispose();
    }

    /// <summary>The figures of a time up to now.</summary>
    public StatsView Read(TimeSpan window)
    {
        var step = Step(window);
        var now = time.GetUtcNow();
        StatsSample[] samples;
        lock (_gate)
            samples = [.. _samples.Where(sample => sample.At > now - window)];
        var points = samples.GroupBy(sample => sample.At.ToUnixTimeSeconds() / step).Select(group => Point(DateTimeOffset.FromUnixTimeSeconds(group.Key * step), [.. group]));
        return new StatsView((int)window.TotalSeconds, step, [.. points]);
    }

    /// <summary>One look; never two at a time.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await _looking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await LookOnceAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _looking.Release();
        }
    }

    private async Task LookOnceAsync(CancellationToken cancellationToken)
    {
        var queues = await store.ListQueuesAsync(cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        var counts = StatsCounts.Of(queues);
        var (starts, runs) = await EndedAsync(counts, cancellationToken).ConfigureAwait(false);
        var oldest = queues.Where(static queue => !queue.Paused).Min(static queue => queue.OldestDue);
        var sample = new StatsSample(
            now, Risen(counts.Completed, _before?.Completed), Risen(counts.Failed, _before?.Failed), Risen(counts.Cancelled, _before?.Cancelled),
            queues.Sum(static queue => queue.Due), queues.Sum(static queue => queue.Running), oldest is { } due ? Math.Max(0, (now - due).TotalSeconds) : 0, starts, runs);
        (_before, _lookedAt) = (counts, now);
        lock (_gate)
        {
            _samples.Enqueue(sample);
            if (_samples.Count > Kept)
                _samples.Dequeue();
        }
    }

    private static int Step(TimeSpan window) => window.TotalMinutes switch
    {
        <= 5 => 5,
        <= 15 => 10,
        <= 60 => 60,
        <= 360 => 300,
        _ => 900,
    };

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            do
                await TryLookAsync().ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task TryLookAsync()
    {
        try
        {
            await LookAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            Log.StatsNotRead(logger, e); // the next look may
        }
    }

    private async Task<(IReadOnlyList<double> Starts, IReadOnlyList<double> Runs)> EndedAsync(StatsCounts counts, CancellationToken cancellationToken)
    {
        if (_before is null || counts == _before)
            return ([], []);
        var ended = await store.ListJobsAsync(new JobFilter { States = [JobState.Completed, JobState.Failed] }, new PageRequest(JobsLookedAt), cancellationToken).ConfigureAwait(false);
        var (starts, runs) = (new List<double>(), new List<double>());
        foreach (var job in ended.Items)
        {
            if (job.FinishedAt is not { } finished || finished <= _lookedAt || job.StartedAt is not { } started)
                continue;
            runs.Add((finished - started).TotalSeconds);
            starts.Add(Math.Max(0, (started - job.DueAt).TotalSeconds));
        }

        return (starts, runs);
    }

    // A count falls when old jobs are deleted: that is no figure of work.
    private static long Risen(long now, long? before) => before is { } then ? Math.Max(0, now - then) : 0;

    private static StatsPointView Point(DateTimeOffset at, StatsSample[] samples)
    {
        double[] starts = [.. samples.SelectMany(static sample => sample.Starts).Order()];
        double[] runs = [.. samples.SelectMany(static sample => sample.Runs).Order()];
        return new StatsPointView(
            at, samples.Sum(static sample => sample.Completed), samples.Sum(static sample => sample.Failed), samples.Sum(static sample => sample.Cancelled),
            samples[^1].Due, samples[^1].Running, samples.Max(static sample => sample.OldestDue), Share(starts, 0.5), Share(starts, 0.95), Share(runs, 0.5), Share(runs, 0.95));
    }

    private static double? Share(double[] sorted, double share) => sorted.Length == 0 ? null : sorted[(int)Math.Min(sorted.Length - 1, share * sorted.Length)];
}
