namespace Longhaul.Storage;

/// <summary>One start of a worker, as the store knows it: random, never used twice, whatever the worker is called.</summary>
/// <param name="Value">A random number, not 0.</param>
public readonly record struct SessionId(long Value)
{
    /// <summary>Sixteen hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Where a process runs, as far as it can tell. Two processes share a host when all three are known and equal.</summary>
/// <param name="BootId">Changes when the machine starts; null where unknown.</param>
/// <param name="MachineId">The machine's own id; null where unknown.</param>
/// <param name="PidNamespace">The namespace in which a pid means something; null where unknown.</param>
public sealed record HostIdentity(string? BootId, string? MachineId, string? PidNamespace)
{
    /// <summary>Whether a pid of <paramref name="other"/> can be looked up here. Unknown is never proof.</summary>
    public bool SharesPidsWith(HostIdentity other)
        => BootId is not null && MachineId is not null && PidNamespace is not null && this == other;
}

/// <summary>What a worker tells of itself when it opens its session.</summary>
public sealed record WorkerRecord
{
    /// <summary>This start's id.</summary>
    public required SessionId Session { get; init; }

    /// <summary>The shown name, such as <c>host:1234</c> or the value of <c>WORKER_ID</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Host name, for people.</summary>
    public required string HostName { get; init; }

    /// <summary>For <see cref="HostIdentity.SharesPidsWith"/>.</summary>
    public required HostIdentity Host { get; init; }

    /// <summary>The process id.</summary>
    public required int ProcessId { get; init; }

    /// <summary>When the process started, in the operating system's own unit: tells a reused pid from the old one. Null where unknown.</summary>
    public string? ProcessStart { get; init; }

    /// <summary>The queues in order; null: all, by rank.</summary>
    public IReadOnlyList<string>? Queues { get; init; }

    /// <summary>The job names it handles.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Slots.</summary>
    public required int Concurrency { get; init; }

    /// <summary>How long its lease lasts from each renewal.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>The program's version, for people.</summary>
    public string? Version { get; init; }

    /// <summary>The session of the <c>--processes</c> parent's group, when there is one: workers of one parent share it.</summary>
    public long? Group { get; init; }
}

/// <summary>What a worker is doing, as others see it.</summary>
public enum WorkerState
{
    /// <summary>Claims and runs.</summary>
    Active,

    /// <summary>Runs what it has and claims nothing more.</summary>
    Quiet,

    /// <summary>On its way out.</summary>
    Stopping,

    /// <summary>Declared dead: its runs were taken over.</summary>
    Dead,

    /// <summary>Closed its session in order.</summary>
    Gone,
}

/// <summary>A worker as the store shows it.</summary>
/// <param name="Worker">What it told at the start.</param>
/// <param name="State">What it does.</param>
/// <param name="StartedAt">When its session was opened.</param>
/// <param name="LastBeatAt">When its lease was last renewed.</param>
/// <param name="LeaseEndsAt">When its lease runs out unless it is renewed.</param>
/// <param name="Running">Its runs now.</param>
public sealed record WorkerInfo(
    WorkerRecord Worker, WorkerState State, DateTimeOffset StartedAt, DateTimeOffset LastBeatAt, DateTimeOffset LeaseEndsAt, int Running);

/// <summary>The heart of one session. Used by one dedicated thread.</summary>
/// <remarks>
/// A provider must not touch the thread pool on the way: a starved pool must not fake a death.
/// Each call ends within the store's busy timeout, and throws <see cref="StoreException"/> when the outcome is unknown.
/// </remarks>
public interface IHeart : IDisposable
{
    /// <summary>One tick: read the orders for this worker, look for the dead, and renew the lease when asked.</summary>
    /// <param name="beat">What the worker says.</param>
    /// <returns>What the store knows.</returns>
    BeatAnswer Beat(Beat beat);
}

/// <summary>What a worker says with each tick.</summary>
public sealed record Beat
{
    /// <summary>Whether to renew the lease (every fifth tick).</summary>
    public required bool Renew { get; init; }

    /// <summary>How many runs the worker knows to be its own.</summary>
    public required int RunCount { get; init; }

    /// <summary>Those runs' tokens, combined by exclusive or.</summary>
    public required long RunHash { get; init; }

    /// <summary>Prefetched runs of this session whose handler has begun since the last tick. Others are passed over.</summary>
    public IReadOnlyList<RunKey> Begun { get; init; } = [];

    /// <summary>What the worker does now.</summary>
    public WorkerState State { get; init; } = WorkerState.Active;
}

/// <summary>What a tick brings back.</summary>
public sealed record BeatAnswer
{
    /// <summary>Whether the session is alive.</summary>
    public required LeaseReply Lease { get; init; }

    /// <summary>The clock by which this store judges leases. Compared with the worker's own monotonic clock.</summary>
    public required TimeSpan LeaseClock { get; init; }

    /// <summary>Whether count and hash equal the store's. When not, ask <see cref="IJobStore.RunsOfAsync"/>.</summary>
    public bool RunsAgree { get; init; } = true;

    /// <summary>What people asked of single runs. Repeated with each tick until the run is settled.</summary>
    public IReadOnlyList<RunOrder> Orders { get; init; } = [];

    /// <summary>What people asked of the worker.</summary>
    public WorkerOrder Order { get; init; }

    /// <summary>
    /// Whether this tick looked for what the session may claim, and where there is something, changed <see cref="IJobStore.WakeStamp"/> and ended the waits for
    /// it. The worker asks by itself only where no tick does.
    /// </summary>
    public bool LookedForWork { get; init; }

    /// <summary>Whether anything waits to be pruned; null: this tick did not look. The worker prunes now and then where no tick ever looks.</summary>
    public bool? HasExpired { get; init; }

    /// <summary>Other live sessions whose death this worker could see: on the same host, with a lease that has run out, or whose connection is gone.</summary>
    public IReadOnlyList<Peer> Peers { get; init; } = [];

    /// <summary>
    /// Whether <see cref="Peers"/> also names, as with a lease that has run out, every session that has ended and left something behind. The worker sweeps now and
    /// then where they do not.
    /// </summary>
    public bool NamesLeftBehind { get; init; }
}

/// <summary>Another worker's session, to be judged.</summary>
/// <param name="Session">Its id.</param>
/// <param name="Host">Its host.</param>
/// <param name="ProcessId">Its pid there.</param>
/// <param name="ProcessStart">When that process started.</param>
/// <param name="LeaseExpired">Whether its lease has run out by the store's lease clock.</param>
/// <param name="ConnectionGone">Whether the store has proof that it lives no more: it held a connection that shows its life, which has been gone for long enough.</param>
public sealed record Peer(SessionId Session, HostIdentity Host, int ProcessId, string? ProcessStart, bool LeaseExpired, bool ConnectionGone = false);

/// <summary>Whether a session is alive.</summary>
public enum LeaseReply
{
    /// <summary>Alive. Late renewals are accepted as long as nobody declared the session dead.</summary>
    Held,

    /// <summary>Declared dead, its runs taken over: the worker must stop all of them and open a new session.</summary>
    Lost,
}

/// <summary>What was asked of one run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Kind">What to do.</param>
/// <param name="By">Who asked.</param>
/// <param name="Reason">Why.</param>
public sealed record RunOrder(RunKey Run, RunOrderKind Kind, string? By, string? Reason);

/// <summary>What can be asked of a run.</summary>
public enum RunOrderKind
{
    /// <summary>Stop, and be cancelled.</summary>
    Cancel,

    /// <summary>Interrupt, and be paused.</summary>
    Pause,

    /// <summary>Somebody watches: flush this run's progress and log every 200 ms.</summary>
    Watch,
}

/// <summary>What can be asked of a worker.</summary>
public enum WorkerOrder
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Claim nothing more; finish what runs.</summary>
    Quiet,

    /// <summary>Stop in order and exit 0, so that a supervisor starts it anew.</summary>
    Stop,
}
