using Longhaul.Storage;
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
            wrong.AddRange(await CheckAuditAsync(connection, cancel).ConfigureAwait(false));
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

    private async Task<IReadOnlyList<string>> CheckAuditAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var command = connection.Command(database.Sql["Doctor.Audit"]);
        command.CommandTimeout = 0;
        using var lines = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        AuditChain? chain = null;
        while (await lines.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            chain ??= new(lines.GetInt64(0), lines.GetInt64(1), lines.Bytes(2));
            if (!lines.IsNull(3))
                chain.Add(lines.GetInt64(3), lines.BytesOrNull(4), lines.BytesOrNull(5) ?? []);
        }

        return chain?.Finish() ?? [AuditChain.NoHead];
    }
}
