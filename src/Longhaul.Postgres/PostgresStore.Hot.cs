using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <content>The way of a job: enqueued, claimed, told of, settled.</content>
public sealed partial class PostgresStore
{
    private HotVerbs Hot => field ??= new(_database, _wake);

    /// <inheritdoc/>
    public int MostJobsTogether => 10_000;

    /// <inheritdoc/>
    public ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 10_000);
        return new(transaction is null
            ? Hot.Enqueue.TakeIdsAsync(count, cancellationToken)
            : Hot.Callers.RunAsync(transaction, connection => Hot.Enqueue.TakeIdsAsync(count, connection, cancellationToken), cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        if (jobs.Count > MostJobsTogether)
            throw new ArgumentException($"A call takes at most {MostJobsTogether:N0} jobs, but had {jobs.Count}; write them in parts.", nameof(jobs));
        cancellationToken.ThrowIfCancellationRequested();
        if (jobs.Count == 0)
            return [];
        if (transaction is not null)
            return await Hot.Callers.RunAsync(transaction, connection => Hot.Enqueue.WriteAsync(jobs, connection, cancellationToken), cancellationToken).ConfigureAwait(false);
        return EnqueueGroup.Takes(jobs)
            ? await Hot.Group.WriteAsync(jobs[0], cancellationToken).ConfigureAwait(false)
            : await Hot.Enqueue.WriteAsync(jobs, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        return Hot.Claim.ClaimAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
        => await Hot.Claim.FindAsync(session, claimId, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<SessionRun>>(
        async (connection, cancel) =>
        {
            var runs = new List<SessionRun>();
            using var command = connection.Command(_database.Sql["Hot.RunsOf"]).With(session.Value);
            using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                runs.Add(new(new(new(rows.GetInt64(0)), rows.GetInt64(1)), rows.GetInt64(2), (RunOrderKind?)rows.ShortOrNull(3)));
            return runs;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settlements);
        return settlements.Count == 0 ? [] : await Hot.Settle.SettleAsync(settlements, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        ArgumentNullException.ThrowIfNull(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        return Hot.Callers.RunAsync(transaction, connection => Hot.Settle.SettleAsync(settlement, connection, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Hot.Settle.EndHoldAsync(runs, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(updates);
        return updates.Count == 0 ? [] : await Hot.Update.FlushAsync(updates, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(update);
        ArgumentNullException.ThrowIfNull(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        return Hot.Callers.RunAsync(transaction, connection => Hot.Update.SaveAsync(update, connection, cancellationToken), cancellationToken);
    }
}
