using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>Ends runs: plain completions in one statement for all, what is left one by one in a second.</summary>
internal sealed class SettleVerb(Database database, Lanes lanes, YoungRuns young, WakeHub wake)
{
    private const int Refused = 3;

    /// <summary>Each settlement on its own. A refused one does not keep the others from their end: its error is thrown when all are written.</summary>
    public async Task<SettleAnswer[]> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var answers = new SettleAnswer[settlements.Count];
        var others = new List<int>();
        var together = new YoungColumns(settlements);
        var plain = new PlainColumns(settlements, together, others);
        var known = others.Count == 0 ? lanes.Known
            : await lanes.ForAsync(UpdateColumns.ChildrenOf(others.Select(i => settlements[i].Update)), cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();

        if (together.Count + plain.Count > 0)
            await database.RunAsync((connection, _) => SettlePlainAsync(together, plain, answers, others, connection), cancellationToken).ConfigureAwait(false);
        if (others.Count == 0)
            return answers;

        var columns = new SettleColumns(known);
        foreach (var at in others)
            columns.Add(settlements[at]);
        var (refusal, queues) = await database.RunAsync((connection, _) => SettleAsync(columns, answers, others, known, connection), CancellationToken.None).ConfigureAwait(false);
        queues.UnionWith(columns.Updates.Queues);
        if (queues.Count > 0)
            wake.Arrived(queues);
        return refusal is null ? answers : throw new StoreException(refusal);
    }

    /// <summary>One settlement in the caller's transaction, which also wakes the workers that it makes work for. Left open, it ends with the lease.</summary>
    public async Task<SettleAnswer> SettleAsync(Settlement settlement, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var known = await lanes.ForAsync(UpdateColumns.ChildrenOf([settlement.Update]), cancellationToken).ConfigureAwait(false);
        if (YoungColumns.IsYoung(settlement.Key.Token))
            await young.SettleDownAsync(settlement.Key.Job, cancellationToken).ConfigureAwait(false);
        using (var limit = connection.Command(database.Sql["Hot.EndWhenIdle"]).With(settlement.Key.Job.Value).With(settlement.Key.Token))
            _ = await limit.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        var columns = new SettleColumns(known);
        columns.Add(settlement);
        var answers = new SettleAnswer[1];
        var (refusal, queues) = await SettleAsync(columns, answers, [0], known, connection).ConfigureAwait(false);
        if (refusal is not null)
            throw new StoreException(refusal);
        queues.UnionWith(columns.Updates.Queues);
        if (queues.Count == 0 || answers[0].Status != SettleStatus.Settled)
            return answers[0];
        using var notify = connection.Command(database.Sql["Hot.Notify"]).With([.. queues]);
        _ = await notify.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return answers[0];
    }

    public Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken) => database.RunAsync(
        async (connection, cancel) =>
        {
            var sorted = runs.OrderBy(static run => run.Job.Value).ToList();
            using var command = connection.Command(database.Sql["Hot.EndHold"]);
            command.Parameters.AddNow(database);
            command.Parameters.AddColumn(NpgsqlDbType.Bigint, sorted.ConvertAll(static run => run.Job.Value));
            command.Parameters.AddColumn(NpgsqlDbType.Bigint, sorted.ConvertAll(static run => run.Token));
            _ = await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            wake.Arrived(null);
        },
        cancellationToken);

    private async Task SettlePlainAsync(YoungColumns together, PlainColumns plain, SettleAnswer[] answers, List<int> others, NpgsqlConnection connection)
    {
        using var batch = connection.CreateBatch(); // one round trip, one transaction
        if (together.Count > 0)
        {
            var command = batch.Add(database.Sql["Hot.SettleYoung"]);
            command.Parameters.AddNow(database);
            together.AddTo(command.Parameters);
        }

        if (plain.Count > 0)
        {
            var command = batch.Add(database.Sql["Hot.SettlePlain"]);
            command.Parameters.AddNow(database);
            plain.AddTo(command.Parameters);
        }

        using var row = await batch.ExecuteReaderAsync().ConfigureAwait(false);
        long[]? settledYoung = null;
        if (together.Count > 0)
        {
            settledYoung = await ReadIdsAsync(row).ConfigureAwait(false);
            _ = await row.NextResultAsync().ConfigureAwait(false);
        }

        var settledPlain = plain.Count > 0 ? await ReadIdsAsync(row).ConfigureAwait(false) : null;
        await row.CloseAsync().ConfigureAwait(false); // an error of the commit comes here
        together.Answer(settledYoung, answers, others);
        plain.Answer(settledPlain, answers, others);
    }

    private static async Task<long[]?> ReadIdsAsync(NpgsqlDataReader row)
    {
        _ = await row.ReadAsync().ConfigureAwait(false);
        return row.IsNull(0) ? null : row.Longs(0);
    }

    private async Task<(string? Refusal, HashSet<string> Queues)> SettleAsync(
        SettleColumns columns, SettleAnswer[] answers, List<int> others, LaneSet known, NpgsqlConnection connection)
    {
        using var command = connection.Command(database.Sql["Hot.Settle"]);
        command.Parameters.AddNow(database);
        columns.AddTo(command.Parameters);
        string? refusal = null;
        var queues = new HashSet<string>();
        using var rows = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await rows.ReadAsync().ConfigureAwait(false))
        {
            var at = others[rows.GetInt32(0) - 1];
            var status = rows.GetInt16(1);
            if (status == Refused)
            {
                refusal ??= rows.GetString(4);
                continue;
            }

            var state = (JobState)(rows.ShortOrNull(2) ?? 0);
            answers[at] = new((SettleStatus)status, state);
            if (status == (int)SettleStatus.Settled && state is JobState.Pending or JobState.Failed && known[rows.GetInt32(3)] is { } lane)
                queues.Add(lane.Queue);
        }

        return (refusal, queues);
    }
}
