using System.Globalization;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Looks at the server before anything is asked of it: what cannot work is refused, what works badly is said.</summary>
internal sealed class ServerCheck(Database database)
{
    private const int Oldest = 130000;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        ServerState state;
        try
        {
            state = await database.ReadAsync(ReadAsync, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreException exception) when (database.Listens && RefusesOptions(exception))
        {
            BehindPooler();
            state = await database.ReadAsync(ReadAsync, cancellationToken).ConfigureAwait(false);
        }

        if (database.Listens && state.IsPooled)
            BehindPooler();
        if (state.Version < Oldest)
            throw new StoreException(string.Create(CultureInfo.InvariantCulture, $"{database.Address} must be PostgreSQL 13 or later, but is {state.Version / 10000}; move the database to a newer server."));
        if (state.IsReplica)
            throw new StoreException($"{database.Address} must take writes, but is a replica; name the primary, or all servers with target_session_attrs=primary.");
        if (!state.IsSynchronous)
            Log.NotSynchronous(database.Options.Logger, database.Address);
        if (!database.Listens && !state.HasLimits)
            Log.NoLimits(database.Options.Logger, database.Address);
    }

    private void BehindPooler()
    {
        Log.BehindPooler(database.Options.Logger, database.Address);
        database.StopListening();
    }

    /// <summary>pgbouncer refuses what it does not know of a connection's beginning.</summary>
    private static bool RefusesOptions(StoreException exception)
        => exception.InnerException is PostgresException { SqlState: "08P01" } refusal && refusal.MessageText.Contains("startup parameter", StringComparison.Ordinal);

    private async Task<ServerState> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var command = connection.Command(database.Sql["Schema.Server"]);
        using var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        _ = await row.ReadAsync(cancellationToken).ConfigureAwait(false);
        // Whoever answers the greeting of a connection names the process that serves it: a pooler names one of its own.
        return new(row.GetInt32(0), row.GetBoolean(1), row.GetBoolean(2), row.GetInt32(3) != connection.ProcessID, row.GetBoolean(4));
    }

    private sealed record ServerState(int Version, bool IsReplica, bool IsSynchronous, bool IsPooled, bool HasLimits);
}
