using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>Tells a test that somebody waits for what its transaction holds.</summary>
internal static class Blocked
{
    /// <summary>Ends when somebody does.</summary>
    public static async Task ByAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var look = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_stat_activity a WHERE pg_backend_pid() = ANY (pg_blocking_pids(a.pid)))", transaction.Connection, transaction);
        while (!(bool)(await look.ExecuteScalarAsync(cancellationToken))!)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
    }
}
