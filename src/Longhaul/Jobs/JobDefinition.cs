using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>All that the engine knows of one kind of job.</summary>
internal sealed class JobDefinition
{
    /// <summary>The job name.</summary>
    public required string Name { get; init; }

    /// <summary>The payload type as a job.</summary>
    public required JobType Type { get; init; }

    /// <summary>From the attribute, else from <see cref="LonghaulOptions"/>: what differs from the defaults.</summary>
    public JobPolicy? Policy { get; init; }

    /// <summary>Whether it takes a long slot.</summary>
    public bool LongRunning { get; init; }

    /// <summary>Whether its handler has a <c>FailedAsync</c>.</summary>
    public bool HasFailedHook { get; init; }

    /// <summary>Whether <see cref="Handle"/> uses the services that it is given; when not, a run needs no scope.</summary>
    public bool NeedsScope { get; init; } = true;

    /// <summary>What errors of which type become: the handler's rules, then those of <see cref="LonghaulOptions"/>.</summary>
    public RetryRules Retry { get; init; } = new();

    /// <summary>Reads the payload, brought up to the current version. Throws <see cref="PayloadException"/> that says why not.</summary>
    public required Func<ReadOnlyMemory<byte>, int, object> ReadPayload { get; init; }

    /// <summary>Runs the handler, through the middleware, with the services of a scope.</summary>
    public required Func<IServiceProvider, object, JobContext, CancellationToken, Task> Handle { get; init; }

    /// <summary>Runs the handler's <c>FailedAsync</c>, through the middleware.</summary>
    public required Func<IServiceProvider, object, JobContext, JobFailure, CancellationToken, Task> HandleFailed { get; init; }
}
