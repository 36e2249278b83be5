using Longhaul.Storage;

namespace Longhaul.Jobs;

/// <summary>All that the engine knows of one kind of job.</summary>
internal sealed class JobDefinition
{
    /// <summary>The job name.</summary>
    public required string Name { get; init; }

    /// <summary>From the attribute: what differs from the defaults.</summary>
    public JobPolicy? Policy { get; init; }

    /// <summary>Whether it takes a long slot.</summary>
    public bool LongRunning { get; init; }

    /// <summary>Whether its handler has a <c>FailedAsync</c>.</summary>
    public bool HasFailedHook { get; init; }

    /// <summary>What errors of which type become.</summary>
    public RetryRules Retry { get; init; } = new();

    /// <summary>Reads the payload, brought up to the current version. Throws <see cref="PayloadException"/> that says why not.</summary>
    public required Func<ReadOnlyMemory<byte>, int, object> ReadPayload { get; init; }

    /// <summary>Runs the handler, through the middleware, with the services of a scope.</summary>
    public required Func<IServiceProvider, object, JobContext, CancellationToken, Task> Handle { get; init; }

    /// <summary>Runs the handler's <c>FailedAsync</c>.</summary>
    public required Func<IServiceProvider, object, JobContext, JobFailure, CancellationToken, Task> HandleFailed { get; init; }
}

/// <summary>The kinds of job that this program handles, by name and alias.</summary>
internal sealed class JobRegistry
{
    /// <summary>All names and aliases, one list object for the life of the program.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public JobDefinition? Find(string name) => null;
}

/// <summary>A payload that cannot be read: fails its job alone, for good.</summary>
internal sealed class PayloadException(string message, Exception? inner = null) : Exception(message, inner);
