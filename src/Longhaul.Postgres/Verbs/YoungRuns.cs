namespace Longhaul.Postgres;

/// <summary>Runs that share a row with their neighbours, until they are settled down.</summary>
internal sealed class YoungRuns(Database database)
{
    /// <summary>
    /// Gives a run a row of its own, if it has none: before a transaction that may last writes it, which would hold the row that its neighbours end by.
    /// </summary>
    public Task SettleDownAsync(JobId job, CancellationToken cancellationToken) => database.RunAsync(
        async (connection, cancel) =>
        {
            using var command = connection.Command(database.Sql["Hot.SettleDown"]).With(job.Value);
            _ = await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        },
        cancellationToken);
}
