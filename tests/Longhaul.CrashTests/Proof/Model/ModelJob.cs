using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>A job as the model keeps it. Times are seconds since the start of the sequence.</summary>
internal sealed record ModelJob(int Index, string Name, string Queue, int Priority, int MaxLostRuns, ModelKey? Key)
{
    public JobState State { get; set; } = JobState.Pending;

    public double DueAt { get; set; }

    public int Runs { get; set; }

    public int Attempts { get; set; }

    public int LostRuns { get; set; }

    public RunKind NextKind { get; set; }

    public ModelClaim? Run { get; set; }

    public RunOrderKind? Order { get; set; }

    public string? OrderReason { get; set; }

    public double WatchedUntil { get; set; }

    /// <summary>The run that was settled last.</summary>
    public int SettledRun { get; set; } = -1;

    /// <summary>The run whose code has not ended, and its session.</summary>
    public (int Run, int Session)? Hold { get; set; }

    public double? HookDueAt { get; set; }

    public int HookTries { get; set; }

    public int? Progress { get; set; }

    public string Checkpoint { get; set; } = "";

    public HashSet<int> Items { get; set; } = [];

    public string? Error { get; set; }

    public string? Reason { get; set; }

    public double? FinishedAt { get; set; }

    public double? ExpiresAt { get; set; }

    public bool HasEnded => State is JobState.Completed or JobState.Failed or JobState.Cancelled;

    public bool IsSuspect => LostRuns >= JobDefaults.SuspectAfter;

    public bool RunIsHook => Run is { Kind: RunKind.FailedHook };
}

/// <summary>A run in the model.</summary>
internal sealed record ModelClaim(int Run, int Session, int Claim, RunKind Kind)
{
    public bool Begun { get; set; }
}

/// <summary>A unique key in the model.</summary>
internal sealed record ModelKey(string Name, UniqueScope Scope);

/// <summary>A session in the model.</summary>
internal sealed record ModelSession(int Index, double Lease, IReadOnlyList<string> Names)
{
    public WorkerState State { get; set; } = WorkerState.Active;

    public double RenewedAt { get; set; }

    public double EndedAt { get; set; }

    public WorkerOrder Order { get; set; }

    public bool IsLive => State is not (WorkerState.Dead or WorkerState.Gone);
}
