using System.Data.Common;

namespace StorageMigration.Urls;

/// <summary>The replacement's own tables in the site's database: what was begun, and how far each table is. Rows and cursor are written in one transaction.</summary>
internal sealed class ReplacementLedger(ISiteDatabase site, TimeProvider time)
{
    // Both kinds of database understand this. The key of the backup proves that no text is changed twice by one run.
    private const string Schema = $"""
        CREATE TABLE IF NOT EXISTS {SiteTables.Runs} (
            run TEXT PRIMARY KEY, command TEXT NOT NULL, source_address TEXT NOT NULL, target_address TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT);
        CREATE TABLE IF NOT EXISTS {SiteTables.State} (
            run TEXT NOT NULL, table_name TEXT NOT NULL, key_columns TEXT NOT NULL, cursor_key TEXT NOT NULL, is_done INTEGER NOT NULL,
            rows_seen BIGINT NOT NULL, rows_changed BIGINT NOT NULL, rows_left BIGINT NOT NULL, PRIMARY KEY (run, table_name));
        CREATE TABLE IF NOT EXISTS {SiteTables.Backup} (
            run TEXT NOT NULL, table_name TEXT NOT NULL, row_key TEXT NOT NULL, column_name TEXT NOT NULL, old_text TEXT NOT NULL,
            PRIMARY KEY (run, table_name, row_key, column_name));
        """;

    /// <summary>Goes on with a run that was begun, or begins one.</summary>
    /// <param name="command">The command that replaces.</param>
    /// <param name="mapping">What it replaces.</param>
    /// <param name="wanted">The run to go on with; null: the last one that was not finished, else a new one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">There is no such run, or it does something else.</exception>
    public async Task<ReplacementRun> OpenAsync(string command, AddressMapping mapping, string? wanted, CancellationToken cancellationToken)
    {
        await RunAsync(Schema, cancellationToken);
        if (wanted is not null)
        {
            var found = await FindAsync($"SELECT run, command, source_address, target_address, finished_at FROM {SiteTables.Runs} WHERE run = @run", static row =>
                (Run: new ReplacementRun(row.GetString(0), !row.IsDBNull(4), IsNew: false), Command: row.GetString(1), From: row.GetString(2), To: row.GetString(3)), cancellationToken, ("@run", wanted));
            if (found.Run is null)
                throw new ArgumentException($"--cursor must be one that this command printed for this database, but there is no run '{wanted}'.", nameof(wanted));
            if ((found.Command, found.From, found.To) != (command, mapping.From, mapping.To))
                throw new ArgumentException($"--cursor must be of a run of {command} from {mapping.From} to {mapping.To}, but run '{wanted}' is {found.Command} from {found.From} to {found.To}.", nameof(wanted));
            return found.Run;
        }

        var open = await FindAsync($"""
            SELECT run FROM {SiteTables.Runs} WHERE command = @command AND source_address = @from AND target_address = @to AND finished_at IS NULL
            ORDER BY started_at DESC, run DESC LIMIT 1
            """, static row => row.GetString(0), cancellationToken, ("@command", command), ("@from", mapping.From), ("@to", mapping.To));
        if (open is not null)
            return new(open, IsFinished: false, IsNew: false);

        var now = time.GetUtcNow();
        var run = $"{now:yyyyMMddHHmmss}-{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(3))}";
        await RunAsync($"INSERT INTO {SiteTables.Runs} (run, command, source_address, target_address, started_at) VALUES (@run, @command, @from, @to, @now)", cancellationToken,
            ("@run", run), ("@command", command), ("@from", mapping.From), ("@to", mapping.To), ("@now", $"{now:O}"));
        return new(run, IsFinished: false, IsNew: true);
    }

