using System.Text.Json.Serialization;

namespace Longhaul.Proof;

/// <summary>The four kinds of events, as in Jepsen: a call begins, and then it is known to have worked, known to have not, or not known.</summary>
internal enum EventType
{
    /// <summary>The call was sent. A history may end here: the process was killed.</summary>
    Invoke,

    /// <summary>It was answered.</summary>
    Ok,

    /// <summary>It was refused, and surely changed nothing.</summary>
    Fail,

    /// <summary>Its outcome is unknown. A call that is never answered is the same.</summary>
    Info,
}

/// <summary>One line of a history. What does not belong to an operation is null.</summary>
internal sealed record HistoryEvent
{
    /// <summary>Nanoseconds of the monotonic clock that all processes of the machine share; in the simulation those of its virtual clock, each event its own.</summary>
    public long T { get; init; }

    /// <summary>Who recorded it: one name a start of a process.</summary>
    public string Proc { get; init; } = "";

    /// <summary>Counts the events of its process.</summary>
    public long Seq { get; init; }

    public EventType Type { get; init; }

    /// <summary>What was done: one of <see cref="Ops"/>.</summary>
    public string Op { get; init; } = "";

    /// <summary>Ties the answers to their call. A claim has one answer for each run it brought.</summary>
    public long Call { get; init; }

    public long? Job { get; init; }

    /// <summary>The run number.</summary>
    public int? Run { get; init; }

    /// <summary>The run's token.</summary>
    public long? Token { get; init; }

    public long? Fence { get; init; }

    /// <summary>The worker's session.</summary>
    public long? Session { get; init; }

    /// <summary>What the producer wanted done, once: a number that goes with the payload, whatever id the job has.</summary>
    public long? Order { get; init; }

    /// <summary>Unique key, with owner and name in front.</summary>
    public string? Key { get; init; }

    /// <summary>Of an enqueue, where it is not the usual one.</summary>
    public string? Queue { get; init; }

    /// <summary>How long that key is occupied.</summary>
    public UniqueScope? Scope { get; init; }

    /// <summary>The kind of thing: an outcome, an action, a signal, a job name.</summary>
    public string? What { get; init; }

    /// <summary>The answer in a word: a status.</summary>
    public string? Answer { get; init; }

    /// <summary>The job's state after it.</summary>
    public JobState? State { get; init; }

    /// <summary>A number: an item, the cursor of a checkpoint, an exit code.</summary>
    public double? Value { get; init; }

    /// <summary>Units done, as reported.</summary>
    public double? Progress { get; init; }

    /// <summary>Nanoseconds: delay, lease, limit.</summary>
    public long? Span { get; init; }

    /// <summary>Nanoseconds: the delay before the second attempt.</summary>
    public long? RetryDelay { get; init; }

    /// <summary>Errors counted so far; in a dump those of the job.</summary>
    public int? Attempts { get; init; }

    /// <summary>Attempts allowed.</summary>
    public int? MaxAttempts { get; init; }

    public int? LostRuns { get; init; }

    /// <summary>Sessions or jobs named by the call.</summary>
    public long[]? Ids { get; init; }

    public string? Err { get; init; }
}

/// <summary>The operations of a history.</summary>
internal static class Ops
{
    // Calls of the store, recorded by ObservedStore.
    public const string Enqueue = "enqueue";
    public const string Open = "open";
    public const string Close = "close";
    public const string Beat = "beat";
    public const string Claim = "claim";
    public const string Settle = "settle";
    public const string Flush = "flush";
    public const string Save = "save";
    public const string EndHold = "end-hold";
    public const string Recover = "recover";
    public const string Act = "act";

    /// <summary>An order that a beat brought to the worker; recorded once a run and kind.</summary>
    public const string Order = "order";

    /// <summary>A state seen by a reader.</summary>
    public const string Seen = "seen";

    // The ledger: what handlers did, written by them outside of the store.
    public const string Begin = "begin";
    public const string Item = "item";
    public const string Told = "told";
    public const string End = "end";

    // What the runner did to processes. The name of the process is in What.
    public const string Spawn = "spawn";
    public const string Kill = "kill";
    public const string Freeze = "freeze";
    public const string Thaw = "thaw";

    /// <summary>Nothing of what it sends reaches the store, until it is joined again.</summary>
    public const string Cut = "cut";
    public const string Join = "join";

    /// <summary>One of its sessions on the store's server was ended.</summary>
    public const string EndSession = "end-session";
    public const string Terminate = "terminate";
    public const string Exit = "exit";

    /// <summary>The store's server was killed.</summary>
    public const string Crash = "crash";

    /// <summary>It has ended by that: what was answered before was written before.</summary>
    public const string Down = "down";

    /// <summary>It takes connections again.</summary>
    public const string Back = "back";

    /// <summary>All faults were over.</summary>
    public const string Healed = "healed";

    /// <summary>Nothing was left to do, or the wait for that was given up (then with an error).</summary>
    public const string Drained = "drained";

    /// <summary>A job as the store held it at the end.</summary>
    public const string Dump = "dump";

    /// <summary>A worker's session as the store held it at the end.</summary>
    public const string DumpSession = "dump-session";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(HistoryEvent))]
internal sealed partial class HistoryJson : JsonSerializerContext;
