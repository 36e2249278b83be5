using System.Data.Common;

namespace Longhaul.Storage;

/// <summary>
/// A store of jobs: all that a provider implements. The hot path is enqueue many, claim many, settle many, beat and flush;
/// reading is <see cref="IJobReader"/>, acting on jobs is <see cref="IJobManager"/>.
/// </summary>
/// <remarks>
/// <para>Rules for all members. Time is the store's clock. Every write of a run is fenced: it carries the run's token and changes
/// nothing when that token is not current. A lease is lost when a run is taken over, not when time passes.
/// A call that throws <see cref="StoreException"/> with <see cref="StoreException.IsTransient"/> may be repeated.
/// Members are safe for any number of callers at once.</para>
/// <para>What callers hand over (payloads, checkpoints, lists) is copied: they may reuse it when the call has returned.
/// JSON is kept byte for byte. Text that people or exceptions wrote (description, notes, errors, reasons, log lines, traces, item labels)
/// goes through <see cref="StorageText.Clean"/> with its limit from <see cref="JobLimits"/>.</para>
/// <para>The conformance suite (<c>Longhaul.Conformance</c>) says all of this in tests.</para>
/// </remarks>
public interface IJobStore : IJobReader, IJobManager, IAsyncDisposable
{
    /// <summary>What the store is called and can do.</summary>
    StoreInfo Info { get; }

    /// <summary>How many jobs one <see cref="EnqueueAsync"/> takes, and so writes all or none: at least 1,000.</summary>
    int MostJobsTogether => 1_000;

    /// <summary>Opens the store. With <paramref name="migrate"/> an older schema is brought up to date; any number of processes may do so at once.</summary>
    /// <exception cref="StoreException">Not a store, from a newer version, not writable, or (without <paramref name="migrate"/>) from an older version.</exception>
    Task OpenAsync(bool migrate, CancellationToken cancellationToken);

