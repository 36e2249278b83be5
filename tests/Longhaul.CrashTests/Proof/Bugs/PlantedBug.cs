namespace Longhaul.Proof;

/// <summary>Mistakes that a job queue can make. Each is planted on purpose, to see that the checks find it.</summary>
internal enum PlantedBug
{
    None,

    // In the store.
    FenceDropped,
    RecoveryDoesNotFence,
    AckBeforeWrite,
    HandBackLost,
    InterruptCountsAsAttempt,
    ErrorCountsNoAttempt,
    DueTimeIgnored,
    RetryDelayIgnored,
    UniqueKeyForgotten,
    CancelOrderSwallowed,
    CancelAnswersTooMuch,
    CheckpointGoesBack,
    ProgressGoesBack,
    RunGivenTwice,
    DeadSessionClaims,
    RecoveryRevivesEndedJobs,
    RecoveryDropsJobs,

    // In the worker.
    SettledBeforeHandlerEnds,
    LeaseByWorkersClock,
    LostLeaseNotTold,
    NoSelfFencing,
    ShutdownLeavesRunsBehind,
    AttemptsUnlimited,
    BackoffDoesNotGrow,
    NobodyRecovers,

    // In the client.
    RepeatTakesNewId,
}
