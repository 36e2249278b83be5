namespace Longhaul.Storage;

/// <summary>A job to be written. Checked by the client against <see cref="JobLimits"/> before it comes here.</summary>
public sealed record NewJob
{
    /// <summary>From <see cref="IJobStore.TakeIdsAsync"/>.</summary>
    public required JobId Id { get; init; }

    /// <summary>Random, stored with the job: writing the same id and nonce again makes no second job.</summary>
    public required long Nonce { get; init; }

    /// <summary>The job name.</summary>
    public required string Name { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>JSON as UTF-8, kept byte for byte.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The version of the payload's shape, from <c>[Job(Version = …)]</c>.</summary>
    public int PayloadVersion { get; init; } = 1;

    /// <summary>0 first … 255 last.</summary>
    public byte Priority { get; init; } = JobDefaults.Priority;

    /// <summary>Due this long after the write, by the store's clock. Ignored when <see cref="RunAt"/> is set.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Due at this moment of the store's clock.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>What differs from the defaults; null when nothing does.</summary>
    public JobPolicy? Policy { get; init; }

    /// <summary>Whose job it is.</summary>
    public string? Owner { get; init; }

    /// <summary>For search.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>For people.</summary>
    public string? Description { get; init; }

    /// <summary>At most one job with this key occupies it; see <see cref="UniqueScope"/>.</summary>
    public UniqueKey? Unique { get; init; }

    /// <summary>The ended job whose phases, cursors and state this one takes over.</summary>
    public JobId? ContinueFrom { get; init; }

    /// <summary>The job whose run enqueued this one.</summary>
    public JobId? EnqueuedBy { get; init; }

    /// <summary>W3C <c>traceparent</c> of the producer.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>The key of a unique job. Keys of different job names or of different owners never meet; scopes do.</summary>
/// <remarks>
/// <see cref="UniqueScope.UntilStarted"/> ends with the first claim, prefetched or not, and does not come back.
/// <see cref="UniqueScope.UntilFinished"/> ends with the job and begins again when a person revives it: an action that would revive it
/// while another job has the key answers <see cref="ActionStatus.KeyTaken"/>. Both end with the deletion of the job, <see cref="UniqueScope.Window"/> does not.
/// </remarks>
/// <param name="Key">1–256 characters.</param>
/// <param name="Scope">How long the key is occupied.</param>
/// <param name="Window">With <see cref="UniqueScope.Window"/>: how long after the write.</param>
public sealed record UniqueKey(string Key, UniqueScope Scope, TimeSpan Window = default);

/// <summary>What the store answers for one <see cref="NewJob"/>.</summary>
/// <param name="Status">What happened.</param>
/// <param name="Id">The job that is in the store now: the new one, or the one already there.</param>
public readonly record struct EnqueueAnswer(EnqueueStatus Status, JobId Id);

/// <summary>What happened to a <see cref="NewJob"/>.</summary>
public enum EnqueueStatus
{
    /// <summary>Written.</summary>
    Created,

    /// <summary>The same id and nonce is in the store: this write was repeated.</summary>
    Repeated,

    /// <summary>A job with the same unique key occupies it: nothing was written.</summary>
    Duplicate,

    /// <summary>Another job (other nonce) has this id, as after a restored backup: nothing was written. Take new ids and write again.</summary>
    IdTaken,

    /// <summary><see cref="NewJob.ContinueFrom"/> names a job that is not there: nothing was written.</summary>
    NothingToContinue,

    /// <summary><see cref="NewJob.ContinueFrom"/> names a job that has not ended: nothing was written.</summary>
    ContinuedJobLives,
}
