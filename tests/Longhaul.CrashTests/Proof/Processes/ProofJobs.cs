namespace Longhaul.Proof;

/// <summary>A job of a moment.</summary>
/// <param name="Order">What the producer wanted, once.</param>
/// <param name="Millis">How long it takes.</param>
/// <param name="Errors">So many attempts end in an error.</param>
[Job("proof.short", RetryDelaySeconds = 0.2)]
internal sealed record ShortJob(long Order, int Millis = 5, int Errors = 0);

/// <summary>A loop over items, with a cursor.</summary>
[Job("proof.long", RetryDelaySeconds = 0.2)]
internal sealed record LongJob(long Order, int Items, int ItemMillis, int Parallelism = 1, int Errors = 0);

/// <summary>A loop that enqueues a job for each item, as part of its run.</summary>
[Job("proof.family")]
internal sealed record FamilyJob(long Order, int Children, int ItemMillis);

/// <summary>Goes on for a while after it was told to stop, and reports all the time.</summary>
[Job("proof.stubborn")]
internal sealed record StubbornJob(long Order, int Millis, int StubbornMillis);

/// <summary>Kills its process.</summary>
[Job("proof.poison")]
internal sealed record PoisonJob(long Order);

/// <summary>Blocks a thread of the pool.</summary>
[Job("proof.block")]
internal sealed record BlockJob(long Order, int Millis);

/// <summary>A loop that inserts a row for each item and saves its place in the same transaction, on the store's own server.</summary>
/// <param name="Order">What the producer wanted, once.</param>
/// <param name="Rows">How many.</param>
/// <param name="HoldMillis">How long each transaction stays open after the place was saved in it.</param>
[Job("proof.rows", MaxAttempts = 10_000, RetryDelaySeconds = 0.1, MaxLostRuns = 10_000)]
internal sealed record RowsJob(long Order, int Rows, int HoldMillis = 0);

/// <summary>Fails for good, and has a hook for that.</summary>
[Job("proof.fail", MaxAttempts = 1)]
internal sealed record FailJob(long Order);
