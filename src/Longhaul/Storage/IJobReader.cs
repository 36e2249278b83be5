namespace Longhaul.Storage;

/// <summary>Reading: never blocks the hot path, never sees half a write. Lists are paged by key, never by offset.</summary>
public interface IJobReader
{
    /// <summary>One job with all but its lists; null: it never existed or is gone.</summary>
    Task<JobRecord?> GetJobAsync(JobId id, CancellationToken cancellationToken);

    /// <summary>Jobs that match, newest id first unless the filter says otherwise. Payloads, results and checkpoints are left out.</summary>
    Task<Page<JobRecord>> ListJobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>
    /// What failed jobs ended with, newest id first. For grouping them: <see cref="ListJobsAsync"/> gives the same and far more. A page looks at as many
    /// failed jobs as it may hold, and leaves out those that do not match.
    /// </summary>
    async Task<Page<FailureRecord>> ListFailuresAsync(FailureFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var jobs = await ListJobsAsync(
            new JobFilter { States = [JobState.Failed], Queue = filter.Queue, Name = filter.Name, Owner = filter.Owner }, page, cancellationToken).ConfigureAwait(false);
        return new([.. jobs.Items.Select(FailureRecord.Of).OfType<FailureRecord>()], jobs.Next);
    }

    /// <summary>What waits, runs and ended, by queue, in order of rank and name. A queue that is paused and empty is listed too.</summary>
    Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(CancellationToken cancellationToken);

    /// <summary>Live workers, and those that ended within the last hour.</summary>
    Task<IReadOnlyList<WorkerInfo>> ListWorkersAsync(CancellationToken cancellationToken);

