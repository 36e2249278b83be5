namespace Longhaul;

/// <summary>Where a job is in its life. These are the states that every store keeps; see <see cref="DerivedState"/> for what people are shown.</summary>
public enum JobState
{
    /// <summary>Waits for something other than its due time: a parent, a signal, or code of its old run that has not ended.</summary>
    Waiting = 0,

    /// <summary>Will be claimed once it is due and a worker that handles its name is free.</summary>
    Pending = 1,

    /// <summary>Claimed by a worker: from the claim's commit until the run is settled, recovered or released.</summary>
    Running = 2,

    /// <summary>Set aside by an operator until it is resumed.</summary>
    Paused = 3,

    /// <summary>Done. Terminal.</summary>
    Completed = 4,

    /// <summary>Failed for good: no attempts left, refused by the handler, or its worker died too often. Terminal until retried by a person.</summary>
    Failed = 5,

    /// <summary>Cancelled. Terminal until retried by a person.</summary>
    Cancelled = 6,
}

/// <summary>What people are shown in place of <see cref="JobState"/>, where that says more.</summary>
public enum DerivedState
{
    /// <summary>Nothing to add to the state.</summary>
    None = 0,

    /// <summary>Pending, due later, and not <see cref="Retrying"/>.</summary>
    Scheduled = 1,

    /// <summary>Pending after at least one failed attempt.</summary>
    Retrying = 2,

    /// <summary>Running, and without progress for longer than its <c>StallAfter</c>.</summary>
    Stuck = 3,
}
