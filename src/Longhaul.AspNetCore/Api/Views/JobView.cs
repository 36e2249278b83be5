using Longhaul.AspNetCore.Json;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Api.Views;

/// <summary>A job as lists and events show it: without payload, result, policy and the error's detail.</summary>
internal record JobView
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    public required string Queue { get; init; }

    public required int Priority { get; init; }

    public required JobState State { get; init; }

    /// <summary><c>scheduled</c>, <c>retrying</c>, <c>stuck</c>, or null.</summary>
    public DerivedState? Derived { get; init; }

    public string? WaitsFor { get; init; }

    public ProgressView? Progress { get; init; }

    public DateTimeOffset? ProgressAt { get; init; }

    public required int Attempt { get; init; }

    public required int MaxAttempts { get; init; }

    public required int Run { get; init; }

    public required int LostRuns { get; init; }

    public required int MaxLostRuns { get; init; }

    public string? Worker { get; init; }

    public string? Session { get; init; }

    public string? Owner { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public string? UniqueKey { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset AvailableAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the run that goes on was claimed; null: it does not run, or only its first run's is known.</summary>
    public DateTimeOffset? RunStartedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary><c>cancel</c> or <c>pause</c>: asked and not carried out yet.</summary>
    public RunOrderKind? Order { get; init; }

    public DateTimeOffset? OrderedAt { get; init; }

    public required bool NotResponding { get; init; }

    public string? Reason { get; init; }

    public ErrorView? Error { get; init; }

    public required int ItemFailures { get; init; }

    public CheckpointView? Checkpoint { get; init; }

    public long? ContinueFrom { get; init; }

    public long? EnqueuedBy { get; init; }
}

/// <summary>One job with all that belongs to it.</summary>
internal sealed record JobDetailView : JobView
{
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public JobDetailView(JobView job) : base(job) => Actions = [];

    /// <summary>Secrets masked; null when it is larger than is shown here.</summary>
    public RawJson? Payload { get; init; }

    public int PayloadBytes { get; init; }

    public bool PayloadTruncated { get; init; }

    public RawJson? Result { get; init; }

    public int ResultBytes { get; init; }

    public PolicyView? Policy { get; init; }

    /// <summary>What fits its state now, for this caller.</summary>
    public IReadOnlyList<string> Actions { get; init; }
}

/// <summary>How far a job is.</summary>
internal sealed record ProgressView(
    double? Fraction, double? Done, double? Total, string? Phase, string? Note, double? Rate, double? SecondsLeft)
{
    public static ProgressView Of(ProgressRecord progress) => new(
        progress.Fraction, progress.Done, progress.Total, progress.Phase, progress.Note, progress.Rate, progress.TimeLeft?.TotalSeconds);
}

/// <summary>Why something failed.</summary>
internal sealed record ErrorView(string Type, string Message, string? Detail)
{
    public static ErrorView? Of(JobError? error, bool whole = true)
        => error is null ? null : new ErrorView(error.Type, error.Message, whole ? error.Detail : null);
}

/// <summary>When the checkpoint was last saved.</summary>
internal sealed record CheckpointView(DateTimeOffset SavedAt);

/// <summary>What was said for one job.</summary>
internal sealed record PolicyView(
    int? MaxAttempts, double? RetryDelaySeconds, double? MaxRetryDelaySeconds, double? RetryJitter, double? TimeoutSeconds,
    double? ShutdownTimeoutSeconds, double? StallAfterSeconds, int? MaxLostRuns, double? RetentionSeconds)
{
    public static PolicyView? Of(JobPolicy? policy) => policy is null ? null : new PolicyView(
        policy.MaxAttempts, policy.RetryDelay?.TotalSeconds, policy.MaxRetryDelay?.TotalSeconds, policy.RetryJitter, policy.Timeout?.TotalSeconds,
        policy.ShutdownTimeout?.TotalSeconds, policy.StallAfter?.TotalSeconds, policy.MaxLostRuns, policy.Retention?.TotalSeconds);
}
