namespace Longhaul.Storage;

/// <summary>What every write of a run carries, and the store compares.</summary>
/// <param name="Job">The job.</param>
/// <param name="Token">The run's random token, not 0.</param>
public readonly record struct RunKey(JobId Job, long Token);

/// <summary>What a worker asks for when it has free slots.</summary>
public sealed record ClaimRequest
{
    /// <summary>The worker's session. A dead one gets nothing.</summary>
    public required SessionId Session { get; init; }

    /// <summary>Random, new for each claim: after an unknown outcome its runs can be asked for by <see cref="IJobStore.FindClaimAsync"/>.</summary>
    public required long ClaimId { get; init; }

    /// <summary>The queues in order; null: all, by <see cref="QueueRank"/>, within a rank by name (ordinal).</summary>
    public required IReadOnlyList<string>? Queues { get; init; }

    /// <summary>The job names that this worker can run. The same list object each time, so that a store may keep what it derives from it.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Runs that will start at once. May be 0 when <see cref="Prefetch"/> is not.</summary>
    public required int Slots { get; init; }

    /// <summary>Further runs that will start as soon as a slot is free; they count as not begun.</summary>
    public int Prefetch { get; init; }

    /// <summary>Whether one job that was lost <see cref="JobDefaults.SuspectAfter"/> times in a row may be among them. Never more than one is given.</summary>
    public bool AllowSuspect { get; init; } = true;

    /// <summary>Whether to take the longest due first, of all the queues, whatever their order and priority: how <c>--fair</c> keeps any from starving.</summary>
    public bool OldestFirst { get; init; }
}

/// <summary>What a claim brings.</summary>
/// <param name="Lease">Lost: the session is dead and nothing was claimed.</param>
/// <param name="Runs">The runs, in the order in which they are to start.</param>
/// <param name="NextDue">
/// How long until the next job for this worker is due, of those that are not due yet; null: nothing is scheduled for it.
/// Known when there were fewer runs than asked for; else it may be null.
/// </param>
public sealed record ClaimAnswer(LeaseReply Lease, IReadOnlyList<ClaimedRun> Runs, TimeSpan? NextDue);

/// <summary>What a claimed run is for.</summary>
public enum RunKind
{
    /// <summary>The job itself.</summary>
    Job = 0,

    /// <summary>The handler's <c>FailedAsync</c>, after the job failed for good.</summary>
    FailedHook = 1,

    /// <summary>The job again, for its failed items alone.</summary>
    FailedItems = 2,
}

/// <summary>A run that a worker has just been given.</summary>
public sealed record ClaimedRun
{
    /// <summary>The job and this run's token.</summary>
    public required RunKey Key { get; init; }

    /// <summary>What the run is for.</summary>
    public RunKind Kind { get; init; }

    /// <summary>The job name.</summary>
    public required string Name { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>0 first … 255 last.</summary>
    public byte Priority { get; init; } = JobDefaults.Priority;

    /// <summary>JSON as UTF-8.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The version of its shape.</summary>
    public int PayloadVersion { get; init; } = 1;

    /// <summary>What was said for this job.</summary>
    public JobPolicy? Policy { get; init; }

    /// <summary>Whose job it is.</summary>
    public string? Owner { get; init; }

    /// <summary>1 at the first claim of the job.</summary>
    public required int RunNumber { get; init; }

    /// <summary>Only grows, also over a store's lost moments: max(previous + 1, store clock in µs).</summary>
    public required long FenceToken { get; init; }

    /// <summary>Attempts that ended in an error so far. For <see cref="RunKind.FailedHook"/>: tries of the hook so far.</summary>
    public int FailedAttempts { get; init; }

    /// <summary>Lost runs in a row without headway.</summary>
    public int LostRuns { get; init; }

    /// <summary>Whether this run waits in the worker for a slot.</summary>
    public bool Prefetched { get; init; }

    /// <summary>When the job was enqueued.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was due.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>The claim's moment.</summary>
    public DateTimeOffset ClaimedAt { get; init; }

    /// <summary>The last saved checkpoint, or that of <see cref="NewJob.ContinueFrom"/>.</summary>
    public ReadOnlyMemory<byte>? Checkpoint { get; init; }

    /// <summary>The last progress.</summary>
    public ProgressRecord? Progress { get; init; }

    /// <summary>Item failures on record.</summary>
    public int ItemFailures { get; init; }

    /// <summary>For <see cref="RunKind.FailedHook"/>: why the job failed.</summary>
    public JobError? Error { get; init; }

    /// <summary>W3C <c>traceparent</c> of the producer.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>Runs of a session, as the store knows them.</summary>
/// <param name="Key">The run.</param>
/// <param name="ClaimId">The claim that made it.</param>
/// <param name="Order">What was asked of it: cancel or pause.</param>
public sealed record SessionRun(RunKey Key, long ClaimId, RunOrderKind? Order);
