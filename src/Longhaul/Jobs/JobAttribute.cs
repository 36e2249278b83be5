namespace Longhaul;

/// <summary>Names a payload type as a job. The name is what the store keeps, so the type may be renamed and moved.</summary>
/// <remarks>What is set here are the defaults of jobs of this name; <see cref="EnqueueOptions"/> of a call win. 0 or null means "not said".</remarks>
/// <param name="name">1–128 of <c>A-Z a-z 0-9 . _ - : /</c>, such as <c>mail.welcome</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class JobAttribute(string name) : Attribute
{
    /// <summary>The job name.</summary>
    public string Name { get; } = name;

    /// <summary>The queue; default <c>default</c> (or <c>QUEUE_DEFAULT</c>).</summary>
    public string? Queue { get; set; }

    /// <summary>0 first … 255 last; default 100.</summary>
    public byte Priority { get; set; } = Storage.JobDefaults.Priority;

    /// <summary>The version of the payload's shape; default 1. Raise it when older JSON needs an upgrader.</summary>
    public int Version { get; set; } = 1;

    /// <summary>Earlier names: jobs already in the store under one of them are handled too.</summary>
    public string[] Aliases { get; set; } = [];

    /// <summary>Attempts in all, the first included; default 3.</summary>
    public int MaxAttempts { get; set; }

    /// <summary>Seconds before the second attempt, doubling with each further one; default 60. Negative: not said.</summary>
    public double RetryDelaySeconds { get; set; } = -1;

    /// <summary>The longest delay between attempts in seconds; default 3,600. Negative: not said.</summary>
    public double MaxRetryDelaySeconds { get; set; } = -1;

    /// <summary>Total run time in seconds after which a run is an error; default none.</summary>
    public double TimeoutSeconds { get; set; }

    /// <summary>How long a stopping worker waits for this job, in seconds; default that of the worker (25). Negative: not said.</summary>
    public double ShutdownTimeoutSeconds { get; set; } = -1;

    /// <summary>Seconds without progress after which the job is shown as stuck; default 600.</summary>
    public double StallAfterSeconds { get; set; }

    /// <summary>Lost runs (crashes) in a row without headway that are forgiven; default 3. 0: failed at the first. Negative: not said.</summary>
    public int MaxLostRuns { get; set; } = -1;

    /// <summary>Hours for which a completed job is kept; default 72. 0: it goes at completion. Negative: not said.</summary>
    public double RetentionHours { get; set; } = -1;

    /// <summary>For people, at most 200 characters: a template over the payload such as <c>Import {File} for {Customer}</c>.</summary>
    public string? Description { get; set; }

    /// <summary>Whether the job takes a long slot where a worker has those (<c>--long</c>).</summary>
    public bool LongRunning { get; set; }
}

/// <summary>Keeps a property's value out of logs, lists and the dashboard: it is shown as <c>***</c>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class SecretAttribute : Attribute;
