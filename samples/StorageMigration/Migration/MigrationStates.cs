using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace StorageMigration.Migration;

/// <summary>The migrations' own table, in a file beside the queue.</summary>
internal sealed class MigrationStates
{
    private const string Columns = "migration_id, job_id, command, owner, status, phase, processed, total, progress, checkpoint_id, error, exit_code, created_at, updated_at";

    private readonly string _connection;
    private readonly TimeProvider _time;

    public MigrationStates(IOptions<MigrationOptions> options, TimeProvider time)
    {
        var file = Path.Combine(Path.GetFullPath(options.Value.Root), "migrations.db");
        (_connection, _time) = (new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 30 }.ToString(), time);
        using var connection = Open();
        using var create = connection.CreateCommand();
        create.CommandText = """
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS migrations (
                migration_id TEXT PRIMARY KEY, job_id TEXT NOT NULL, command TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL,
                phase TEXT, processed INTEGER NOT NULL, total INTEGER, progress REAL NOT NULL, checkpoint_id TEXT, error TEXT, exit_code INTEGER,
                created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
            CREATE INDEX IF NOT EXISTS migrations_by_job ON migrations (job_id);
            """;
        create.ExecuteNonQuery();
    }

    /// <summary>Writes it, new or anew.</summary>
    public void Save(MigrationState state) => Write(state, """
        ON CONFLICT (migration_id) DO UPDATE SET job_id = excluded.job_id, status = excluded.status, phase = excluded.phase, processed = excluded.processed,
            total = excluded.total, progress = excluded.progress, checkpoint_id = excluded.checkpoint_id, error = excluded.error, exit_code = excluded.exit_code,
            updated_at = excluded.updated_at
        """);

    /// <summary>Writes it where there is none of its id: its job may have begun already, and written more.</summary>
    public void Add(MigrationState state) => Write(state, "ON CONFLICT (migration_id) DO NOTHING");

    private void Write(MigrationState state, string onConflict)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            INSERT INTO migrations ({Columns})
            VALUES (@migration, @job, @command, @owner, @status, @phase, @processed, @total, @progress, @checkpoint, @error, @exit, @now, @now)
            {onConflict}
            """;
        Add("@migration", state.MigrationId);
        Add("@job", state.JobId);
        Add("@command", state.Command);
        Add("@owner", state.Owner);
        Add("@status", state.Status);
        Add("@phase", state.Phase);
        Add("@processed", state.Processed);
        Add("@total", state.Total);
        Add("@progress", state.Progress);
        Add("@checkpoint", state.CheckpointId);
        Add("@error", state.Error);
        Add("@exit", state.ExitCode);
        Add("@now", _time.GetUtcNow().ToUnixTimeMilliseconds());
        command.ExecuteNonQuery();

        void Add(string name, object? value) => command.Parameters.AddWithValue(name, value ?? DBNull.Value);
    }

    public MigrationState? Find(string migrationId) => FindBy("migration_id", migrationId);

    public MigrationState? FindByJob(string jobId) => FindBy("job_id", jobId);

    /// <summary>The one that went on last from a checkpoint.</summary>
    public MigrationState? LastOf(string checkpointId) => FindBy("checkpoint_id", checkpointId);

    /// <summary>The newest ones, newest first.</summary>
    public IReadOnlyList<MigrationState> Newest(int count)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {Columns} FROM migrations ORDER BY created_at DESC, rowid DESC LIMIT @count";
        command.Parameters.AddWithValue("@count", count);
        using var row = command.ExecuteReader();
        var states = new List<MigrationState>();
        while (row.Read())
            states.Add(Read(row));
        return states;
    }

    private MigrationState? FindBy(string column, string value)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {Columns} FROM migrations WHERE {column} = @value ORDER BY created_at DESC, rowid DESC LIMIT 1";
        command.Parameters.AddWithValue("@value", value);
        using var row = command.ExecuteReader();
        return row.Read() ? Read(row) : null;
    }

    /// <summary>Those that have not ended, and the newest.</summary>
    public IReadOnlyList<MigrationState> Recent(int newest)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            SELECT {Columns} FROM migrations
            WHERE status NOT IN ('completed', 'failed') OR migration_id IN (SELECT migration_id FROM migrations ORDER BY created_at DESC LIMIT @newest)
            """;
        command.Parameters.AddWithValue("@newest", newest);
        using var rows = command.ExecuteReader();
        var found = new List<MigrationState>();
        while (rows.Read())
            found.Add(Read(rows));
        return found;
    }

    private static MigrationState Read(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3))
    {
        Status = row.GetString(4),
        Phase = row.IsDBNull(5) ? null : row.GetString(5),
        Processed = row.GetInt64(6),
        Total = row.IsDBNull(7) ? null : row.GetInt64(7),
        Progress = row.GetDouble(8),
        CheckpointId = row.IsDBNull(9) ? null : row.GetString(9),
        Error = row.IsDBNull(10) ? null : row.GetString(10),
        ExitCode = row.IsDBNull(11) ? null : row.GetInt32(11),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(12)),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(13)),
    };

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        return connection;
    }
}
