namespace Longhaul.Testing;

/// <summary>What a worker would have made of the run.</summary>
public enum JobTestOutcome
{
    /// <summary>The job is done.</summary>
    Completed,

    /// <summary>An error; the job would be tried again after <see cref="JobTestRun.RetryDelay"/>.</summary>
    Retried,

    /// <summary>An error, and the job has failed for good.</summary>
    Failed,

    /// <summary>Interrupted: the job would go on elsewhere, no attempt counted.</summary>
    HandedBack,

    /// <summary>Interrupted by a pause.</summary>
    Paused,

    /// <summary>Cancelled.</summary>
    Cancelled,
}
