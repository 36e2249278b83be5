using Longhaul.Storage;

namespace Longhaul.Memory;

/// <summary>
/// A job in memory. Times are ticks of the store's wall clock, 0 where there is none.
/// What most jobs never have lies in <see cref="Said"/> (by the producer) and <see cref="More"/> (by runs and people).
/// </summary>
internal sealed class StoredJob
{
    public required long Id { get; init; }
    public required long Nonce { get; init; }
    public required StoredName Name { get; init; }
    public required StoredQueue Queue { get; init; }
    public required byte[] Payload { get; init; }
    public required int PayloadVersion { get; init; }
    public required byte Priority { get; init; }
    public required long CreatedAt { get; init; }
    public JobWords? Said { get; init; }

    public JobState State { get; set; }
    public long DueAt { get; set; }
    public long StartedAt { get; set; }
    public long UpdatedAt { get; set; }
    public long FinishedAt { get; set; }
    public long ExpiresAt { get; set; }
    public int RunNumber { get; set; }
    public int FailedAttempts { get; set; }
    public int LostRuns { get; set; }
    public long FenceToken { get; set; }
    public JobError? Error { get; set; }
    public JobDetails? More { get; set; }

    /// <summary>What the next run of the job itself is for.</summary>
    public RunKind NextKind { get; set; }

    /// <summary>The token of the run that was settled last.</summary>
    public long SettledToken { get; set; }

    // The current run; Token 0: there is none.
    public long Token { get; set; }
    public RunKind RunKind { get; set; }
    public StoredSession? Session { get; set; }
    public long ClaimId { get; set; }
    public int ClaimIndex { get; set; }
    public long ClaimedAt { get; set; }
    public bool Begun { get; set; }
    public bool Prefetched { get; set; }
    public AskedOfRun? Asked { get; set; }
    public long WatchUntil { get; set; }
    public StoredJob? PreviousRun { get; set; }
    public StoredJob? NextRun { get; set; }

    // The old code of a settled run that has not ended; HoldToken 0: there is none.
    public long HoldToken { get; set; }
    public StoredSession? HoldSession { get; set; }

    // The handler's FailedAsync.
    public bool HookDue { get; set; }
    public long HookDueAt { get; set; }
    public int HookTries { get; set; }

    // Where it stands in line: an entry of a lane or of the expiry order counts only with the current ticket.
    public Lane? Lane { get; set; }
    public bool InLater { get; set; }
    public int LaneTicket { get; set; }
    public int ExpiryTicket { get; set; }

    public JobPolicy? Policy => Said?.Policy;

    public RunKey Key => new(new JobId(Id), Token);

    public JobDetails Details => More ??= new JobDetails();

    public bool HasEnded => State is JobState.Completed or JobState.Failed or JobState.Cancelled;
}

/// <summary>What the producer said beyond the ordinary.</summary>
internal sealed record JobWords(
    JobPolicy? Policy, string? Owner, IReadOnlyList<string> Tags, string? Description,
    UniqueKey? Unique, JobId? ContinueFrom, JobId? EnqueuedBy, string? TraceParent)
{
    /// <summary>Null when nothing was said.</summary>
    public static JobWords? Of(NewJob job)
        => job is { Policy: null, Owner: null, Tags.Count: 0, Description: null, Unique: null, ContinueFrom: null, EnqueuedBy: null, TraceParent: null }
            ? null
            : new JobWords(
                job.Policy, job.Owner, job.Tags.Count == 0 ? [] : [.. job.Tags],
                job.Description is null ? null : StorageText.Clean(job.Description, JobLimits.DescriptionLength),
                job.Unique, job.ContinueFrom, job.EnqueuedBy, job.TraceParent);
}

/// <summary>What a person asked of a run: cancel or pause.</summary>
internal sealed record AskedOfRun(RunOrderKind Kind, string? By, string? Reason, long At);

/// <summary>What runs and people have told of a job.</summary>
internal sealed class JobDetails
{
    public ProgressRecord? Progress { get; set; }
    public long ProgressAt { get; set; }
    public byte[]? Checkpoint { get; set; }
    public long CheckpointAt { get; set; }
    public byte[]? Result { get; set; }
    public string? Reason { get; set; }
    public List<KeptCheckpoint>? Kept { get; set; }
    public OrderedDictionary<ItemKey, (long Sequence, ItemFailureRecord Failure)>? Items { get; set; }
    public Queue<Told<LogRecord>>? Lines { get; set; }
    public List<Told<TraceRow>>? Traces { get; set; }
    public List<HistoryRecord>? History { get; set; }
}

/// <summary>A checkpoint of the history.</summary>
internal sealed record KeptCheckpoint(CheckpointInfo Info, byte[] Body);

/// <summary>A job name. Workers' sets of names are kept by its index.</summary>
internal sealed record StoredName(string Text, int Index);
