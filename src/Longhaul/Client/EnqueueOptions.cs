namespace Longhaul;

/// <summary>What is different for one job. Null: as the job's <see cref="JobAttribute"/> says, else the default.</summary>
public sealed record EnqueueOptions
{
    /// <summary>The queue.</summary>
    public string? Queue { get; init; }

    /// <summary>0 first … 255 last.</summary>
    public byte? Priority { get; init; }

    /// <summary>Due this long from now. Not negative; not together with <see cref="RunAt"/>.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Due at this moment; one in the past is due now.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>At most one job of this name with this key at a time; a further call returns the one that is there. 1–256 characters.</summary>
    public string? UniqueKey { get; init; }

    /// <summary>How long the key is occupied; default until the job has finished.</summary>
    public UniqueScope UniqueScope { get; init; } = UniqueScope.UntilFinished;

    /// <summary>With <see cref="UniqueScope.Window"/>: how long. Over zero.</summary>
    public TimeSpan? UniqueFor { get; init; }

    /// <summary>Whose job it is: a tenant or user. 1–128 of <c>A-Z a-z 0-9 . _ - : /</c>.</summary>
    public string? Owner { get; init; }

    /// <summary>For search; at most 16 of at most 64 characters.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Attempts in all, the first included; at least 1.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>Delay before the second attempt, doubling with each further one.</summary>
    public TimeSpan? RetryDelay { get; init; }

    /// <summary>The longest delay between attempts.</summary>
    public TimeSpan? MaxRetryDelay { get; init; }

    /// <summary>Share of each delay that is random, 0 to 1.</summary>
    public double? RetryJitter { get; init; }

    /// <summary>Total run time after which a run is an error. Over zero.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long a stopping worker waits for this job.</summary>
    public TimeSpan? ShutdownTimeout { get; init; }

    /// <summary>Without progress for this long the job is shown as stuck.</summary>
    public TimeSpan? StallAfter { get; init; }

    /// <summary>Lost runs (crashes) in a row without headway that are forgiven.</summary>
    public int? MaxLostRuns { get; init; }

    /// <summary>How long the job is kept when completed; zero: it goes at completion.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>An ended job whose phases, cursors and state this one takes over.</summary>
    public JobId? ContinueFrom { get; init; }

    /// <summary>For people; longer than 200 characters is cut. A template over the payload, as in <see cref="JobAttribute.Description"/>.</summary>
    public string? Description { get; init; }
}
