using Longhaul.Storage;

namespace Longhaul.Diagnostics;

/// <summary>How the whole is, in the words of the health bar: <c>processing idle stalled pending unknown</c>.</summary>
internal enum Badge
{
    /// <summary>A job runs.</summary>
    Processing,

    /// <summary>Nothing is due, and a worker lives.</summary>
    Idle,

    /// <summary>Jobs have been due for over 30 s, and none runs.</summary>
    Stalled,

    /// <summary>Jobs have been due for up to 30 s, and none runs yet.</summary>
    Pending,

    /// <summary>No worker has been seen.</summary>
    Unknown,
}

/// <summary>What is told of the whole: by the command line, the API, and <see cref="IQueueStatus"/>.</summary>
internal sealed record QueueSummary
{
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(30);

    public required Badge Badge { get; init; }

    /// <summary>What the badge means here, in a sentence.</summary>
    public required string Hint { get; init; }

    public required IReadOnlyList<QueueInfo> Queues { get; init; }

    /// <summary>Live ones, and those that ended lately.</summary>
    public required IReadOnlyList<WorkerInfo> Workers { get; init; }

    public required IReadOnlyList<UnhandledName> Unhandled { get; init; }

    public IEnumerable<WorkerInfo> LiveWorkers => Workers.Where(IsLive);

    /// <summary>Whether a parent with several workers is running.</summary>
    public bool HasParent => LiveWorkers.Any(static worker => worker.Worker.Group is not null);

    /// <summary>The badge's word.</summary>
    public static string Word(Badge badge) => badge switch
    {
        Badge.Processing => "processing",
        Badge.Idle => "idle",
        Badge.Stalled => "stalled",
        Badge.Pending => "pending",
        _ => "unknown",
    };

    public static bool IsLive(WorkerInfo worker) => worker.State is WorkerState.Active or WorkerState.Quiet or WorkerState.Stopping;

    public static async Task<QueueSummary> ReadAsync(IJobReader store, TimeProvider time, CancellationToken cancellationToken)
    {
        var queues = await store.ListQueuesAsync(cancellationToken).ConfigureAwait(false);
        var workers = await store.ListWorkersAsync(cancellationToken).ConfigureAwait(false);
        var unhandled = await store.ListUnhandledAsync(cancellationToken).ConfigureAwait(false);
        var (badge, hint) = Judge(queues, workers, unhandled, time.GetUtcNow());
        return new QueueSummary { Badge = badge, Hint = hint, Queues = queues, Workers = workers, Unhandled = unhandled };
    }

    internal static (Badge Badge, string Hint) Judge(
        IReadOnlyList<QueueInfo> queues, IReadOnlyList<WorkerInfo> workers, IReadOnlyList<UnhandledName> unhandled, DateTimeOffset now)
    {
        var live = workers.Count(IsLive);
        var open = queues.Where(static queue => !queue.Paused).ToArray();
        if (queues.Sum(static queue => queue.Running) > 0)
            return (Badge.Processing, "Jobs are being processed");
        if (open.Sum(static queue => queue.Due) > 0)
            return Waiting(open, live, unhandled, now);
        if (live == 0)
            return (Badge.Unknown, workers.Count == 0 ? "Nothing is due, and no worker has been seen lately" : "Nothing is due, and no worker is running");
        return queues.Any(static queue => queue.Paused && queue.Due > 0)
            ? (Badge.Idle, "Jobs are due in paused queues only")
            : (Badge.Idle, "The queue is empty, and workers are waiting");
    }

    private static (Badge Badge, string Hint) Waiting(QueueInfo[] open, int live, IReadOnlyList<UnhandledName> unhandled, DateTimeOffset now)
    {
        var oldest = open.Where(static queue => queue.Due > 0).Min(static queue => queue.OldestDue) ?? now;
        if (now - oldest <= StalledAfter)
            return (Badge.Pending, "Jobs have just become due");
        return (Badge.Stalled, live == 0
            ? "Jobs have been due for over 30 s, and no worker is running: start the program that has their handlers, with its verb work"
            : unhandled.Count > 0
                ? $"Jobs have been due for over 30 s, and no running worker handles {unhandled[0].Name} on {unhandled[0].Queue}"
                : "Jobs have been due for over 30 s, and no worker takes them: see longhaul doctor");
    }
}
