using Longhaul.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Longhaul.Postgres;

/// <summary>Writes what runs tell: progress, checkpoint, log, traces, item failures, result, children.</summary>
internal sealed class UpdateVerb(Database database, Lanes lanes, YoungRuns young, WakeHub wake)
{
    private const int Written = 0;
    private const int LeaseLost = 1;
    private const int Refused = 2;
    private const int Busy = 3;

    /// <summary>Each update on its own; an update that is refused is thrown when the others are written.</summary>
    public async Task<WriteAnswer[]> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
    {
        var columns = await ColumnsAsync(updates, cancellationToken).ConfigureAwait(false);
        var answers = await database.RunAsync(
            (connection, _) =>
            {
                var command = connection.Command(database.Sql["Hot.Flush"]);
                command.Parameters.AddNow(database);
                command.Parameters.AddOne(NpgsqlDbType.Boolean, value: false); // waits for nobody
                AddKeys(command, updates);
                columns.AddTo(command.Parameters);
                return RunAsync(command, updates.Count);
            },
            cancellationToken).ConfigureAwait(false);
        if (columns.Queues.Count > 0)
            wake.Arrived(columns.Queues);
        return Array.ConvertAll(answers, static answer => answer!.Value);
    }

    /// <summary>One update in the caller's transaction.</summary>
    public async Task<WriteAnswer> SaveAsync(RunUpdate update, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var columns = await ColumnsAsync([update], cancellationToken).ConfigureAwait(false);
        if (await SaveAsync(update, columns, connection).ConfigureAwait(false) is not { } answer)
        {
            await young.SettleDownAsync(update.Key.Job, cancellationToken).ConfigureAwait(false);
            answer = await SaveAsync(update, columns, connection).ConfigureAwait(false)
                ?? throw new StoreBusyException($"Job {update.Key.Job} must have a row of its own for a checkpoint in a transaction, but got none; try again.");
        }

        if (columns.Queues.Count == 0 || answer != WriteAnswer.Written)
            return answer;
        using var notify = connection.Command(database.Sql["Hot.Notify"]).With([.. columns.Queues]);
        _ = await notify.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return answer;
    }

    /// <summary>Null: the run must be settled down first.</summary>
    private async Task<WriteAnswer?> SaveAsync(RunUpdate update, UpdateColumns columns, NpgsqlConnection connection)
    {
        var command = connection.Command(database.Sql["Hot.Save"]);
        command.Parameters.AddNow(database);
        AddKeys(command, [update]);
        columns.AddTo(command.Parameters);
        return (await RunAsync(command, 1).ConfigureAwait(false))[0];
    }

    private async Task<UpdateColumns> ColumnsAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
    {
        var known = await lanes.ForAsync(UpdateColumns.ChildrenOf(updates), cancellationToken).ConfigureAwait(false);
        var columns = new UpdateColumns(known);
        foreach (var update in updates)
            columns.Add(update);
        return columns;
    }

    private static void AddKeys(NpgsqlCommand command, IReadOnlyList<RunUpdate> updates)
    {
        command.Parameters.AddColumn(NpgsqlDbType.Bigint, updates.Select(static update => update.Key.Job.Value).ToList());
        command.Parameters.AddColumn(NpgsqlDbType.Bigint, updates.Select(static update => update.Key.Token).ToList());
    }

    private static async Task<WriteAnswer?[]> RunAsync(NpgsqlCommand command, int count)
    {
        using (command)
        {
            var answers = new WriteAnswer?[count];
            string? refusal = null;
            using var rows = await command.ExecuteReaderAsync().ConfigureAwait(false);
            while (await rows.ReadAsync().ConfigureAwait(false))
            {
                var at = rows.GetInt32(0) - 1;
                switch (rows.GetInt16(1))
                {
                    case Written:
                        answers[at] = WriteAnswer.Written;
                        break;
                    case LeaseLost:
                        answers[at] = WriteAnswer.LeaseLost;
                        break;
                    case Refused:
                        refusal ??= rows.GetString(2);
                        break;
                    case Busy:
                        answers[at] = WriteAnswer.Busy;
                        break;
                    default:
                        break; // it must be settled down first
                }
            }

            return refusal is null ? answers : throw new StoreException(refusal);
        }
    }
}
