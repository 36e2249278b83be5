using System.Globalization;
using Npgsql;

namespace Longhaul.Postgres;

/// <summary>What the connections are opened with.</summary>
internal static class ConnectionText
{
    /// <summary>The server's limit ends a statement before ours does: its answer is known, ours would cost the connection.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(5);

    /// <summary>A tick that hangs must end long before the lease does.</summary>
    private static readonly TimeSpan HeartTimeout = TimeSpan.FromSeconds(5);

    public static NpgsqlConnectionStringBuilder Of(PostgresOptions options, bool listens)
    {
        // The driver's own error is left out: it may quote the password.
        var text = Read(options.ConnectionString) ?? throw new ArgumentException(
            "The connection string must be one of Npgsql, as Host=…;Database=…;Username=…;Password=…, but could not be read; see its names and quotes. For an address, as postgres://…, there is UsePostgres, and LONGHAUL_STORE.");
        if (string.IsNullOrEmpty(text.Host))
            throw new ArgumentException("The connection string must name a host, as Host=127.0.0.1, but names none.");
        text.Timeout = Seconds(options.ConnectTimeout);
        text.CommandTimeout = Seconds(options.CommandTimeout + Later);
        text.CancellationTimeout = 2000;
        text.Enlist = false;
        text.Multiplexing = false;
        text.NoResetOnClose = true; // nothing of ours outlives its transaction
        text.PersistSecurityInfo = false;
        text.TcpKeepAlive = true;
        text.TcpKeepAliveTime = 15;
        text.TcpKeepAliveInterval = 5;
        if (text.ApplicationName is null or "")
            text.ApplicationName = "longhaul";
        if (listens)
        {
            text.Options = string.Join(' ', new[]
            {
                text.Options,
                $"-c statement_timeout={Milliseconds(options.CommandTimeout)}",
                $"-c lock_timeout={Milliseconds(options.LockTimeout)}",
                $"-c idle_in_transaction_session_timeout={Milliseconds(options.CommandTimeout)}",
                @"-c default_transaction_isolation=read\ committed", // each statement of a verb sees what the locks before it waited for
                "-c jit=off",
                "-c enable_seqscan=off", // small hot tables: a plan made while they are empty would read all their dead rows, again and again
            }.Where(static part => !string.IsNullOrEmpty(part)));
            text.MaxAutoPrepare = 200;
            text.AutoPrepareMinUsages = 2;
        }
        else
        {
            text.MaxAutoPrepare = 0;
        }

        return text;
    }

    /// <summary>Whether it names several servers, one of which is to be found that takes writes.</summary>
    public static bool NamesSeveral(NpgsqlConnectionStringBuilder text) => text.Host!.Contains(',', StringComparison.Ordinal);

    /// <summary>Which of several servers: what the text says in the words of libpq, or the primary.</summary>
    public static TargetSessionAttributes Wanted(NpgsqlConnectionStringBuilder text)
        => Enum.TryParse<TargetSessionAttributes>(text.TargetSessionAttributes?.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var wanted) ? wanted : TargetSessionAttributes.Primary;

    public static string ForOne(NpgsqlConnectionStringBuilder text, PostgresOptions options)
        => new NpgsqlConnectionStringBuilder(text.ConnectionString)
        {
            Pooling = false,
            CommandTimeout = Seconds(Min(options.CommandTimeout, HeartTimeout)),
            TargetSessionAttributes = NamesSeveral(text) ? text.TargetSessionAttributes ?? "primary" : null,
        }.ConnectionString;

    /// <summary>For people, without secrets.</summary>
    public static string Address(NpgsqlConnectionStringBuilder text, SchemaName schema)
        => string.Create(CultureInfo.InvariantCulture, $"postgres://{text.Host}{(NamesSeveral(text) ? "" : $":{text.Port}")}/{text.Database ?? text.Username} (schema {schema.Name})");

    private static NpgsqlConnectionStringBuilder? Read(string text)
    {
        try
        {
            return new(text);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static int Seconds(TimeSpan span) => Math.Max(1, (int)Math.Ceiling(span.TotalSeconds));

    private static string Milliseconds(TimeSpan span) => ((long)span.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
