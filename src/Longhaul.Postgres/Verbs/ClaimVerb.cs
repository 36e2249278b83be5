using System.Collections.Concurrent;
using System.Security.Cryptography;
using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>Claims due jobs.</summary>
internal sealed class ClaimVerb(Database database, Lanes lanes)
{
    private const int Done = 0;
    private const int Dead = 1;
    private const int NewLanes = 2;

    private readonly ConcurrentDictionary<long, ClaimPlan> _plans = [];

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var known = lanes.Known;
            var plan = PlanFor(request, known);
            var runs = new List<ClaimedRun>(request.Slots + request.Prefetch);
            var head = await database.RunAsync((connection, _) => ClaimAsync(request, plan, known, runs, connection), cancellationToken).ConfigureAwait(false);
            switch (head.Status)
            {
                case Done:
                    plan.Look = head.Rows;
                    return new(LeaseReply.Held, runs, head.NextDue);
                case Dead:
                    return new(LeaseReply.Lost, [], null);
                case NewLanes:
                    _ = await lanes.LoadAsync(cancellationToken).ConfigureAwait(false);
                    break;
                default: // much has become due at once, and is promoted in parts
                    cancellationToken.ThrowIfCancellationRequested();
                    break;
            }
        }
    }

    public Task<List<ClaimedRun>> FindAsync(SessionId session, long claimId, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, cancel) =>
        {
            using var command = connection.Command(database.Sql["Hot.FindClaim"]).With(session.Value).With(claimId);
            var known = await lanes.LoadAsync(connection, cancel).ConfigureAwait(false);
            using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var runs = new List<ClaimedRun>();
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                runs.Add(ClaimedRow.Read(rows, known));
            return runs;
        },
        cancellationToken);

    private ClaimPlan PlanFor(ClaimRequest request, LaneSet known)
    {
        if (_plans.TryGetValue(request.Session.Value, out var plan) && plan.Fits(request, known))
            return plan;
        if (_plans.Count > 64)
            _plans.Clear(); // sessions that have ended long ago
        return _plans[request.Session.Value] = new(request, known);
    }

    private async Task<Head> ClaimAsync(ClaimRequest request, ClaimPlan plan, LaneSet known, List<ClaimedRun> runs, NpgsqlConnection connection)
    {
        using var command = connection.Command(database.Sql["Hot.Claim"]);
        var parameters = command.Parameters;
        parameters.AddNow(database);
        parameters.AddOne(NpgsqlDbType.Bigint, request.Session.Value);
        parameters.AddOne(NpgsqlDbType.Bigint, request.ClaimId);
        parameters.AddOne(NpgsqlDbType.Array | NpgsqlDbType.Integer, plan.Lanes);
        parameters.AddOne(NpgsqlDbType.Array | NpgsqlDbType.Integer, plan.Places);
        parameters.AddOne(NpgsqlDbType.Array | NpgsqlDbType.Integer, plan.Queues);
        parameters.AddOne(NpgsqlDbType.Integer, plan.LaneCount);
        parameters.AddOne(NpgsqlDbType.Integer, request.Slots);
        parameters.AddOne(NpgsqlDbType.Integer, request.Prefetch);
        parameters.AddOne(NpgsqlDbType.Boolean, request.AllowSuspect);
        parameters.AddOne(NpgsqlDbType.Boolean, request.OldestFirst);
        parameters.AddOne(NpgsqlDbType.Bigint, NewSecret());
        parameters.AddOne(NpgsqlDbType.Integer, plan.Look);
        var ends = plan.Ends;
        var useEnds = ends.AddTo(parameters);

        using var rows = await command.ExecuteReaderAsync().ConfigureAwait(false);
        if (!await rows.ReadAsync().ConfigureAwait(false))
            throw new InvalidDataException("A claim must begin with its head, but was empty; run 'longhaul doctor'.");
        var head = new Head(rows.GetInt32(3), rows.LongOrNull(8) is { } due ? Moments.Span(Math.Max(0, due)) : null, rows.GetInt32(7), rows.GetInt32(12) != 0);
        var (last, sorted) = (-1, true);
        List<int> places = new(runs.Capacity);
        while (await rows.ReadAsync().ConfigureAwait(false))
        {
            var place = rows.GetInt32(0);
            sorted &= place > last;
            places.Add(last = place);
            runs.Add(ClaimedRow.Read(rows, known));
        }

        await rows.CloseAsync().ConfigureAwait(false); // an error of the commit comes here
        if (!sorted)
            Sort(runs, places);
        plan.Ends = ends.Next(useEnds, head.Slow, runs, known);
        return head;
    }

    /// <summary>Runs of several kinds come kind by kind.</summary>
    private static void Sort(List<ClaimedRun> runs, List<int> places)
    {
        var ordered = runs.ToArray();
        Array.Sort(places.ToArray(), ordered);
        runs.Clear();
        runs.AddRange(ordered);
    }

    /// <summary>53 bits, of which the lowest ten are 0: the claim's rows are numbered in them, and their runs in the ten below.</summary>
    private static long NewSecret()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bytes);
        return (BitConverter.ToInt64(bytes) & long.MaxValue) >> YoungColumns.PlaceBits & ~YoungColumns.PlaceMask;
    }

    private readonly record struct Head(int Status, TimeSpan? NextDue, int Rows, bool Slow);
}
