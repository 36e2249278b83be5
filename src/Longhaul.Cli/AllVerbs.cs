using Longhaul.Cli.Verbs;

namespace Longhaul.Cli;

/// <summary>Every verb, in the order of the help.</summary>
internal static class AllVerbs
{
    public static IReadOnlyList<Verb> Create() =>
    [
        WorkVerb.Work(), WorkVerb.Run(), RestartVerb.Create(), RecoverVerb.Create(),
        PushVerb.Create(), JobsVerb.Create(), ShowVerb.Create(), CancelVerb.Create(), ReleaseVerb.Create(), PauseVerbs.Pause(), PauseVerbs.Resume(),
        FailedVerb.Create(), RetryVerb.Create(), ForgetVerb.Create(), FlushVerb.Create(),
        InfoVerb.Create(), MonitorVerb.Create(), LogsVerb.Create(), WorkersVerb.Create(), DoctorVerb.Create(), ServeVerb.Create(),
        ClearVerb.Create(), PruneVerb.Create(), MigrateVerb.Create(),
    ];
}
