using System.Text.Json;
using Longhaul.Storage;

namespace Longhaul.Cli.Output;

/// <summary>A job as <c>--json</c> shows it: the shape of the HTTP API.</summary>
internal sealed record JobView
{
    public required JobId Id { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    public required string Queue { get; init; }

    public required JobState State { get; init; }

    /// <summary><c>scheduled</c>, <c>retrying</c>, <c>stuck</c>, or null.</summary>
    public DerivedState? Derived { get; init; }

    public string? WaitsFor { get; init; }

    public ProgressView? Progress { get; init; }

    public required int Attempt { get; init; }

    public required int MaxAttempts { get; init; }

    public required int Run { get; init; }

    public int LostRuns { get; init; }

    public string? Worker { get; init; }

    public string? Owner { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required int Priority { get; init; }

    public string? UniqueKey { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset AvailableAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary><c>cancel</c> or <c>pause</c>: asked and not carried out yet.</summary>
    public RunOrderKind? Order { get; init; }

    public string? Reason { get; init; }

    public JobError? Error { get; init; }

    public int ItemFailures { get; init; }

    public JsonElement? Result { get; init; }

    public CheckpointView? Checkpoint { get; init; }

    public JobId? ContinueFrom { get; init; }

    public JobId? EnqueuedBy { get; init; }

    public static JobView Of(JobRecord job) => new()
    {
        Id = job.Id,
        Name = job.Name,
        Description = job.Description,
        Queue = job.Queue,
        State = job.State,
        Derived = job.Derived == DerivedState.None ? null : job.Derived,
        WaitsFor = job.WaitsFor,
        Progress = job.Progress is { } progress ? ProgressView.Of(progress) : null,
        Attempt = JobText.Attempt(job),
        MaxAttempts = JobText.MaxAttempts(job),
        Run = job.RunNumber,
        LostRuns = job.LostRuns,
        Worker = job.Worker,
        Owner = job.Owner,
        Tags = job.Tags,
        Priority = job.Priority,
        UniqueKey = job.UniqueKey,
        CreatedAt = job.CreatedAt,
        AvailableAt = job.DueAt,
        StartedAt = job.StartedAt,
        UpdatedAt = job.UpdatedAt,
        FinishedAt = job.FinishedAt,
        ExpiresAt = job.ExpiresAt,
        Order = job.Order,
        Reason = job.Reason,
        Error = job.Error,
        ItemFailures = job.ItemFailures,
        Result = job.Result is { Length: > 0 } result ? JsonSerializer.Deserialize<JsonElement>(result.Span) : null,
        Checkpoint = job.CheckpointAt is { } saved ? new CheckpointView(saved) : null,
        ContinueFrom = job.ContinueFrom,
        EnqueuedBy = job.EnqueuedBy,
    };
}

/// <summary>When the checkpoint was last saved.</summary>
internal sealed record CheckpointView(DateTimeOffset SavedAt);

/// <summary>How far a job is.</summary>
internal sealed record ProgressView(
    double? Fraction, double? Done, double? Total, string? Phase, string? Note, double? Rate, double? SecondsLeft)
{
    public static ProgressView Of(ProgressRecord progress) => new(
        progress.Fraction, progress.Done, progress.Total, progress.Phase, progress.Note, progress.Rate, progress.TimeLeft?.TotalSeconds);
}
