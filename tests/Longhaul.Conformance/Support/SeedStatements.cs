namespace Longhaul.Conformance;

/// <summary>A statement that a program of before sends to its queue's database, and which must go on working.</summary>
/// <param name="Sql">The text; ":id" stands for the id of the job that it is about.</param>
/// <param name="Effect">What it does.</param>
/// <param name="OnlyPostgres">Why no other database can run it; null: SQLite can.</param>
public sealed record SeedStatement(string Sql, SeedEffect Effect = SeedEffect.Reads, string? OnlyPostgres = null)
{
    /// <inheritdoc/>
    public override string ToString() => Sql;
}

/// <summary>What a statement does.</summary>
public enum SeedEffect
{
    /// <summary>Nothing: it is read from.</summary>
    Reads,

    /// <summary>The job is cancelled.</summary>
    Cancels,

    /// <summary>Jobs that run are taken from their workers and pending again, with no attempts.</summary>
    Releases,

    /// <summary>The failed job is removed.</summary>
    Forgets,

    /// <summary>The runs of silent workers are taken over.</summary>
    Recovers,
}

/// <summary>Every SELECT, UPDATE and DELETE that the seeds print, or do through their query builder (written as that builder writes it).</summary>
public static class SeedStatements
{
    private const string IntervalSyntax = "NOW() and INTERVAL are PostgreSQL's.";
    private const string OwnFunction = "SQLite keeps no functions in a file.";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SeedStatement> All { get; } =
    [
        // A content management system's long migrations.
        new("DELETE FROM queue WHERE id = :id;", SeedEffect.Cancels),
        new("SELECT * FROM migration_state WHERE job_id = :id"),
        new("SELECT * FROM migration_state"),

        // A photo ingest, through a query builder.
        new("""select count(*) as aggregate from "jobs" """),
        new("""select count(*) as aggregate from "failed_jobs" """),
        new("""select count(*) as aggregate from "jobs" where "queue"::text like '%ingest%'""", OnlyPostgres: "The cast is PostgreSQL's."),
        new("""select count(*) as aggregate from "jobs" where "queue" like '%ingest%'"""),
        new("""select * from "ingest_traces" where "uuid" = '0f8b2c7e'"""),
        new("""select * from "failed_jobs" order by "created_at" desc limit 1"""),
        new("""update "jobs" set "reserved_at" = null, "attempts" = 0 where "reserved_at" is not null""", SeedEffect.Releases),

        // A copy service on PostgreSQL.
        new("SELECT * FROM job_queue_status \nORDER BY created_at DESC;"),
        new("SELECT * FROM job_queue \nWHERE status = 'processing' \n  AND heartbeat_at < NOW() - INTERVAL '5 minutes';", OnlyPostgres: IntervalSyntax),
        new("SELECT recover_stale_jobs(5);", SeedEffect.Recovers, OwnFunction),

        // A back office.
        new("SELECT * FROM failed_jobs ORDER BY failed_at DESC;"),
        new("""select * from "failed_jobs" where "id" = :id limit 1"""),
        new("""delete from "failed_jobs" where "id" = :id""", SeedEffect.Forgets),
        new("SELECT COUNT(*) FROM jobs WHERE queue = 'default';"),
        new("SELECT COUNT(*) FROM failed_jobs;"),
        new("SELECT AVG(UNIX_TIMESTAMP() - created_at) as avg_time\nFROM jobs\nWHERE reserved_at IS NOT NULL;", OnlyPostgres: OwnFunction),
        new("SELECT * FROM jobs LIMIT 10;"),
    ];

    /// <summary>Those that SQLite can run.</summary>
    public static IEnumerable<SeedStatement> ForSqlite => All.Where(static statement => statement.OnlyPostgres is null);
}
