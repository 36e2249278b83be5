using Longhaul.Servers;
using Npgsql;

namespace Longhaul.Proof;

/// <summary>The faults of a store that is a server: its sessions are ended, it is killed and started again.</summary>
internal sealed partial class CrashSlice
{
    /// <summary>What of a server's sessions can be ended: the words are part of the statement that such a session ran last.</summary>
    public static readonly (string Point, string Statement)[] Sessions =
        [("session-claim", "%lh_claim(%"), ("session-settle", "%lh_settle%"), ("session-heart", "%lh_beat(%"), ("session-listen", "SELECT pg_advisory_%_shared(%"), ("session-any", "%")];

    public const string Server = "server";

    /// <summary>Ends a session of the server, whoever's it is: of a worker, of a producer, or the runner's own.</summary>
    private async Task EndSessionsAsync(PostgresServer server)
    {
        const string Sql = """
            WITH one AS MATERIALIZED (
              SELECT pid, application_name FROM pg_stat_activity
              WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query LIKE @statement ORDER BY random() LIMIT 1)
            SELECT application_name FROM one WHERE pg_terminate_backend(pid)
            """;
        for (var turn = 0; !IsOver; turn++)
        {
            await PauseAsync(300, 1_200);
            var (point, statement) = Sessions[turn % Sessions.Length];
            try
            {
                await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=false;Timeout=5");
                await connection.OpenAsync();
                await using var end = new NpgsqlCommand(Sql, connection);
                end.Parameters.AddWithValue("statement", statement);
                if (await end.ExecuteScalarAsync() is not string owner)
                    continue;
                stage.Recorder.Note(new HistoryEvent { Op = Ops.EndSession, What = owner });
                Count(point, isKill: false);
            }
            catch (NpgsqlException)
            {
                // The server is away just now.
            }
        }
    }

    /// <summary>Kills the postmaster, starts it again, and looks how soon work goes on.</summary>
    private async Task KillServerAsync(PostgresServer server)
    {
        while (!IsOver)
        {
            await PauseAsync(4_000, 9_000);
            if (IsOver)
                return;
            stage.Recorder.Note(new HistoryEvent { Op = Ops.Crash });
            await server.KillAsync();
            stage.Recorder.Note(new HistoryEvent { Op = Ops.Down });
            Count(Server);
            await PauseAsync(0, 1_500);
            await server.StartAsync();
            var back = MonotonicClock.Nanoseconds;
            stage.Recorder.Note(new HistoryEvent { Op = Ops.Back });
            var worked = 0L;
            await stage.UntilAsync(
                events => (worked = events.Where(e => e is { Type: EventType.Ok, Job: not null, Op: Ops.Claim or Ops.Settle } && e.Proc.StartsWith("worker", StringComparison.Ordinal) && e.T > back).Select(static e => e.T).DefaultIfEmpty().Min()) > 0,
                TimeSpan.FromMinutes(1),
                "work to go on after the server was back");
            _backToWork.Add(MonotonicClock.Milliseconds(worked - back));
        }
    }
}
