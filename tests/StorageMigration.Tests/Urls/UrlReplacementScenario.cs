using System.Data;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace StorageMigration.Tests.Urls;

/// <summary>
/// Fills a site's database, lets the command replace addresses in it, kills the command with SIGKILL again and again, and looks after each kill whether rows,
/// backup and cursor agree. The new address contains the old one. The database itself counts how often each row is changed. Free of any test framework, so
/// that a campaign can run it in its own size.
/// </summary>
internal sealed class UrlReplacementScenario
{
    private const string Command = "url-replacement/replace-s3-urls";
    private const string From = "https://old.example.org/";
    private const string To = "https://old.example.org/cdn/";
    private const int RowsOfInsert = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>The site's database: <c>sqlite:PATH</c> (made when it is not there) or <c>postgres://USER@HOST:PORT/NAME</c>; empty but for what the scenario makes.</summary>
    public required string Database { get; init; }

    /// <summary>A folder for the command.</summary>
    public required string Root { get; init; }

    /// <summary>The application's own DLL.</summary>
    public required string Program { get; init; }

    /// <summary>Rows, shared out over two tables: one with a number as key, one with a text and a number.</summary>
    public int Rows { get; init; } = 1_000_000;

    public int Kills { get; init; } = 20;

    /// <summary>Rows of a batch of the command.</summary>
    public int Batch { get; init; } = 1000;

    public int Seed { get; init; } = 1;

    /// <summary>Where it tells how far it is.</summary>
    public Action<string> Log { get; init; } = static _ => { };

    private bool IsSqlite => Database.StartsWith("sqlite:", StringComparison.Ordinal);

    private int Half => Rows / 2;

    /// <summary>Does all of it.</summary>
    /// <exception cref="ScenarioFailedException">Something that must hold does not.</exception>
    public async Task<UrlReplacementOutcome> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = Connect();
        await connection.OpenAsync(cancellationToken);
        await FillAsync(connection, cancellationToken);
        var random = new Random(Seed);
        var kills = 0;
        for (var kill = 1; kill <= Kills; kill++)
        {
            var goal = (long)Rows * kill / (Kills + 1) - random.Next(Math.Max(1, Rows / (Kills + 1) / 2));
            using var process = Start();
            var drained = DrainAsync(process);
            kills += await KillAtAsync(process, connection, goal, random, cancellationToken) ? 1 : 0;
            await drained;
            var seen = await CheckAgreementAsync(connection, cancellationToken);
            Log($"kill {kill}: {seen} rows seen, all agrees");
        }