    /// <summary>Reserves ids that nobody else will get, in ascending order. Gaps are fine.</summary>
    /// <param name="count">1 to 10,000.</param>
    /// <param name="transaction">On SQLite the reservation must go through the caller's own transaction, which holds the write lock; null otherwise.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The first of <paramref name="count"/> consecutive ids.</returns>
    ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken);

    /// <summary>Writes jobs, all or none of those that are not answered otherwise, durable when it returns (without a transaction).</summary>
    /// <remarks>A call is atomic. Calls that a store groups into one commit never share a fate.</remarks>
    /// <param name="jobs">At most <see cref="MostJobsTogether"/>.</param>
    /// <param name="transaction">The caller's own transaction on the store's database, or null.</param>
    /// <param name="cancellationToken">Counts until the write begins.</param>
    /// <returns>One answer a job, in order.</returns>
    Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken);

    /// <summary>Writes a worker's session, alive from now for its lease. Repeated while it is alive, it renews the lease.</summary>
    /// <exception cref="StoreException">The session has ended: a session is never used twice.</exception>
    Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken);

    /// <summary>Makes the heart of an open session. It uses a connection of its own where the store has connections.</summary>
    IHeart OpenHeart(SessionId session);

    /// <summary>Ends a session in order: what is left of its runs is handed back (nothing counted, due time kept), its holds end.</summary>
    Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>
    /// Claims due jobs, atomically, never more than asked. Order: the queues as given (or by rank), in a queue priority, due time, id,
    /// among the names given. Paused queues give nothing. Each run gets a random token, the next run number, and a grown fence token.
    /// </summary>
    /// <remarks>A <see cref="RunKind.FailedHook"/> is claimed as its job would be, with the moment of the failure as its due time; it is never a suspect.</remarks>
    Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken);

    /// <summary>The runs of a claim whose outcome the worker does not know, as the claim gave them, without those that have ended; empty when it was never committed.</summary>
    Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken);

    /// <summary>The runs of a session, as the store knows them.</summary>
    Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>Ends runs. Each settlement is atomic with its update; they need not be atomic together.</summary>
    /// <remarks>
    /// Orders given meanwhile: with a cancel order, Retry, HandedBack, Yielded and Paused become <see cref="JobState.Cancelled"/>, Completed and Failed stand;
    /// with a pause order, Retry, HandedBack and Yielded become <see cref="JobState.Paused"/> (a Retry counts its attempt).
    /// Retry and Failed count one attempt, whatever the order. Paused without a pause order (it was withdrawn) is HandedBack.
    /// A settlement of a <see cref="RunKind.FailedHook"/> run never changes the job's state or error:
    /// Completed and Failed end the hook, Retry (which counts a try) and HandedBack make it due again.
    /// A job with unresolved item failures can be completed. A unique key is given up as its scope says.
    /// </remarks>
    /// <returns>One answer each, in order.</returns>
    Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken);

    /// <summary>Ends one run, as <see cref="SettleAsync(IReadOnlyList{Settlement}, CancellationToken)"/> does, in the caller's own transaction: the end commits with the caller's work or not at all.</summary>
    /// <exception cref="NotSupportedException">The store lacks <see cref="StoreCapabilities.Transactions"/>.</exception>
    Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken);

    /// <summary>Ends the hold of a run that was settled with <see cref="Settlement.CodeStillRuns"/>: its job can be claimed when due.</summary>
    Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken);

    /// <summary>Writes what runs have to tell; each update is atomic and fenced on its own. At most <see cref="JobLimits.FlushBytes"/> together.</summary>
    /// <returns>One answer each, in order.</returns>
    Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken);

    /// <summary>Writes one update, fenced, in the caller's own transaction: it commits with the caller's work or not at all.</summary>
    /// <exception cref="NotSupportedException">The store lacks <see cref="StoreCapabilities.Transactions"/>.</exception>
    Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Declares sessions dead and takes over their runs. Commits each session as dead first, so that nothing it does afterwards counts;
    /// also sweeps again sessions that died within the last hour.
    /// </summary>
    /// <remarks>
    /// A run whose handler had begun counts a lost run (from 1 again when it had made headway) and leaves the job pending with its due time kept,
    /// or failed with error type <c>lost</c> and its hook due once the count is over its <c>MaxLostRuns</c>; one that had not begun counts nothing.
    /// A hook that had begun counts a try, and ends with the last of its <see cref="JobDefaults.FailedHookTries"/>.
    /// When a suspect (lost <see cref="JobDefaults.SuspectAfter"/> times) was among the begun ones, only the suspect counts. Cancel and pause orders are carried out: cancel before failing, failing before pause.
    /// </remarks>
    /// <param name="observer">The session of the worker that looks; null for a person (<c>recover</c>). A dead observer recovers nothing, and none judges itself.</param>
    /// <param name="proven">Sessions whose process is known to be gone. Others die only when their lease has run out.</param>
    /// <param name="olderThan">Instead of the lease: sessions whose last renewal is at least this old, for people; <see cref="TimeSpan.MaxValue"/>: none but the proven, for workers that cannot trust the clock. Null: the lease decides.</param>
    /// <param name="cancellationToken">Cancels between sessions.</param>
    Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken);

    /// <summary>
    /// Returns when something may have become claimable in one of the queues (null: any), or after <paramref name="atMost"/>.
    /// What was committed before the call, and after the caller's last claim began, must not be missed: pass the stamp taken before that claim.
    /// </summary>
    /// <param name="queues">The queues.</param>
    /// <param name="seen">From <see cref="WakeStamp"/>, read before the claim that found nothing.</param>
    /// <param name="atMost">At most this long, on the monotonic clock.</param>
    /// <param name="cancellationToken">Ends the wait by an exception.</param>
    Task WaitForWorkAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken);

    /// <summary>A number that changes whenever new work may be there.</summary>
    long WakeStamp { get; }
}

/// <summary>What a recovery did.</summary>
/// <param name="Dead">Sessions that were declared dead.</param>
/// <param name="Recovered">Jobs that are pending (or paused, or cancelled) again.</param>
/// <param name="Failed">Jobs that failed because their worker died too often.</param>
public sealed record RecoveryReport(IReadOnlyList<SessionId> Dead, IReadOnlyList<JobId> Recovered, IReadOnlyList<JobId> Failed)
{
    /// <summary>Nothing to do.</summary>
    public static readonly RecoveryReport Nothing = new([], [], []);
}
