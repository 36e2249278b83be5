using System.Data.Common;
using System.Runtime.CompilerServices;

namespace Longhaul;

/// <summary>What a producer sees: enqueue jobs, look at them, act on them. Safe for any number of callers.</summary>
public interface IJobClient
{
    /// <summary>Enqueues one job. When the task completes the job is accepted: it will not be lost.</summary>
    /// <typeparam name="TJob">A payload with a <see cref="JobAttribute"/>.</typeparam>
    /// <param name="job">The payload; at most 1 MiB as JSON.</param>
    /// <param name="options">What is different for this job.</param>
    /// <param name="cancellationToken">Counts until the write begins.</param>
    /// <exception cref="ArgumentException">The payload has no job name, does not serialise, or is over a limit; or an option does not hold.</exception>
    [OverloadResolutionPriority(1)] // so that new() { Delay = … } means options
    ValueTask<EnqueueResult> EnqueueAsync<TJob>(TJob job, EnqueueOptions? options = null, CancellationToken cancellationToken = default) where TJob : notnull;

    /// <summary>Enqueues one job in the caller's own transaction: it is there when, and only when, that commits.</summary>
    /// <exception cref="NotSupportedException">The store has no transactions.</exception>
    /// <inheritdoc cref="EnqueueAsync{TJob}(TJob, EnqueueOptions?, CancellationToken)"/>
    ValueTask<EnqueueResult> EnqueueAsync<TJob>(TJob job, DbTransaction transaction, EnqueueOptions? options = null, CancellationToken cancellationToken = default) where TJob : notnull;

    /// <summary>Enqueues many jobs as they come, atomically per 1,000. Returns how many were created; jobs whose unique key is occupied are not counted.</summary>
    /// <param name="jobs">The payloads.</param>
    /// <param name="options">For all of them.</param>
    /// <param name="accepted">Told after each 1,000 how many payloads are safely in (or were already there), so that a broken run can go on there.</param>
    /// <param name="cancellationToken">Ends between thousands.</param>
    Task<long> EnqueueManyAsync<TJob>(IAsyncEnumerable<TJob> jobs, EnqueueOptions? options = null, IProgress<long>? accepted = null, CancellationToken cancellationToken = default) where TJob : notnull;

    /// <inheritdoc cref="EnqueueManyAsync{TJob}(IAsyncEnumerable{TJob}, EnqueueOptions?, IProgress{long}?, CancellationToken)"/>
    [OverloadResolutionPriority(1)] // as above
    Task<long> EnqueueManyAsync<TJob>(IEnumerable<TJob> jobs, EnqueueOptions? options = null, IProgress<long>? accepted = null, CancellationToken cancellationToken = default) where TJob : notnull;

    /// <summary>Enqueues many jobs in the caller's own transaction: all or nothing.</summary>
    Task<long> EnqueueManyAsync<TJob>(IEnumerable<TJob> jobs, DbTransaction transaction, EnqueueOptions? options = null, CancellationToken cancellationToken = default) where TJob : notnull;

    /// <summary>Enqueues a job by its name with a payload in JSON, as <c>push</c> does; for names that this program has no type for.</summary>
    ValueTask<EnqueueResult> EnqueueJsonAsync(string name, ReadOnlyMemory<byte> payload, EnqueueOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>A job's state, progress, error and result; null: it never existed or is gone.</summary>
    ValueTask<JobInfo?> GetAsync(JobId id, CancellationToken cancellationToken = default);

    /// <summary>Cancels a job: at once where it waits, by order where it runs.</summary>
    /// <returns>False: it had already ended, or does not exist.</returns>
    Task<bool> CancelAsync(JobId id, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Makes a failed or cancelled job pending again; it goes on from its checkpoint.</summary>
    /// <returns>False: it is neither, or does not exist, or another job has its unique key by now.</returns>
    Task<bool> RetryAsync(JobId id, CancellationToken cancellationToken = default);

    /// <summary>Waits until the job has ended: completed, failed or cancelled.</summary>
    /// <exception cref="TimeoutException">It has not, within <paramref name="timeout"/>.</exception>
    /// <exception cref="KeyNotFoundException">There is no such job (any more).</exception>
    Task<JobInfo> WaitAsync(JobId id, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>The traces about a subject, over all jobs, oldest first.</summary>
    IAsyncEnumerable<JobTrace> TracesAsync(string subject, CancellationToken cancellationToken = default);
}

/// <summary>What became of an enqueue.</summary>
/// <param name="Id">The job: the new one, or the one that occupies the unique key.</param>
/// <param name="Created">Whether it is new.</param>
public readonly record struct EnqueueResult(JobId Id, bool Created)
{
    /// <summary>The id, for those who need no more.</summary>
    public static implicit operator JobId(EnqueueResult result) => result.Id;
}

/// <summary>A job as its producer sees it.</summary>
public sealed record JobInfo
{
    /// <summary>Its id.</summary>
    public required JobId Id { get; init; }

    /// <summary>The job name.</summary>
    public required string Name { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required JobState State { get; init; }

    /// <summary>Scheduled, retrying, stuck: where that says more.</summary>
    public DerivedState Derived { get; init; }

    /// <summary>Whether it has ended: completed, failed or cancelled.</summary>
    public bool HasEnded => State is JobState.Completed or JobState.Failed or JobState.Cancelled;

    /// <summary>How far it is.</summary>
    public JobProgressInfo? Progress { get; init; }

    /// <summary>The current or next attempt; 1 at the first.</summary>
    public int Attempt { get; init; }

    /// <summary>Claims so far.</summary>
    public int RunNumber { get; init; }

    /// <summary>The last error.</summary>
    public JobFailure? Error { get; init; }

    /// <summary>The result as JSON; see <see cref="ResultAs{T}"/>.</summary>
    public ReadOnlyMemory<byte>? Result { get; init; }

    /// <summary>Why it was cancelled or paused.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was enqueued.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is, or was last, due.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>When its first run began, where known.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The result, read as <typeparamref name="T"/>; default where there is none.</summary>
    public T? ResultAs<T>() => Result is { } json ? System.Text.Json.JsonSerializer.Deserialize<T>(json.Span, JobJson.Options) : default;
}

/// <summary>How far a job is.</summary>
/// <param name="Fraction">0 to 1 of the whole job; null: unknown.</param>
/// <param name="Done">Units done in the current phase.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Phase">The current phase.</param>
/// <param name="Note">A line for people.</param>
/// <param name="Rate">Units a second, lately.</param>
/// <param name="TimeLeft">Estimated time left.</param>
public sealed record JobProgressInfo(double? Fraction, double? Done, double? Total, string? Phase, string? Note, double? Rate, TimeSpan? TimeLeft);

/// <summary>A step that a run tried.</summary>
/// <param name="Job">The job.</param>
/// <param name="RunNumber">The run.</param>
/// <param name="At">When it ended.</param>
/// <param name="Type">What kind of step.</param>
/// <param name="Subject">What it was about.</param>
/// <param name="Method">How it was tried.</param>
/// <param name="Order">1, 2, 3 among the methods tried.</param>
/// <param name="Success">Whether it worked.</param>
/// <param name="Reason">Why not.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="ResultInfo">Small JSON; empty: none.</param>
public sealed record JobTrace(
    JobId Job, int RunNumber, DateTimeOffset At, string Type, string Subject, string? Method, int Order, bool Success, string? Reason,
    double Milliseconds, ReadOnlyMemory<byte> ResultInfo);
