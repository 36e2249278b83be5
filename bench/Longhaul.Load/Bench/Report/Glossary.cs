namespace Longhaul.Load.Bench.Report;

/// <summary>What each kind measures, in a sentence for the page.</summary>
internal static class Glossary
{
    private static readonly (string Kind, string Meaning)[] Kinds =
    [
        ("engine", "a no-op job from claim to settle on the memory store; the limit reads the same JSON, makes a scope and calls the handler"),
        ("loop", "an item of `ForEachAsync` with parallelism 1 and an empty body; the limit is `await foreach` over the same source"),
        ("enqueue-one", "one producer that awaits each job; the limit commits one insert after the other"),
        ("enqueue-concurrent", "32 producers that await each job; the limit inserts 32 a commit"),
        ("enqueue-many", "200,000 jobs in one call; the limit inserts 1,000 a commit"),
        ("drain", "200,000 no-op jobs from the worker's start until the last is settled, with 32 slots and prefetch 8; the limit claims and deletes 200 at a time. " +
            "Completed jobs are kept as by default; `delete`: they go, as with the limit; `default`: the worker's own number of slots"),
        ("pickup", "from the enqueue call's start to the handler's start on an idle system, a job each 50 ms: from the worker's own process, and from another one; the limit inserts one and claims it. The first 20 are not counted: programs compile meanwhile"),
        ("backlog", "50,000 jobs: alone, the first of more than a million, and behind 100,000 future jobs and 100,000 that nobody handles, all more urgent"),
        ("workers", "a drain of 200,000 by 1, 2 and 4 worker processes on one store that have done 40,000 other jobs before, from the moment their queue is let go on; the limit has as many connections, each on a thread, and begins with opening them"),
        ("held-transaction", "600,000 jobs beside another session's open transaction, and the same without it in the same run; `-last` is the rate of the last fifth"),
        ("running", "10,000 handlers that wait: what the process costs over 20 s; `statements`: those of the heart, `others`: the rest, which is the clean-up about every 10 s"),
        ("reporting", "a run that reports its progress 10,000 times a second, over 20 s: what it costs more than one that only keeps the time, and how many writes reach the store in a flush interval"),
        ("idle", "a worker without jobs, over 20 s"),
    ];

    /// <summary>Those kinds that have been measured.</summary>
    public static IEnumerable<(string Kind, string Meaning)> Of(Results results)
        => Kinds.Where(k => results.Cases.Any(c => c.Case == k.Kind || c.Case.StartsWith(k.Kind + '@', StringComparison.Ordinal)));
}
