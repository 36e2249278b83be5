using Longhaul.Storage;

namespace Longhaul.Diagnostics;

/// <summary>Asks the store at most once in 5 s, whoever asks.</summary>
internal sealed class QueueStatusReader(IJobStore store, TimeProvider time) : IQueueStatus
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task<Seen>? _last;
    private long _began;

    /// <summary>One look at the store; without a summary: it did not answer.</summary>
    private sealed record Seen(DateTimeOffset At, QueueSummary? Summary);

    public async Task<QueueStatus> GetAsync(string? queue = null, CancellationToken cancellationToken = default)
    {
        var seen = await LookAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return Tell(seen.Summary, store.Info.Driver, seen.At, queue);
    }

    public void ClearCache()
    {
        lock (_gate)
            _last = null;
    }

    // Many may ask at once: they share one look, which no single one of them can cancel.
    private Task<Seen> LookAsync()
    {
        lock (_gate)
        {
            if (_last is { } last && time.GetElapsedTime(_began) < KeptFor)
                return last;
            _began = time.GetTimestamp();
            return _last = ReadAsync();
        }
    }

    private async Task<Seen> ReadAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // nothing of the store under the lock
        var at = time.GetUtcNow();
        try
        {
            return new Seen(at, await QueueSummary.ReadAsync(store, time, CancellationToken.None).ConfigureAwait(false));
        }
        catch (StoreException)
        {
            return new Seen(at, null);
        }
    }

    /// <summary>What a look means; without a summary the store did not answer.</summary>
    public static QueueStatus Tell(QueueSummary? summary, string driver, DateTimeOffset at, string? pattern)
    {
        if (summary is null)
        {
            return new QueueStatus
            {
                At = at,
                Driver = driver,
                HasParent = false,
                Worker = QueueSummary.Word(Badge.Unknown),
                LikelyRunning = false,
                Hint = "The store does not answer",
                Color = Color(Badge.Unknown),
            };
        }

        return new QueueStatus
        {
            At = at,
            Driver = driver,
            HasParent = summary.HasParent,
            Pending = summary.Queues.Sum(Pending),
            Reserved = summary.Queues.Sum(static queue => queue.Running),
            Failed = summary.Queues.Sum(static queue => queue.Failed),
            MatchingPending = pattern is null ? null : summary.Queues.Where(queue => StorageText.Matches(queue.Name, pattern)).Sum(Pending),
            Worker = QueueSummary.Word(summary.Badge),
            LikelyRunning = summary.LiveWorkers.Any(),
            Hint = summary.Hint,
            Color = Color(summary.Badge),
        };
    }

    private static long Pending(QueueInfo queue) => queue.Due + queue.Scheduled + queue.Waiting + queue.PausedJobs;

    private static string Color(Badge badge) => badge switch
    {
        Badge.Processing => "green",
        Badge.Idle => "blue",
        Badge.Stalled => "red",
        Badge.Pending => "yellow",
        _ => "gray",
    };
}
