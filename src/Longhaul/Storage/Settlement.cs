namespace Longhaul.Storage;

/// <summary>How a run ends.</summary>
public enum Outcome
{
    /// <summary>The job is done.</summary>
    Completed,

    /// <summary>An error, and the job is tried again after <see cref="Settlement.Delay"/>.</summary>
    Retry,

    /// <summary>An error, and the job is failed for good.</summary>
    Failed,

    /// <summary>Cancelled while it ran.</summary>
    Cancelled,

    /// <summary>Interrupted: pending again with its old due time, no attempt counted.</summary>
    HandedBack,

    /// <summary>Interrupted because others wait: as <see cref="HandedBack"/>, but due now, behind them.</summary>
    Yielded,

    /// <summary>Interrupted by an operator's pause.</summary>
    Paused,
}

/// <summary>The end of a run, with what it has left to tell, written as one.</summary>
public sealed record Settlement
{
    /// <summary>The run.</summary>
    public required RunKey Key { get; init; }

    /// <summary>How it ends. An order that was given meanwhile wins where it can: see <see cref="IJobStore.SettleAsync(IReadOnlyList{Settlement}, CancellationToken)"/>.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>With <see cref="Outcome.Retry"/>: due this long from now, by the store's clock.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>With <see cref="Outcome.Retry"/> and <see cref="Outcome.Failed"/>: why.</summary>
    public JobError? Error { get; init; }

    /// <summary>
    /// With <see cref="Outcome.Completed"/>: how long the job is kept. Zero: it goes now (its id, nonce and this token stay 10 minutes).
    /// Failed and cancelled jobs stay as <see cref="JobDefaults"/> says.
    /// </summary>
    public TimeSpan Retention { get; init; } = JobDefaults.Retention;

    /// <summary>With <see cref="Outcome.Failed"/>: whether the handler wants its <c>FailedAsync</c> called.</summary>
    public bool FailedHook { get; init; }

    /// <summary>Why it was handed back, paused or cancelled, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>How long the run took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>
    /// The old code has not ended though its time is over: the job is <see cref="JobState.Waiting"/> and not claimable
    /// until <see cref="IJobStore.EndHoldAsync"/> is called for this run, or its session ends. Where the job ends with this settlement,
    /// its state is the final one, and what would make it claimable (the hook, a retry by a person) waits for the same.
    /// A release or restart ends the hold.
    /// </summary>
    public bool CodeStillRuns { get; init; }

    /// <summary>What the run has left to tell.</summary>
    public RunUpdate? Update { get; init; }
}

/// <summary>What the store answers to one <see cref="Settlement"/>.</summary>
/// <param name="Status">What happened.</param>
/// <param name="State">The job's state now. Meaningless with <see cref="SettleStatus.LeaseLost"/>.</param>
public readonly record struct SettleAnswer(SettleStatus Status, JobState State);

/// <summary>What happened to a <see cref="Settlement"/>.</summary>
public enum SettleStatus
{
    /// <summary>Written.</summary>
    Settled,

    /// <summary>
    /// This run was settled before, by this very token: the answer to a repeated write, which changes nothing. Known for the job's last settled run,
    /// also while the next one is running, and for 10 minutes when the job went at completion.
    /// </summary>
    AlreadyYours,

    /// <summary>The run is not the job's current one: nothing was written.</summary>
    LeaseLost,
}
