using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <content>Workers' sessions, their hearts, and recovery.</content>
public sealed partial class SqliteStore
{
    /// <inheritdoc/>
    public Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        return Writer.RunAsync(
            tx =>
            {
                tx.Sessions.Open(worker);
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public IHeart OpenHeart(SessionId session) => new SqliteHeart(session, Writer, _file, _clock);

    /// <inheritdoc/>
    public async Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken)
    {
        while (!await Writer.RunAsync(tx => tx.Sessions.Close(session.Value), cancellationToken, SessionVerb.BatchSize).ConfigureAwait(false))
        {
            // each part hands some runs back
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
        => ReadAsync(() => _jobs.FindClaim(session.Value, claimId), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken)
        => ReadAsync(() => _jobs.RunsOf(session.Value), cancellationToken);

    /// <inheritdoc/>
    public async Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proven);
        // The whole session is dead, and that committed, before any of its runs is touched.
        var dead = await Writer.RunAsync(tx => tx.Recover.Bury(observer, proven, olderThan), cancellationToken).ConfigureAwait(false);
        var left = dead is null ? [] : await Writer.RunAsync(static tx => tx.Recover.LeftBehind(), cancellationToken).ConfigureAwait(false);
        if (dead is null || dead.Count + left.Count == 0)
            return RecoveryReport.Nothing;

        List<JobId> recovered = [], failed = [];
        foreach (var session in dead.Union(left))
        {
            for (var taken = new TakenOver([], [], Suspect: false, All: false); !taken.All;)
            {
                var before = taken.Suspect;
                taken = await Writer.RunAsync(tx => tx.Recover.TakeOver(session, before), cancellationToken, SessionVerb.BatchSize, kind: "recover").ConfigureAwait(false);
                recovered.AddRange(taken.Recovered);
                failed.AddRange(taken.Failed);
            }
        }

        return new([.. dead.Select(static id => new SessionId(id))], recovered, failed);
    }
}