        using var last = Start();
        var lines = await DrainAsync(last);
        await last.WaitForExitAsync(cancellationToken);
        if (last.ExitCode != 0)
            throw new ScenarioFailedException($"The last run must end with 0, but ended with {last.ExitCode}: {lines}");
        await CheckAgreementAsync(connection, cancellationToken);
        return await CheckAllAsync(connection, kills, cancellationToken);
    }

    /// <summary>Waits until so many rows are seen, and a moment more, then kills it.</summary>
    /// <returns>Whether it was still at work.</returns>
    private static async Task<bool> KillAtAsync(Process process, DbConnection connection, long goal, Random random, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!process.HasExited && await SeenAsync(connection, cancellationToken) < goal)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
                throw new ScenarioFailedException($"The command must see {goal} rows within {Patience.TotalMinutes} min, but has not.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken);
        }

        // Anywhere in a batch, and not just behind one.
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(8)), TimeProvider.System, cancellationToken);
        var isAtWork = !process.HasExited;
        process.Kill();
        await process.WaitForExitAsync(cancellationToken);
        return isAtWork;
    }

    private async Task FillAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await RunAsync(connection, IsSqlite
            ? """
              PRAGMA synchronous = OFF;
              PRAGMA busy_timeout = 60000;
              CREATE TABLE pages (id INTEGER PRIMARY KEY, title TEXT, body TEXT, meta JSON, hits INTEGER NOT NULL DEFAULT 0);
              CREATE TABLE "as""sets" (folder TEXT NOT NULL, n INTEGER NOT NULL, body TEXT, hits INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (folder, n)) WITHOUT ROWID;
              """
            : """
              CREATE TABLE pages (id bigint PRIMARY KEY, title text, body text, meta jsonb, hits int NOT NULL DEFAULT 0);
              CREATE TABLE "as""sets" (folder varchar(50) NOT NULL, n int NOT NULL, body text, hits int NOT NULL DEFAULT 0, PRIMARY KEY (folder, n));
              """, cancellationToken);
        for (var from = 0; from < Half; from += RowsOfInsert)
        {
            var numbers = Enumerable.Range(from, Math.Min(RowsOfInsert, Half - from)).ToArray();
            await RunAsync(connection, $"""
                INSERT INTO pages (id, title, body, meta) VALUES {string.Join(", ", numbers.Select(i => $"({Id(i)}, {Sql(Title(i, From))}, {Sql(Body(i, From))}, {Sql(Meta(i, From))})"))};
                INSERT INTO "as""sets" (folder, n, body) VALUES {string.Join(", ", numbers.Select(static i => $"({Sql(Folder(i))}, {i}, {Sql(Body(i, From))})"))};
                """, cancellationToken);
        }

        await RunAsync(connection, IsSqlite
            ? """
              CREATE TRIGGER count_pages AFTER UPDATE OF title, body, meta ON pages BEGIN UPDATE pages SET hits = hits + 1 WHERE id = NEW.id; END;
              CREATE TRIGGER count_assets AFTER UPDATE OF body ON "as""sets" BEGIN UPDATE "as""sets" SET hits = hits + 1 WHERE folder = NEW.folder AND n = NEW.n; END;
              """
            : """
              CREATE FUNCTION count_hits() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.hits := OLD.hits + 1; RETURN NEW; END';
              CREATE TRIGGER count_hits BEFORE UPDATE ON pages FOR EACH ROW EXECUTE FUNCTION count_hits();
              CREATE TRIGGER count_hits BEFORE UPDATE ON "as""sets" FOR EACH ROW EXECUTE FUNCTION count_hits();
              """, cancellationToken);
    }

    /// <summary>In one view of the database: no row is changed twice, none before the cursor is missed, none behind it is changed, and backup and counts say the same.</summary>
    private async Task<long> CheckAgreementAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await using var view = await connection.BeginTransactionAsync(IsSqlite ? IsolationLevel.Serializable : IsolationLevel.RepeatableRead, cancellationToken);
        var seen = 0L;
        foreach (var (table, name) in ((string, string)[])[("pages", IsSqlite ? "pages" : "public.pages"), ("\"as\"\"sets\"", IsSqlite ? "\"as\"\"sets\"" : "public.\"as\"\"sets\"")])
        {
            var state = await RowsAsync(connection, $"SELECT cursor_key, rows_changed, rows_seen, is_done FROM url_replacement_state WHERE table_name = '{name}'", cancellationToken);
            var cursor = state.Count == 0 ? "" : (string)state[0][0]!;
            var changed = state.Count == 0 ? 0 : Number(state[0][1]);
            seen += state.Count == 0 ? 0 : Number(state[0][2]);
            await MustBeAsync(connection, $"SELECT count(*) FROM {table} WHERE hits > 1", 0, $"rows of {name} that were changed twice", cancellationToken);
            await MustBeAsync(connection, $"SELECT count(*) FROM {table} WHERE hits = 1", changed, $"rows of {name} that were changed, by the state's count", cancellationToken);
            await MustBeAsync(connection, $"SELECT count(DISTINCT row_key) FROM url_replacement_backup WHERE table_name = '{name}'", changed, $"rows of {name} in the backup", cancellationToken);
            var before = cursor.Length == 0 ? "1 = 0" : Before(table, cursor);
            await MustBeAsync(connection, $"SELECT count(*) FROM {table} WHERE hits > 0 AND NOT ({before})", 0, $"rows of {name} that are changed behind the cursor {cursor}", cancellationToken);
            await MustBeAsync(connection, $"SELECT count(*) FROM {table} WHERE hits = 0 AND {before} AND {Holds(table)}", 0, $"rows of {name} before the cursor {cursor} that are not changed", cancellationToken);
        }

        return seen;
    }

    private async Task<UrlReplacementOutcome> CheckAllAsync(DbConnection connection, int kills, CancellationToken cancellationToken)
    {
        var (changed, texts) = (0L, 0L);
        await foreach (var row in ReadAsync(connection, "SELECT id, title, body, meta, hits FROM pages ORDER BY id", cancellationToken))
        {
            var i = (int)(Number(row[0]) - Id(0)) / 3;
            changed += Check($"page {row[0]}", row[1..4], [Title(i, To), Body(i, To), Meta(i, To)], [Title(i, From), Body(i, From), Meta(i, From)], Number(row[4]), ref texts);
        }

        await foreach (var row in ReadAsync(connection, "SELECT folder, n, body, hits FROM \"as\"\"sets\" ORDER BY n", cancellationToken))
        {
            var i = (int)Number(row[1]);
            changed += Check($"asset {row[0]} {row[1]}", row[2..3], [Body(i, To)], [Body(i, From)], Number(row[3]), ref texts);
        }

        await MustBeAsync(connection, "SELECT count(*) FROM url_replacement_backup", texts, "texts in the backup", cancellationToken);
        await foreach (var row in ReadAsync(connection, "SELECT table_name, row_key, column_name, old_text FROM url_replacement_backup", cancellationToken))
        {
            using var key = JsonDocument.Parse((string)row[1]!);
            var parts = key.RootElement.EnumerateArray().Select(static part => part.ToString()).ToArray();
            var i = parts.Length == 1 ? (int)(long.Parse(parts[0], CultureInfo.InvariantCulture) - Id(0)) / 3 : int.Parse(parts[1], CultureInfo.InvariantCulture);
            var expected = (string)row[2]! switch
            {
                "title" => Title(i, From),
                "meta" => Meta(i, From),
                _ => Body(i, From),
            };
            if ((string)row[3]! != expected)
                throw new ScenarioFailedException($"The backup of {row[0]} {row[1]} {row[2]} must be '{expected}', but is '{row[3]}'.");
        }

        if (kills == Kills)
            await MustBeAsync(connection, "SELECT count(*) FROM url_replacement_runs", 1, "runs", cancellationToken);
        return new(changed, texts, kills);
    }

    private static long Check(string what, object?[] found, string?[] expected, string?[] before, long hits, ref long texts)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            if ((found[i] as string) != expected[i])
                throw new ScenarioFailedException($"{what} must hold '{expected[i]}', but holds '{found[i]}'.");
            if (expected[i] != before[i])
                texts++;
        }

        var isChange = !expected.SequenceEqual(before);
        if (hits != (isChange ? 1 : 0))
            throw new ScenarioFailedException($"{what} must have been changed {(isChange ? "once" : "never")}, but was changed {hits} times.");
        return hits;
    }

    // Some rows hold no address, some one, some several, some nothing at all.
    private static string? Title(int i, string address) => i % 7 == 0 ? null : i % 11 == 0 ? $"{address}title-{i}.jpg" : $"Title {i}";

    private static string? Body(int i, string address) => (i % 5) switch
    {
        0 => null,
        1 => $"Nothing to see in {i}, nor at https://other.example.org/{i}.jpg",
        2 => $"<img src=\"{address}{i}.jpg\" srcset=\"{address}{i}-2x.jpg 2x\"> é😀",
        3 => $"{address}{i}",
        _ => $"one {address}{i} and one more: {address}",
    };

    // As jsonb writes it.
    private static string? Meta(int i, string address) => i % 4 == 0 ? null : $$"""{"n": {{i}}.50, "url": "{{(i % 4 == 1 ? address : "https://other.example.org/")}}{{i}}"}""";

    private static long Id(int i) => 3L * i - 1000;

    private static string Folder(int i) => $"f'{i % 17:00}\"";

    private static string Sql(string? text) => text is null ? "NULL" : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Before(string table, string cursor)
    {
        using var key = JsonDocument.Parse(cursor);
        var parts = key.RootElement.EnumerateArray().Select(static part => part.ToString()).ToArray();
        return table == "pages" ? $"id <= {parts[0]}" : $"(folder, n) <= ({Sql(parts[0])}, {parts[1]})";
    }

    private string Holds(string table)
    {
        string[] columns = table != "pages" ? ["body"] : IsSqlite ? ["title", "body", "meta"] : ["title", "body", "meta::text"];
        return $"({string.Join(" OR ", columns.Select(static column => $"{column} LIKE '%{From}%'"))})";
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet", [Program, Command, $"--batch={Batch}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Migration__Root"] = Root;
        start.Environment["Migration__Database"] = Database;
        start.Environment["Migration__SourceAddress"] = From;
        start.Environment["Migration__TargetAddress"] = To;
        return Process.Start(start)!;
    }

    private static async Task<string> DrainAsync(Process process)
    {
        // Not with the caller's token: what was written is read to its end, which comes with the end of the process.
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        return string.Concat(output);
    }

    private DbConnection Connect() => IsSqlite
        ? new SqliteConnection($"Data Source={Database["sqlite:".Length..]};Pooling=False;Default Timeout=60")
        : new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = new Uri(Database).Host,
            Port = new Uri(Database).Port,
            Username = new Uri(Database).UserInfo,
            Database = new Uri(Database).AbsolutePath[1..],
            Pooling = false,
        }.ToString());

    private static async Task<long> SeenAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return Number((await RowsAsync(connection, "SELECT coalesce(sum(rows_seen), 0) FROM url_replacement_state", cancellationToken))[0][0]);
        }
        catch (DbException)
        {
            return 0; // not made yet
        }
    }

    private static async Task MustBeAsync(DbConnection connection, string question, long expected, string what, CancellationToken cancellationToken)
    {
        var found = Number((await RowsAsync(connection, question, cancellationToken))[0][0]);
        if (found != expected)
            throw new ScenarioFailedException($"There must be {expected} {what}, but there are {found}.");
    }

    private static async Task RunAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<object?[]>> RowsAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        var list = new List<object?[]>();
        await foreach (var row in ReadAsync(connection, sql, cancellationToken))
            list.Add(row);
        return list;
    }

    private static async IAsyncEnumerable<object?[]> ReadAsync(DbConnection connection, string sql, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            var row = new object[rows.FieldCount];
            rows.GetValues(row);
            yield return [.. row.Select(static value => value is DBNull ? null : value)];
        }
    }

    private static long Number(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);
}

/// <summary>What came of it.</summary>
/// <param name="RowsChanged">Rows that were changed, each once.</param>
/// <param name="TextsChanged">Texts in them.</param>
/// <param name="Kills">How often the command was killed at work.</param>
internal sealed record UrlReplacementOutcome(long RowsChanged, long TextsChanged, int Kills);

/// <summary>Something that must hold does not.</summary>
internal sealed class ScenarioFailedException(string message) : Exception(message);
