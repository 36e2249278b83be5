namespace Longhaul.Proof;

/// <summary>The checks that every campaign ends with.</summary>
internal static class AllChecks
{
    public static IReadOnlyList<HistoryCheck> List { get; } =
    [
        new NoLostJob(), new OneJobAnOrder(), new SuccessIsReal(), new OneLease(), new Fencing(), new ZombieWindow(), new SelfFencing(),
        new AttemptsBounded(), new RetrySchedule(), new NotBeforeDue(), new UniqueKeys(), new CancelReaches(), new CancelRace(), new GracefulShutdown(),
        new TakeoverTime(), new NoFalseTakeover(), new CheckpointMonotonic(), new ProgressMonotonic(), new StateMachine(), new Liveness(),
    ];

    /// <summary>Runs all checks over one history.</summary>
    /// <param name="history">What happened.</param>
    /// <param name="limits">What the promises mean in numbers.</param>
    /// <param name="floors">How often each must have been tried, by id; those that are not named: 0.</param>
    public static IReadOnlyList<CheckResult> Run(History history, CheckLimits limits, IReadOnlyDictionary<string, long>? floors = null)
        => [.. List.Select(check => check.Run(history, limits, floors?.GetValueOrDefault(check.Id) ?? 0))];
}
