using System.Net.Sockets;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>The driver's errors in the words of the contract: what must hold, what was found, what to do. No driver's exception leaves the store.</summary>
internal static class Faults
{
    /// <summary>Whether it is an error of the driver or the server, that can be said in the contract's words.</summary>
    public static bool Is(Exception exception) => exception is NpgsqlException or SocketException or TimeoutException or IOException;

    /// <summary>Whether the connection is of no more use.</summary>
    public static bool IsBroken(Exception exception) => exception is not PostgresException server
        || server.SqlState is "57P01" or "57P02" or "57P03" or "57P05" or "25P03" || server.SqlState.StartsWith("08", StringComparison.Ordinal);

    public static StoreException Explain(Exception exception, string address) => exception switch
    {
        PostgresException server => Explain(server, address),
        NpgsqlException { InnerException: PostgresException server } => Explain(server, address),
        NpgsqlException { InnerException: TimeoutException } or TimeoutException => new StoreUnavailableException(
            $"{address} must answer in time, but did not; whether the last write is kept is unknown, and it may be repeated. See whether the server is overloaded or cannot be reached.", exception),
        NpgsqlException { InnerException: System.Security.Authentication.AuthenticationException } => new StoreException(
            $"{address} must be reached over a connection that both sides trust, but TLS failed ({exception.Message}); see the certificate and sslmode.", exception),
        NpgsqlException { InnerException: SocketException socket } => Unreachable(socket, address, exception),
        SocketException socket => Unreachable(socket, address, exception),
        // Of several servers none was there, or none takes writes: the driver says no more, or keeps what each of them said.
        NpgsqlException { InnerException: AggregateException } => NoServer(address, exception),
        NpgsqlException { InnerException: null } none when none.Message.StartsWith("No suitable host", StringComparison.Ordinal) => NoServer(address, exception),
        NpgsqlException { IsTransient: true } or NpgsqlException { InnerException: IOException or EndOfStreamException } or IOException => new StoreUnavailableException(
            $"The connection to {address} must stay, but broke ({Inner(exception)}); whether the last write is kept is unknown, and it may be repeated.", exception),
        _ => new StoreException($"{address}: {exception.Message}.", exception),
    };

    private static StoreUnavailableException NoServer(string address, Exception exception)
        => new($"One of the servers of {address} must be reachable and take writes, but none does now; see whether they run, and which is the primary.", exception);

    private static StoreUnavailableException Unreachable(SocketException socket, string address, Exception exception)
        => new($"{address} must be reachable, but is not ({socket.Message}); see whether the server runs, and check host, port and firewall.", exception);

    private static string Inner(Exception exception) => (exception.InnerException ?? exception).Message.TrimEnd('.');

    private static StoreException Explain(PostgresException server, string address) => server.SqlState switch
    {
        "40001" or "40P01" => new StoreBusyException($"A call on {address} met another one ({server.MessageText}); nothing was done, and it may be repeated.", server),
        "55P03" => new StoreBusyException(
            $"The rows of a call must be free in time, but somebody holds them on {address} ({server.MessageText}): an open transaction of a person or a program (see pg_locks and pg_stat_activity). Let it end, and try again.", server),
        "57014" => new StoreBusyException($"A statement on {address} must end in time, but did not ({server.MessageText}); nothing was done, and it may be repeated.", server),
        "57P01" or "57P02" or "57P05" or "25P03" => new StoreUnavailableException($"The connection to {address} was ended by the server ({server.MessageText}); whether the last write is kept is unknown, and it may be repeated.", server),
        "08P01" when server.MessageText.Contains("startup parameter", StringComparison.Ordinal) => new StoreException(
            $"{address} must take the settings of a connection, but is a pooler that refuses them ({server.MessageText}); say listen=off, or connect to the server itself.", server),
        "57P03" => new StoreUnavailableException($"{address} must accept connections, but does not yet ({server.MessageText}); wait for it.", server),
        "53300" or "53400" => new StoreUnavailableException($"{address} must have a connection to spare, but has none ({server.MessageText}); raise max_connections, or run fewer processes: each needs up to 4.", server),
        "53100" => new StoreException($"The disk of {address} must have room, but is full; free some space.", server) { IsTransient = true, IsFull = true },
        "25006" => new StoreUnavailableException($"{address} must be writable, but is a replica or read-only ({server.MessageText}); name the primary, as target_session_attrs=read-write does.", server),
        "28P01" or "28000" => new StoreException($"{address} must let this user in, but does not ({server.MessageText}); check user, password and pg_hba.conf.", server),
        "3D000" => new StoreException($"The database of {address} must exist, but does not ({server.MessageText}); make it, or name another.", server),
        "42501" => new StoreException($"The role of {address} must have the rights for this, but lacks one ({server.MessageText}); see the roles in docs/storage/postgres.md.", server),
        "3F000" or "42P01" or "42883" => new StoreException($"{address} must hold Longhaul's schema, but something of it is missing ({server.MessageText}); run 'longhaul migrate'.", server),
        _ when server.SqlState.StartsWith("08", StringComparison.Ordinal) => new StoreUnavailableException($"The connection to {address} broke ({server.MessageText}); whether the last write is kept is unknown, and it may be repeated.", server),
        _ => new StoreException($"{address}: {server.MessageText} ({server.SqlState}).", server),
    };
}
