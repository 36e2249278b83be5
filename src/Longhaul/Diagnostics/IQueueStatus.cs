namespace Longhaul;

/// <summary>How the whole is: what waits, what runs, and whether anybody works. For pages and checks; an answer is kept for 5 s.</summary>
public interface IQueueStatus
{
    /// <summary>The status, at most 5 s old. A store that does not answer is told as <c>unknown</c>, not thrown.</summary>
    /// <param name="queue">Also count the pending jobs of these queues: a name, or a pattern with <c>*</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<QueueStatus> GetAsync(string? queue = null, CancellationToken cancellationToken = default);

    /// <summary>The next call asks the store.</summary>
    void ClearCache();
}

/// <summary>How the whole is.</summary>
public sealed record QueueStatus
{
    /// <summary>When the store was asked.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The store's short name.</summary>
    public required string Driver { get; init; }

    /// <summary>Whether a parent of several workers (<c>work --processes</c>) lives.</summary>
    public required bool HasParent { get; init; }

    /// <summary>Not running and not ended; null: the store does not answer.</summary>
    public long? Pending { get; init; }

    /// <summary>Running; null: the store does not answer.</summary>
    public long? Reserved { get; init; }

    /// <summary>Failed and still kept; null: the store does not answer.</summary>
    public long? Failed { get; init; }

    /// <summary>Pending in the queues that were asked for; null: none were.</summary>
    public long? MatchingPending { get; init; }

    /// <summary>
    /// <c>processing</c>: a job runs. <c>idle</c>: nothing is due, a worker lives. <c>stalled</c>: jobs have been due for over 30 s and none runs.
    /// <c>pending</c>: jobs have been due for up to 30 s. <c>unknown</c>: the store does not answer, or no worker has been seen.
    /// </summary>
    public required string Worker { get; init; }

    /// <summary>Whether a worker lives.</summary>
    public required bool LikelyRunning { get; init; }

    /// <summary>What <see cref="Worker"/> means here, in a sentence.</summary>
    public required string Hint { get; init; }

    /// <summary>Its colour: green, blue, red, yellow, gray.</summary>
    public required string Color { get; init; }
}
