using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Looks for what is wrong with a store and its server, and says how to mend it.</summary>
internal sealed class Doctor(Database database)
{
    private static readonly IReadOnlyList<string> Checks =
        ["Doctor.Server", "Doctor.OldSnapshots", "Doctor.DeadRows", "Doctor.Sequence", "Doctor.Counts", "Doctor.Lost", "Doctor.Orphans", "Doctor.Overdue"];

    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, cancel) =>
        {
            var wrong = new List<string>();
            using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            using (var patience = connection.Command(database.Sql["Doctor.Patience"], transaction))
                _ = await patience.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            foreach (var check in Checks)
                await LookAsync(connection, check, wrong, cancel).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
            return (IReadOnlyList<string>)wrong;
        },
        cancellationToken);

    private async Task LookAsync(NpgsqlConnection connection, string check, List<string> wrong, CancellationToken cancellationToken)
    {
        using var command = connection.Command(database.Sql[check]);
        command.CommandTimeout = 0; // some count every job
        if (check == "Doctor.DeadRows")
            command.With(database.Schema.Name);
        if (check == "Doctor.Overdue")
            command.With(database.Now);
        using var lines = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await lines.ReadAsync(cancellationToken).ConfigureAwait(false))
            wrong.Add(lines.GetString(0));
    }
}
