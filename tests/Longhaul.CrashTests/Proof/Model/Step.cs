using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>
/// One step of a generated sequence. Numbers choose among what is there (counted from the newest), so that any part of a sequence is a sequence too,
/// and shrinking needs to know nothing.
/// </summary>
internal abstract record Step
{
    private Step() { }

    public sealed record Enqueue(int Name, int Queue, int Priority, int Delay, int Key, UniqueScope Scope, int MaxLost, int Continue) : Step;

    public sealed record EnqueueAgain(int Job, bool OtherNonce) : Step;

    public sealed record OpenSession(int Kind) : Step;

    public sealed record OpenAgain(int Session) : Step;

    public sealed record CloseSession(int Session) : Step;

    public sealed record Beat(int Session, bool Renew, bool KnowsAll, int Begun) : Step;

    public sealed record Claim(int Session, int Slots, int Prefetch, int Among, bool AllowSuspect, bool OldestFirst) : Step;

    public sealed record FindClaim(int Session, int Number) : Step;

    public sealed record Settle(int Run, Outcome Outcome, int Delay, bool Hook, bool CodeStillRuns, bool Forget, Parts Update) : Step;

    public sealed record Flush(int Run, Parts Update) : Step;

    public sealed record EndHold(int Run) : Step;

    public sealed record Act(JobAction Action, int Job) : Step;

    public sealed record Watch(int Job) : Step;

    public sealed record Recover(int Observer, int Proven, int OlderThan) : Step;

    public sealed record PauseQueue(int Queue, bool Paused) : Step;

    public sealed record Clear(int Queue) : Step;

    public sealed record FlushFailed(int Queue) : Step;

    public sealed record Prune : Step;

    public sealed record RestartWorkers : Step;

    public sealed record Pass(int Seconds) : Step;

    public sealed record Reopen : Step;

    /// <summary>What an update holds.</summary>
    [Flags]
    public enum Parts
    {
        None = 0,
        Progress = 1,
        Checkpoint = 2,
        Keep = 4,
        Headway = 8,
        ItemFailure = 16,
        MendedItem = 32,
        Child = 64,
        Log = 128,
        Result = 256,
        Trace = 512,
    }

    /// <summary>The names, queues and keys of all sequences.</summary>
    public static readonly string[] Names = ["alpha", "beta"];

    public static readonly string[] Queues = ["default", "low", "critical"];

    /// <summary>Neither a whole second: no lease ends at the moment of a look.</summary>
    public static readonly TimeSpan[] Leases = [TimeSpan.FromSeconds(29.5), TimeSpan.FromSeconds(90.5)];

    /// <summary>The operation that a number stands for.</summary>
    public static Step Of(int seed)
    {
        var random = new Random(seed);
        return random.Next(100) switch
        {
            < 18 => NewEnqueue(random),
            < 20 => new EnqueueAgain(Recent(random), random.Next(3) == 0),
            < 26 => new OpenSession(random.Next(4)),
            < 27 => new OpenAgain(random.Next(4)),
            < 29 => new CloseSession(random.Next(4)),
            < 34 => new Beat(random.Next(4), random.Next(2) == 0, random.Next(4) != 0, random.Next(4)),
            < 50 => new Claim(random.Next(3), random.Next(3), random.Next(3) == 0 ? random.Next(1, 3) : 0, random.Next(4), random.Next(5) != 0, random.Next(6) == 0),
            < 51 => new FindClaim(random.Next(3), random.Next(3)),
            < 66 => NewSettle(random),
            < 74 => new Flush(Recent(random), NewParts(random)),
            < 75 => new EndHold(Recent(random)),
            < 85 => new Act((JobAction)random.Next(9), Recent(random)),
            < 86 => new Watch(Recent(random)),
            < 91 => new Recover(random.Next(4) - 1, random.Next(8), random.Next(8) == 0 ? random.Next(1, 4) : 0),
            < 92 => new PauseQueue(random.Next(3), random.Next(2) == 0),
            < 93 => random.Next(2) == 0 ? new Clear(random.Next(4)) : new FlushFailed(random.Next(4)),
            < 94 => new Prune(),
            < 95 => random.Next(2) == 0 ? new RestartWorkers() : new Reopen(),
            _ => new Pass(random.Next(8) switch { 0 => 3_600, 1 => 4 * 86_400, 2 => 15 * 86_400, 3 => 100 * 86_400, 4 => 61, _ => random.Next(1, 20) }),
        };
    }

    private static int Recent(Random random) => Math.Min(random.Next(8), random.Next(8));

    private static Enqueue NewEnqueue(Random random) => new(
        random.Next(2), random.Next(3), random.Next(4) == 0 ? random.Next(3) : 1, random.Next(4) == 0 ? random.Next(1, 30) : 0,
        random.Next(3) == 0 ? random.Next(1, 3) : 0, (UniqueScope)random.Next(3), random.Next(4) == 0 ? random.Next(2) : JobDefaults.MaxLostRuns,
        random.Next(10) == 0 ? random.Next(1, 6) : 0);

    private static Settle NewSettle(Random random) => new(
        Recent(random), (Outcome)random.Next(7), random.Next(3) * 7, random.Next(2) == 0, random.Next(8) == 0, random.Next(6) == 0, random.Next(2) == 0 ? Parts.None : NewParts(random));

    private static Parts NewParts(Random random) => (Parts)(random.Next(1024) & random.Next(1024));
}