    /// <summary>Log lines, oldest first, of one job or of all that match.</summary>
    Task<Page<LogRecord>> ListLogsAsync(LogFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Traces, oldest first, of one job or over all jobs.</summary>
    Task<Page<TraceRow>> ListTracesAsync(TraceFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>A job's item failures that are not mended, in the order in which they were recorded.</summary>
    Task<Page<ItemFailureRecord>> ListItemFailuresAsync(JobId job, PageRequest page, CancellationToken cancellationToken);

    /// <summary>What happened to a job, oldest first: its runs of over <see cref="JobDefaults.HistoryAfter"/> or with an error, and what people did.</summary>
    Task<IReadOnlyList<HistoryRecord>> ListHistoryAsync(JobId job, CancellationToken cancellationToken);

    /// <summary>The kept checkpoints of a job, newest first, without bodies; at most <see cref="JobDefaults.CheckpointsKept"/>.</summary>
    Task<IReadOnlyList<CheckpointInfo>> ListCheckpointsAsync(JobId job, CancellationToken cancellationToken);

    /// <summary>The body of a kept checkpoint, or with <paramref name="checkpointId"/> null the current one; null: there is none.</summary>
    Task<ReadOnlyMemory<byte>?> GetCheckpointAsync(JobId job, long? checkpointId, CancellationToken cancellationToken);

    /// <summary>The names of jobs that are due and that no live worker takes from their queue, with how many, by queue and name.</summary>
    Task<IReadOnlyList<UnhandledName>> ListUnhandledAsync(CancellationToken cancellationToken);

    /// <summary>How much room the store takes, as far as it can tell at once. Empty: it cannot.</summary>
    Task<IReadOnlyList<StoreSize>> MeasureAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<StoreSize>>([]);

    /// <summary>The audit, newest first.</summary>
    /// <exception cref="NotSupportedException">The store lacks <see cref="StoreCapabilities.Records"/>.</exception>
    Task<Page<AuditRecord>> ListAuditAsync(PageRequest page, CancellationToken cancellationToken) => throw AuditRecord.NotKept();
}

/// <summary>A job as the store knows it.</summary>
public sealed record JobRecord
{
    /// <summary>Its id.</summary>
    public required JobId Id { get; init; }

    /// <summary>The job name.</summary>
    public required string Name { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required JobState State { get; init; }

    /// <summary>What people are shown where that says more than the state, by the store's clock.</summary>
    public DerivedState Derived { get; init; }

    /// <summary>0 first … 255 last.</summary>
    public byte Priority { get; init; }

    /// <summary>JSON as UTF-8; empty in lists.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The version of its shape.</summary>
    public int PayloadVersion { get; init; } = 1;

    /// <summary>What was said for this job.</summary>
    public JobPolicy? Policy { get; init; }

    /// <summary>Whose job it is.</summary>
    public string? Owner { get; init; }

    /// <summary>For search.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>For people.</summary>
    public string? Description { get; init; }

    /// <summary>Its unique key.</summary>
    public string? UniqueKey { get; init; }

    /// <summary>The job that it continues.</summary>
    public JobId? ContinueFrom { get; init; }

    /// <summary>The job whose run enqueued it.</summary>
    public JobId? EnqueuedBy { get; init; }

    /// <summary>When it was written.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is, or was last, due.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>When its first run was claimed; null: never, or no longer known (jobs done in one short run keep no row of it).</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The last change of state, progress or checkpoint.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When it will be deleted.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Claims so far.</summary>
    public int RunNumber { get; init; }

    /// <summary>Attempts that ended in an error.</summary>
    public int FailedAttempts { get; init; }

    /// <summary>Lost runs in a row without headway.</summary>
    public int LostRuns { get; init; }

    /// <summary>The worker's session while it runs.</summary>
    public SessionId? Session { get; init; }

    /// <summary>That worker's shown name.</summary>
    public string? Worker { get; init; }

    /// <summary>What was asked of the run and is not carried out yet: cancel or pause.</summary>
    public RunOrderKind? Order { get; init; }

    /// <summary>When that was asked.</summary>
    public DateTimeOffset? OrderedAt { get; init; }

    /// <summary>The last progress.</summary>
    public ProgressRecord? Progress { get; init; }

    /// <summary>When the progress last changed.</summary>
    public DateTimeOffset? ProgressAt { get; init; }

    /// <summary>When the checkpoint was last saved; one taken over from another job keeps its time.</summary>
    public DateTimeOffset? CheckpointAt { get; init; }

    /// <summary>Item failures on record.</summary>
    public int ItemFailures { get; init; }

    /// <summary>The last error; stays until the job completes.</summary>
    public JobError? Error { get; init; }

    /// <summary>JSON as UTF-8; null in lists and where none was set.</summary>
    public ReadOnlyMemory<byte>? Result { get; init; }

    /// <summary>Why it was cancelled or paused, and by whom: see <see cref="StorageText.Reason"/>. Null once it is neither.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// Why it waits though it is due: <c>old run has not ended</c>, else <c>queue paused</c>, else <c>no worker for this job</c>
    /// (no live worker takes this name from this queue), else null.
    /// </summary>
    public string? WaitsFor { get; init; }
}

/// <summary>One page of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">The rows. A store that gave up looking may give fewer than asked for, or none, though there is a next page.</param>
/// <param name="Next">The cursor of the next page; null: this was the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next)
{
    /// <summary>In a list of jobs that gave up looking: the last job that was looked at. Null elsewhere.</summary>
    public JobId? SearchedTo { get; init; }
}

/// <summary>Which page.</summary>
/// <param name="Limit">1 to 1,000 rows.</param>
/// <param name="After">From <see cref="Page{T}.Next"/>; null: the first page. A cursor that this store did not give: <see cref="ArgumentException"/>.</param>
public readonly record struct PageRequest(int Limit, string? After = null);

/// <summary>Which jobs. All that is set must match.</summary>
public sealed record JobFilter
{
    /// <summary>Any of these states; empty: all.</summary>
    public IReadOnlyList<JobState> States { get; init; } = [];

    /// <summary>This derived state.</summary>
    public DerivedState? Derived { get; init; }

    /// <summary>A queue, or a pattern with <c>*</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>A job name, or a pattern with <c>*</c>.</summary>
    public string? Name { get; init; }

    /// <summary>A tag.</summary>
    public string? Tag { get; init; }

    /// <summary>An owner.</summary>
    public string? Owner { get; init; }

    /// <summary>Enqueued by a run of this job.</summary>
    public JobId? EnqueuedBy { get; init; }

    /// <summary>A text inside payload, description or error, in upper and lower case as it is there.</summary>
    public string? Text { get; init; }

    /// <summary>These ids; empty: any.</summary>
    public IReadOnlyList<JobId> Ids { get; init; } = [];

    /// <summary>Created at or after.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Created before.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Oldest first instead of newest first.</summary>
    public bool OldestFirst { get; init; }

    /// <summary>Everything.</summary>
    public static readonly JobFilter All = new();
}

/// <summary>One queue.</summary>
public sealed record QueueInfo
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether nothing of it is claimed.</summary>
    public bool Paused { get; init; }

    /// <summary>Pending and due.</summary>
    public long Due { get; init; }

    /// <summary>Pending and due later.</summary>
    public long Scheduled { get; init; }

    /// <summary>Waiting.</summary>
    public long Waiting { get; init; }

    /// <summary>Running.</summary>
    public long Running { get; init; }

    /// <summary>Paused jobs.</summary>
    public long PausedJobs { get; init; }

    /// <summary>Completed and still kept.</summary>
    public long Completed { get; init; }

    /// <summary>Failed.</summary>
    public long Failed { get; init; }

    /// <summary>Cancelled and still kept.</summary>
    public long Cancelled { get; init; }

    /// <summary>When the job that has been due the longest became due.</summary>
    public DateTimeOffset? OldestDue { get; init; }
}

/// <summary>A job name without a worker.</summary>
/// <param name="Name">The job name.</param>
/// <param name="Queue">The queue.</param>
/// <param name="Due">How many are due.</param>
/// <param name="OldestDue">Since when.</param>
public sealed record UnhandledName(string Name, string Queue, long Due, DateTimeOffset OldestDue);

/// <summary>Which log lines.</summary>
public sealed record LogFilter
{
    /// <summary>One job.</summary>
    public JobId? Job { get; init; }

    /// <summary>Jobs of this name or pattern.</summary>
    public string? Name { get; init; }

    /// <summary>Jobs of this queue or pattern.</summary>
    public string? Queue { get; init; }

    /// <summary>At least this level.</summary>
    public int MinLevel { get; init; }

    /// <summary>Only the last so many of those that match; null: all.</summary>
    public int? Last { get; init; }
}

/// <summary>A log line as the store keeps it.</summary>
/// <param name="Sequence">Rises with each line of the store.</param>
/// <param name="Job">The job.</param>
/// <param name="RunNumber">The run.</param>
/// <param name="Name">The job name.</param>
/// <param name="Line">The line.</param>
public sealed record LogRecord(long Sequence, JobId Job, int RunNumber, string Name, LogLine Line);

/// <summary>Which traces.</summary>
public sealed record TraceFilter
{
    /// <summary>One job.</summary>
    public JobId? Job { get; init; }

    /// <summary>This subject.</summary>
    public string? Subject { get; init; }

    /// <summary>This type.</summary>
    public string? Type { get; init; }

    /// <summary>This method.</summary>
    public string? Method { get; init; }

    /// <summary>Only those that worked, or only those that did not.</summary>
    public bool? Success { get; init; }

    /// <summary>The newest first; else the oldest.</summary>
    public bool NewestFirst { get; init; }
}

/// <summary>A trace as the store keeps it.</summary>
/// <param name="Sequence">Rises with each trace of the store.</param>
/// <param name="Job">The job.</param>
/// <param name="RunNumber">The run.</param>
/// <param name="Trace">The trace.</param>
public sealed record TraceRow(long Sequence, JobId Job, int RunNumber, TraceRecord Trace);

/// <summary>What happened to a job.</summary>
public sealed record HistoryRecord
{
    /// <summary>The store's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What happened.</summary>
    public required HistoryKind Kind { get; init; }

    /// <summary>The run it is about.</summary>
    public int? RunNumber { get; init; }

    /// <summary>The worker's shown name.</summary>
    public string? Worker { get; init; }

    /// <summary>How long the run took, or as far as is known.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>The error.</summary>
    public JobError? Error { get; init; }

    /// <summary>Who did it, where a person did.</summary>
    public string? By { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}

/// <summary>The kinds of <see cref="HistoryRecord"/>.</summary>
public enum HistoryKind
{
    /// <summary>A run completed the job.</summary>
    Completed,

    /// <summary>A run ended in an error; the job is tried again.</summary>
    Retried,

    /// <summary>The job failed for good.</summary>
    Failed,

    /// <summary>A run was cancelled, or the job was before it ran.</summary>
    Cancelled,

    /// <summary>A run was interrupted and handed back.</summary>
    HandedBack,

    /// <summary>A run was interrupted by a pause, or the job was paused before it ran.</summary>
    Paused,

    /// <summary>A run's worker died or was cut off.</summary>
    Lost,

    /// <summary>A person asked for something that did not end or pause the job at once: see <see cref="HistoryRecord.Reason"/>, written by <see cref="StorageText.Asked"/>.</summary>
    Asked,
}

/// <summary>A kept checkpoint.</summary>
/// <param name="Id">Its id, unique in the store.</param>
/// <param name="RunNumber">The run that wrote it.</param>
/// <param name="Phase">The phase.</param>
/// <param name="At">When.</param>
/// <param name="Bytes">Its size.</param>
public sealed record CheckpointInfo(long Id, int RunNumber, string? Phase, DateTimeOffset At, int Bytes);
