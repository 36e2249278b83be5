using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <content>Workers' sessions, their hearts, and recovery.</content>
public sealed partial class PostgresStore
{
    /// <summary>Runs and holds that one transaction takes from a session that ends.</summary>
    private const int EndedTogether = 200;

    /// <summary>How often, and how long apart, runs are looked for again whose rows somebody holds: a write that is on its way takes a moment.</summary>
    private const int LooksAtHeld = 10;

    private static readonly TimeSpan HeldRows = TimeSpan.FromMilliseconds(20);

    private readonly Unlocked _unlocked = new();

    /// <inheritdoc/>
    public async Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        var ended = await _database.RunAsync(
            async (connection, cancel) =>
            {
                using var command = connection.Command(_database.Sql["Session.Open"])
                    .With(_database.Now).With(worker.Session.Value).With(worker.Name.Cleaned()).With(worker.HostName.Cleaned())
                    .With(worker.Host.BootId).With(worker.Host.MachineId).With(worker.Host.PidNamespace).With(worker.ProcessId).With(worker.ProcessStart)
                    .With(worker.Queues?.ToArray()).With(worker.Names.ToArray()).With(worker.Concurrency).With(worker.Version).With(worker.Group)
                    .With(Moments.From(worker.Lease));
                return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) as short?;
            },
            cancellationToken).ConfigureAwait(false);
        if (ended is { } state)
            throw new StoreException($"Session {worker.Session} must be new, but has ended ({(WorkerState)state}); open one under a new id.");
    }

    /// <inheritdoc/>
    public IHeart OpenHeart(SessionId session) => new PostgresHeart(session, _database, _wake, _unlocked);

    /// <inheritdoc/>
    public async Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken)
    {
        // Each part hands some runs back. What somebody's open transaction holds is left to those who live on.
        for (var looks = 0; looks < LooksAtHeld;)
        {
            var isClosed = await _database.RunAsync(CloseAsync, cancellationToken).ConfigureAwait(false);
            if (isClosed == true)
                break;
            if (isClosed == false)
                continue;
            looks++;
            await Task.Delay(HeldRows, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        _wake.ReleaseLife(session);
        _wake.Wake(null);

        async Task<bool?> CloseAsync(NpgsqlConnection connection, CancellationToken cancel)
        {
            using var command = connection.Command(_database.Sql["Session.Close"]).With(_database.Now).With(session.Value).With(EndedTogether);
            return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) as bool?;
        }
    }

    /// <inheritdoc/>
    public async Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proven);
        // The whole session is dead, and that committed, before any of its runs is touched.
        var dead = await BuryAsync(observer, proven, olderThan, cancellationToken).ConfigureAwait(false);
        var left = dead is null ? [] : await _database.RunAsync(LeftBehindAsync, cancellationToken).ConfigureAwait(false);
        if (dead is null || dead.Length + left.Count == 0)
            return RecoveryReport.Nothing;

        List<JobId> recovered = [], failed = [];
        foreach (var session in left.Union(dead))
            await TakeOverAsync(session, recovered, failed, cancellationToken).ConfigureAwait(false);
        _wake.Wake(null);
        return new([.. dead.Select(static id => new SessionId(id))], recovered, failed);
    }

    private Task<long[]?> BuryAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
    {
        var (unlocked, gone) = _unlocked.Split(proven);
        var age = olderThan is null && observer is not null && _unlocked.MayNotJudge ? TimeSpan.MaxValue : olderThan;
        return _database.RunAsync(
            async (connection, cancel) =>
            {
                using var command = connection.Command(_database.Sql["Session.Bury"]).With(_database.Now).With(observer?.Value).With(gone).With(unlocked)
                    .With(age is { } limit ? Moments.From(limit) : null);
                return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) as long[];
            },
            cancellationToken);
    }

    private async Task<List<long>> LeftBehindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var sessions = new List<long>();
        using var command = connection.Command(_database.Sql["Session.LeftBehind"]);
        using var rows = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            sessions.Add(rows.GetInt64(0));
        return sessions;
    }

    private async Task TakeOverAsync(long session, List<JobId> recovered, List<JobId> failed, CancellationToken cancellationToken)
    {
        var hadSuspect = false;
        for (var looks = 0; looks < LooksAtHeld;)
        {
            var (taken, lost, suspect, rest) = await _database.RunAsync(TakePartAsync, cancellationToken).ConfigureAwait(false);
            recovered.AddRange(taken.Select(static id => new JobId(id)));
            failed.AddRange(lost.Select(static id => new JobId(id)));
            hadSuspect = suspect;
            if (rest == 0)
                return;
            if (rest == 1)
                continue;
            // Somebody holds the rows: what it does is refused when it comes to its end. Ticks name the session again until nothing is left of it.
            looks++;
            await Task.Delay(HeldRows, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        async Task<(long[] Recovered, long[] Failed, bool Suspect, int Left)> TakePartAsync(NpgsqlConnection connection, CancellationToken cancel)
        {
            using var command = connection.Command(_database.Sql["Session.TakeOver"]).With(_database.Now).With(session).With(hadSuspect).With(EndedTogether);
            using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            _ = await row.ReadAsync(cancel).ConfigureAwait(false);
            return (
                await row.GetFieldValueAsync<long[]>(0, cancel).ConfigureAwait(false), await row.GetFieldValueAsync<long[]>(1, cancel).ConfigureAwait(false),
                row.GetBoolean(2), row.GetInt32(3));
        }
    }
}
