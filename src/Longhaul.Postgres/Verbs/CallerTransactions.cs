using System.Data.Common;
using System.Runtime.CompilerServices;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>Writes inside a transaction that the caller began, and will end, on a connection of its own.</summary>
internal sealed class CallerTransactions(Database database)
{
    // The connection's backend that was found to be on the store's own database.
    private readonly ConditionalWeakTable<NpgsqlConnection, StrongBox<int>> _checked = [];
    private Guid? _store;

    public async Task<T> RunAsync<T>(DbTransaction transaction, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        var connection = ConnectionOf(transaction);
        try
        {
            await CheckAsync(connection, cancellationToken).ConfigureAwait(false);
            return await work(connection).ConfigureAwait(false);
        }
        catch (Exception exception) when (Faults.Is(exception))
        {
            throw Faults.Explain(exception, database.Address);
        }
    }

    private NpgsqlConnection ConnectionOf(DbTransaction transaction) => transaction.Connection switch
    {
        NpgsqlConnection connection => connection,
        null => throw new StoreException("The transaction must be open, but has been committed, rolled back or disposed; enqueue before its end."),
        var other => throw new StoreException($"The transaction must be one of Npgsql on {database.Address}, but is of a {other.GetType().Name}; use a {nameof(NpgsqlConnection)} on the queue's own database."),
    };

    /// <summary>Whether it is the store's own database: each schema has an id of its own, which a database beside it, or a copy of it elsewhere, has not.</summary>
    private async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var backend = connection.ProcessID;
        if (_checked.TryGetValue(connection, out var known) && known.Value == backend)
            return;
        _store ??= await database.ReadAsync(StoreOfAsync, cancellationToken).ConfigureAwait(false);
        Guid? found;
        try
        {
            found = await StoreOfAsync(connection, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            found = null;
        }

        if (found != _store)
            throw new StoreException($"The transaction must be on the queue's own database {database.Address}, but is on database {connection.Database} of {connection.Host}, which holds another store or none; open the connection on the queue's database, or enqueue without a transaction.");
        _checked.AddOrUpdate(connection, new(backend));
    }

    private async Task<Guid?> StoreOfAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var command = connection.Command(database.Sql["Hot.Store"]);
        return (Guid?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }
}
