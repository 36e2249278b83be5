using System.Reflection;

namespace Longhaul.Sqlite;

/// <summary>Brings a file's schema up to date from <c>Migrations/NNN-*.sql</c>.</summary>
/// <remarks>
/// The version is kept in a table and not in <c>user_version</c>: the file may be an application's own, whose migrator has taken that number
/// (docs/decisions/, "SQLite: where the schema's version is").
/// </remarks>
internal static class Migrator
{
    /// <summary>"Lngh": what <c>file(1)</c> and others may tell a queue's file by. Set only in a file that was empty.</summary>
    private const int ApplicationId = 0x4C6E6768;

    private static readonly string[] PublicViews = ["job_queue", "job_queue_status", "failed_jobs", "queue", "jobs", "migration_state", "ingest_traces"];

    private static readonly IReadOnlyList<string> Scripts =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(static n => n.StartsWith("Longhaul.Sqlite.Migrations.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(SqlText.Resource),
    ];

    public static int Newest => Scripts.Count;

    /// <summary>The whole schema as one script.</summary>
    public static string Script => string.Join('\n', [.. Scripts, Views]);

    /// <summary>Drops the views of an older file, so that they can be made anew.</summary>
    /// <returns>Whether they were there: an application's own file has none, whatever its tables are called.</returns>
    private static bool DropViews(Connection connection)
    {
        if (connection.Ask("SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name = 'job_queue_status' AND sql LIKE '%lh_job%'") == 0)
            return false;
        foreach (var view in PublicViews)
        {
            // A view that was dropped by hand may have left its name to something of the application's.
            if (connection.Ask($"SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name = '{view}' AND (sql LIKE '%lh_%' OR name = 'job_queue')") != 0)
                connection.Execute($"DROP VIEW {view}");
        }

        return true;
    }

    private static string Views => SqlText.Resource("Longhaul.Sqlite.Schema.Views.sql");

    /// <summary>0: no schema yet.</summary>
    public static int VersionOf(Connection connection)
        => connection.Ask("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'lh_schema'") == 0
            ? 0
            : (int)connection.Ask("SELECT version FROM lh_schema");

    /// <summary>Brings the schema to <see cref="Newest"/> in one transaction; whoever comes second finds it done.</summary>
    public static void Migrate(Connection connection)
    {
        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            var version = VersionOf(connection);
            var isOurs = connection.Ask("SELECT count(*) FROM sqlite_schema") == 0;
            if (version == 0)
                connection.Execute("CREATE TABLE lh_schema (version INTEGER NOT NULL) STRICT; INSERT INTO lh_schema VALUES (0)");
            foreach (var script in Scripts.Skip(version))
                connection.Execute(script);
            if (isOurs)
                connection.Execute($"PRAGMA application_id = {ApplicationId}");
            if (isOurs || DropViews(connection))
                connection.Execute(Views);
            connection.Execute($"UPDATE lh_schema SET version = {Math.Max(version, Newest)}; COMMIT");
        }
        catch
        {
            if (connection.InTransaction)
                connection.Execute("ROLLBACK");
            throw;
        }
    }
}