    /// <summary>How far a table is. One that is new, or whose key is another one now, begins.</summary>
    public async Task<TableState> OpenTableAsync(string run, SiteTable table, CancellationToken cancellationToken)
    {
        const string read = $"SELECT key_columns, cursor_key, is_done, rows_seen, rows_changed, rows_left FROM {SiteTables.State} WHERE run = @run AND table_name = @table";
        await RunAsync($"""
            INSERT INTO {SiteTables.State} (run, table_name, key_columns, cursor_key, is_done, rows_seen, rows_changed, rows_left) VALUES (@run, @table, @key, '', 0, 0, 0, 0)
            ON CONFLICT (run, table_name) DO NOTHING
            """, cancellationToken, ("@run", run), ("@table", table.Name), ("@key", table.KeyName));
        var (key, state) = await FindAsync(read, static row => (row.GetString(0), new TableState(row.GetString(1), row.GetInt32(2) != 0, row.GetInt64(3), row.GetInt64(4), row.GetInt64(5))),
            cancellationToken, ("@run", run), ("@table", table.Name));
        if (key == table.KeyName || state.IsDone)
            return state;
        await RunAsync($"UPDATE {SiteTables.State} SET key_columns = @key, cursor_key = '', rows_seen = 0 WHERE run = @run AND table_name = @table", cancellationToken,
            ("@run", run), ("@table", table.Name), ("@key", table.KeyName));
        return state with { Cursor = "", Seen = 0 };
    }

    /// <summary>Moves a table on. In a transaction it comes first: another process of the same run waits here, and then finds the cursor moved.</summary>
    /// <exception cref="InvalidOperationException">The cursor is not where this process left it.</exception>
    public async Task AdvanceAsync(string run, SiteTable table, TableState before, TableState after, CancellationToken cancellationToken)
    {
        var moved = await RunAsync($"""
            UPDATE {SiteTables.State} SET cursor_key = @cursor, is_done = @done, rows_seen = @seen, rows_changed = @changed, rows_left = @left
            WHERE run = @run AND table_name = @table AND cursor_key = @before AND is_done = 0
            """, cancellationToken, ("@cursor", after.Cursor), ("@done", after.IsDone ? 1 : 0), ("@seen", after.Seen), ("@changed", after.Changed), ("@left", after.Left),
            ("@run", run), ("@table", table.Name), ("@before", before.Cursor));
        if (moved != 1)
            throw new InvalidOperationException($"Run {run} must be worked on by one process at a time, but another one has moved on in {table.Name}. Wait for its end, and start this one again.");
    }

    /// <summary>Writes the counts of what was just moved on in the same transaction.</summary>
    public Task CountAsync(string run, SiteTable table, TableState state, CancellationToken cancellationToken)
        => RunAsync($"UPDATE {SiteTables.State} SET rows_changed = @changed, rows_left = @left WHERE run = @run AND table_name = @table", cancellationToken,
            ("@changed", state.Changed), ("@left", state.Left), ("@run", run), ("@table", table.Name));

    public Task FinishAsync(string run, CancellationToken cancellationToken)
        => RunAsync($"UPDATE {SiteTables.Runs} SET finished_at = @now WHERE run = @run", cancellationToken, ("@now", $"{time.GetUtcNow():O}"), ("@run", run));

    /// <summary>How many texts a run has changed, by table and column, in all its processes.</summary>
    public async Task<IReadOnlyList<(string Table, string Column, long Texts)>> TotalsAsync(string run, CancellationToken cancellationToken)
    {
        var totals = new List<(string, string, long)>();
        await using var command = Command($"SELECT table_name, column_name, count(*) FROM {SiteTables.Backup} WHERE run = @run GROUP BY table_name, column_name ORDER BY table_name, column_name", [("@run", run)]);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            totals.Add((rows.GetString(0), rows.GetString(1), rows.GetInt64(2)));
        return totals;
    }

    private async Task<T?> FindAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object Value)[] values)
    {
        await using var command = Command(sql, values);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? read(rows) : default;
    }

    private async Task<int> RunAsync(string sql, CancellationToken cancellationToken, params (string Name, object Value)[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private DbCommand Command(string sql, (string Name, object Value)[] values)
    {
        var command = site.Connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = site.Transaction;
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}

/// <summary>One replacement, from its beginning to its end, in as many processes as it takes.</summary>
/// <param name="Id">Names it; the cursor that is printed.</param>
/// <param name="IsFinished">Whether it was done before.</param>
/// <param name="IsNew">Whether it has just begun.</param>
internal sealed record ReplacementRun(string Id, bool IsFinished, bool IsNew);

/// <summary>How far a table is.</summary>
/// <param name="Cursor">The key of the last row that was looked at; empty: none.</param>
/// <param name="IsDone">Whether all were.</param>
/// <param name="Seen">Rows that were looked at.</param>
/// <param name="Changed">Rows that were changed.</param>
/// <param name="Left">Rows that hold an address and were left.</param>
internal readonly record struct TableState(string Cursor, bool IsDone, long Seen, long Changed, long Left);
