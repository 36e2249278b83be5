using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul.Testing;

/// <summary>What is different from the first run of a fresh job.</summary>
public sealed record JobTestOptions
{
    /// <summary>1 at the first (default). Together with <see cref="MaxAttempts"/> it decides whether an error would be tried again.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Attempts in all; default what the payload's <see cref="JobAttribute"/> says, else 3.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>What becomes of errors by their type, as in <see cref="HandlerOptions.Retry"/>.</summary>
    public RetryRules? Retry { get; init; }

    /// <summary>1 at the first (default).</summary>
    public int RunNumber { get; init; } = 1;

    /// <summary>The job's id; default 1.</summary>
    public JobId JobId { get; init; } = new(1);

    /// <summary>The job's queue; default what the payload's <see cref="JobAttribute"/> says, else <c>default</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>Whose job it is.</summary>
    public string? Owner { get; init; }

    /// <summary>Asks the run to stop before a loop begins one more item than this. With parallel items those in flight are let finish, as in a worker.</summary>
    public int? StopAfterItems { get; init; }

    /// <summary>Why the run is asked to stop by <see cref="StopAfterItems"/>; default <see cref="StopReason.Shutdown"/>.</summary>
    public StopReason StopReason { get; init; } = StopReason.Shutdown;

    /// <summary>Runs the failed items of this run alone, as <c>retry items</c> does; goes on from its checkpoint.</summary>
    public JobTestRun? FailedItemsOf { get; init; }

    /// <summary>Whether <c>FailedAsync</c> is called when the job fails for good, as in a worker; default true.</summary>
    public bool CallFailed { get; init; } = true;

    /// <summary>The clock; default the system's. <see cref="JobTestClock"/> is one that the test moves.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Gets the job's log lines too, as they come.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
