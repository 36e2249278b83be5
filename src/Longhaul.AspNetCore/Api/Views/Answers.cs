namespace Longhaul.AspNetCore.Api.Views;

/// <summary>An enqueued job, or the one that was there.</summary>
internal sealed record EnqueuedView(long Id, bool Created);

/// <summary>Enqueued jobs, in order.</summary>
internal sealed record BulkEnqueuedView(IReadOnlyList<long> Ids, long Created);

/// <summary>What became of an action on one job.</summary>
internal sealed record ActionView(long Id, string Action, string Status, JobState? State);

/// <summary>What became of an action on many.</summary>
internal sealed record ActionsView(long Matched, bool Exact, long? Done, long? Ordered, long? Skipped, long? Job);

/// <summary>How many were deleted.</summary>
internal sealed record DeletedView(long Deleted);

/// <summary>A queue that was cleared.</summary>
internal sealed record ClearedView(string Queue, long Deleted);

/// <summary>A queue that was paused or resumed.</summary>
internal sealed record QueuePauseView(string Queue, bool Paused);

/// <summary>A worker that was given an order.</summary>
internal sealed record WorkerOrderView(string Worker, string Order);

/// <summary>How many workers were told to restart.</summary>
internal sealed record RestartView(int Workers);

/// <summary>A signed link to one job's progress.</summary>
internal sealed record LinkView(string Url, DateTimeOffset ExpiresAt);

/// <summary>What a signed link shows of its job.</summary>
internal sealed record SharedProgressView(JobState State, string? Description, ProgressView? Progress, DateTimeOffset? FinishedAt);

/// <summary>What went wrong with a request (RFC 9457).</summary>
internal sealed record ProblemView
{
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required int Status { get; init; }

    public required string Code { get; init; }

    public string? Detail { get; init; }

    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    public int? Index { get; init; }

    public JobState? State { get; init; }

    public long? KeyHolder { get; init; }
}
