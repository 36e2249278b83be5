using Longhaul.AspNetCore.Json;

namespace Longhaul.AspNetCore.Api.Views;

/// <summary>What can be said of a new job beside its name and payload.</summary>
internal record JobOptionsRequest
{
    public string? Queue { get; init; }

    public int? Priority { get; init; }

    public Duration? Delay { get; init; }

    public Moment? RunAt { get; init; }

    public string? UniqueKey { get; init; }

    public string? UniqueScope { get; init; }

    public Duration? UniqueFor { get; init; }

    public string? Owner { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public int? MaxAttempts { get; init; }

    public Duration? RetryDelay { get; init; }

    public Duration? MaxRetryDelay { get; init; }

    public double? RetryJitter { get; init; }

    public Duration? Timeout { get; init; }

    public Duration? ShutdownTimeout { get; init; }

    public Duration? StallAfter { get; init; }

    public int? MaxLostRuns { get; init; }

    public Duration? Retention { get; init; }

    public long? ContinueFrom { get; init; }

    public string? Description { get; init; }
}

/// <summary>A job to be enqueued.</summary>
internal sealed record EnqueueRequest : JobOptionsRequest
{
    public string? Name { get; init; }

    public RawJson? Payload { get; init; }
}

/// <summary>Jobs to be enqueued, all or none.</summary>
internal sealed record BulkEnqueueRequest
{
    public IReadOnlyList<EnqueueRequest?>? Jobs { get; init; }
}

/// <summary>What is to be different in a copy of a job.</summary>
internal sealed record CloneRequest : JobOptionsRequest
{
    public RawJson? Payload { get; init; }
}

/// <summary>Why something is done.</summary>
internal sealed record ReasonRequest
{
    public string? Reason { get; init; }
}

/// <summary>An action on one job.</summary>
internal sealed record ActionRequest
{
    public string? Reason { get; init; }

    public bool? ResetAttempts { get; init; }
}

/// <summary>An action on all jobs that match.</summary>
internal sealed record ActionsRequest
{
    public string? Action { get; init; }

    public FilterRequest? Filter { get; init; }

    public string? Reason { get; init; }

    public bool? DryRun { get; init; }
}

/// <summary>Which jobs.</summary>
internal sealed record FilterRequest
{
    public bool? All { get; init; }

    public IReadOnlyList<string>? States { get; init; }

    public string? Derived { get; init; }

    public string? Queue { get; init; }

    public string? Name { get; init; }

    public string? Tag { get; init; }

    public string? Owner { get; init; }

    public string? Text { get; init; }

    public IReadOnlyList<long>? Ids { get; init; }

    public Moment? From { get; init; }

    public Moment? Before { get; init; }

    public string? Group { get; init; }
}

/// <summary>Which failed jobs to retry.</summary>
internal sealed record RetryFailedRequest
{
    public string? Queue { get; init; }

    public string? Name { get; init; }

    public string? Group { get; init; }

    public IReadOnlyList<long>? Ids { get; init; }

    public string? Reason { get; init; }

    public bool? DryRun { get; init; }
}

/// <summary>How long a link is to work.</summary>
internal sealed record LinkRequest
{
    public double? ValidForSeconds { get; init; }
}
