using static StorageMigration.Tests.Urls.SiteUnderTest;

namespace StorageMigration.Tests.Urls;

/// <summary>What holds on both kinds of database.</summary>
[Trait("Part", "samples")]
public sealed class ReplacementTests
{
    private const string Replace = "url-replacement/replace-s3-urls";

    private const string Pages = $"""
        CREATE TABLE pages (id INTEGER PRIMARY KEY, title TEXT, body TEXT, views INTEGER);
        INSERT INTO pages VALUES (1, '{From}t.jpg', 'a {From}1.jpg b {From}2.jpg', 7), (2, NULL, NULL, NULL), (3, 'none', 'nothing here', 1), (-5, NULL, '{From}x', 0);
        """;

    private const string PagesAfter = $"-5|-|{To}x|0 1|{To}t.jpg|a {To}1.jpg b {To}2.jpg|7 2|-|-|- 3|none|nothing here|1";

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task All_texts_are_replaced_and_what_they_held_is_kept(string kind)
    {
        await using var site = await OpenAsync(kind, Pages);

        var result = await site.VerbAsync(Replace, "--batch=2");

        result.Exit.ShouldBe(0, result.All);
        string.Join(' ', await site.ListAsync("SELECT * FROM pages ORDER BY id")).ShouldBe(PagesAfter);
        var one = kind == Sqlite ? "[1]" : """["1"]""";
        (await site.ListAsync("SELECT row_key, column_name, old_text FROM url_replacement_backup ORDER BY old_text")).ShouldBe([
            $"{one}|body|a {From}1.jpg b {From}2.jpg", $"{one}|title|{From}t.jpg", $"{one.Replace("1", "-5", StringComparison.Ordinal)}|body|{From}x"], ignoreOrder: true);
        (await site.AskAsync("SELECT is_done, rows_seen, rows_changed, rows_left FROM url_replacement_state")).ShouldBe("1|4|2|0");
        (await site.AskAsync("SELECT count(*) FROM url_replacement_runs WHERE finished_at IS NOT NULL")).ShouldBe("1");
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task Once_replaced_another_run_changes_nothing(string kind)
    {
        await using var site = await OpenAsync(kind, Pages);
        await site.MappedAsync(Replace, From, From + "new/");
        var before = await site.ListAsync("SELECT * FROM pages ORDER BY id");

        var again = await site.MappedAsync(Replace, From, From + "new/");

        again.Exit.ShouldBe(0, again.All);
        (await site.ListAsync("SELECT * FROM pages ORDER BY id")).ShouldBe(before);
        before[1].ShouldBe($"1|{From}new/t.jpg|a {From}new/1.jpg b {From}new/2.jpg|7");
        (await site.AskAsync("SELECT count(DISTINCT run), count(*) FROM url_replacement_backup")).ShouldBe("1|3");
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task A_dry_run_tells_what_the_run_then_does_and_changes_nothing(string kind)
    {
        await using var site = await OpenAsync(kind, Pages);
        var before = await site.ListAsync("SELECT * FROM pages ORDER BY id");

        var dry = await site.VerbAsync(Replace, "--dryRun=1");

        dry.Exit.ShouldBe(0, dry.All);
        var name = kind == Sqlite ? "pages" : "public.pages";
        dry.Lines.ShouldContain($"{name}.title: would change 1 texts with 1 addresses (1 × as it is)");
        dry.Lines.ShouldContain($"{name}.body: would change 2 texts with 3 addresses (3 × as it is)");
        dry.All.ShouldContain($"{From}t.jpg -> {To}t.jpg");
        dry.All.ShouldContain("Would change 2 rows.");
        (await site.ListAsync("SELECT * FROM pages ORDER BY id")).ShouldBe(before);
        await Should.ThrowAsync<System.Data.Common.DbException>(() => site.AskAsync("SELECT count(*) FROM url_replacement_state"), "a dry run makes no tables");
        (await site.VerbAsync(Replace)).All.ShouldContain("Changed 2 rows");
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task Names_and_keys_may_hold_any_characters(string kind)
    {
        await using var site = await OpenAsync(kind, $"""
            CREATE TABLE "we""ird 'table'; -- x" ("a ""k"" y" TEXT NOT NULL, "Größe" INTEGER NOT NULL, "select" TEXT, PRIMARY KEY ("a ""k"" y", "Größe"));
            INSERT INTO "we""ird 'table'; -- x" VALUES ('x''"', 2, '{From}1'), ('x''"', 10, '{From}2'), ('', 1, '{From}3'), ('ö😀', 1, '{From}4'), ('ö😀', 2, 'no'), (E'a\\b', 1, '{From}5');
            """.Replace("E'a\\\\b'", kind == Sqlite ? "'a\\b'" : "E'a\\\\b'", StringComparison.Ordinal));

        var result = await site.VerbAsync(Replace, "--batch=1");

        result.Exit.ShouldBe(0, result.All);
        (await site.ListAsync("""SELECT "select" FROM "we""ird 'table'; -- x" ORDER BY "select" """)).ShouldBe([$"{To}1", $"{To}2", $"{To}3", $"{To}4", $"{To}5", "no"]);
        (await site.AskAsync("SELECT count(*), count(DISTINCT row_key) FROM url_replacement_backup")).ShouldBe("5|5");
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task Keys_and_what_hangs_on_them_are_left_and_told(string kind)
    {
        await using var site = await OpenAsync(kind, $"""
            CREATE TABLE assets (url TEXT NOT NULL PRIMARY KEY, note TEXT);
            CREATE TABLE uses (id INTEGER PRIMARY KEY, url TEXT REFERENCES assets (url), note TEXT);
            INSERT INTO assets VALUES ('{From}1', '{From}n');
            INSERT INTO uses VALUES (1, '{From}1', '{From}m');
            """);

        var result = await site.VerbAsync(Replace);

        result.Exit.ShouldBe(1, result.All);
        result.All.ShouldContain("url: it is part of the key");
        result.All.ShouldContain("url: a foreign key goes from or to it");
        result.All.ShouldContain("2 rows hold an address still");
        (await site.ListAsync("SELECT a.url, a.note, u.url, u.note FROM assets a, uses u")).ShouldBe([$"{From}1|{To}n|{From}1|{To}m"]);
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task A_row_that_the_database_refuses_is_left_and_the_others_are_changed(string kind)
    {
        await using var site = await OpenAsync(kind, $"""
            CREATE TABLE links (id INTEGER PRIMARY KEY, url TEXT UNIQUE);
            INSERT INTO links VALUES (1, '{From}1'), (2, '{To}2'), (3, '{From}2'), (4, '{From}4');
            """);

        var result = await site.VerbAsync(Replace);

        result.Exit.ShouldBe(1, result.All);
        result.Lines.Count(static line => line.StartsWith("LEFT", StringComparison.Ordinal)).ShouldBe(1, result.All);
        (await site.ListAsync("SELECT id, url FROM links ORDER BY id")).ShouldBe([$"1|{To}1", $"2|{To}2", $"3|{From}2", $"4|{To}4"]);
        (await site.AskAsync("SELECT count(*) FROM url_replacement_backup")).ShouldBe("2");
        (await site.AskAsync("SELECT rows_changed, rows_left FROM url_replacement_state")).ShouldBe("2|1");
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task A_run_goes_on_behind_its_cursor_and_a_finished_one_does_nothing(string kind)
    {
        await using var site = await OpenAsync(kind, Pages);
        var first = await site.VerbAsync(Replace, "--batch=1");
        // As if it had been killed behind row 1.
        await site.RunAsync($"""
            UPDATE url_replacement_runs SET finished_at = NULL;
            UPDATE url_replacement_state SET is_done = 0, cursor_key = '{(kind == Sqlite ? "[1]" : """["1"]""")}';
            UPDATE pages SET body = '{From}again';
            """);

        var resumed = await site.VerbAsync(Replace, $"--cursor={first.Cursor}");
        await site.RunAsync($"UPDATE pages SET body = '{From}more'");
        var finished = await site.VerbAsync(Replace, $"--cursor={first.Cursor}");

        resumed.Exit.ShouldBe(0, resumed.All);
        resumed.All.ShouldContain("Going on with run");
        resumed.Cursor.ShouldBe(first.Cursor);
        (await site.ListAsync("SELECT row_key FROM url_replacement_backup WHERE old_text LIKE '%again'")).Length.ShouldBe(2, "rows 2 and 3 are behind the cursor, the others are not");
        finished.Exit.ShouldBe(0, finished.All);
        finished.All.ShouldContain("Finished before");
        (await site.AskAsync($"SELECT count(*) FROM pages WHERE body = '{From}more'")).ShouldBe("4");
    }

    [Theory]
    [InlineData(Sqlite, "UPDATE", "url_replacement_state", "NEW.rows_seen > 4")]
    [InlineData(Postgres, "UPDATE", "url_replacement_state", "NEW.rows_seen > 4")]
    [InlineData(Sqlite, "INSERT", "url_replacement_backup", "NEW.old_text LIKE '%/5'")]
    [InlineData(Postgres, "INSERT", "url_replacement_backup", "NEW.old_text LIKE '%/5'")]
    public async Task Where_cursor_or_backup_cannot_be_written_no_row_is_changed(string kind, string verb, string table, string when)
    {
        await using var site = await OpenAsync(kind, "CREATE TABLE pages (id INTEGER PRIMARY KEY, body TEXT)");
        await site.VerbAsync(Replace); // makes the tables
        await site.RunAsync($"INSERT INTO pages VALUES {string.Join(", ", Enumerable.Range(1, 10).Select(static i => $"({i}, '{From}{i}')"))}");
        await site.RunAsync(kind == Sqlite
            ? $"CREATE TRIGGER stop BEFORE {verb} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'stopped'); END"
            : $"""
               CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''stopped''; END';
               CREATE TRIGGER stop BEFORE {verb} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION stop();
               """);

        var stopped = await site.VerbAsync(Replace, "--batch=2");

        stopped.Exit.ShouldBe(1, stopped.All);
        stopped.All.ShouldContain("stopped");
        (await site.AskAsync($"SELECT count(*) FROM pages WHERE body LIKE '{To}%'")).ShouldBe("4");
        (await site.AskAsync("SELECT rows_seen, rows_changed FROM url_replacement_state ORDER BY rows_seen DESC LIMIT 1")).ShouldBe("4|4");
        (await site.AskAsync("SELECT count(*) FROM url_replacement_backup")).ShouldBe("4");

        await site.RunAsync(kind == Sqlite ? "DROP TRIGGER stop" : $"DROP TRIGGER stop ON {table}");
        var resumed = await site.VerbAsync(Replace, "--batch=2");

        resumed.Exit.ShouldBe(0, resumed.All);
        resumed.All.ShouldContain("Changed 10 rows");
        (await site.AskAsync("SELECT count(*), count(DISTINCT run) FROM url_replacement_backup")).ShouldBe("10|1");
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task Two_processes_of_one_run_change_no_row_twice(string kind)
    {
        var rows = string.Join(", ", Enumerable.Range(1, 400).Select(static i => $"({i}, '{From}{i}', 0)"));
        await using var site = await OpenAsync(kind, $"""
            CREATE TABLE pages (id INTEGER PRIMARY KEY, body TEXT, hits INTEGER);
            INSERT INTO pages VALUES {rows};
            {CountUpdates(kind)}
            """);
        await site.VerbAsync(Replace, "--batch=5"); // makes the run
        await site.RunAsync($"UPDATE url_replacement_runs SET finished_at = NULL; UPDATE url_replacement_state SET is_done = 0, cursor_key = ''; DELETE FROM url_replacement_backup; UPDATE pages SET body = '{From}' || id; UPDATE pages SET hits = 0");

        var both = await Task.WhenAll(Task.Run(() => site.VerbAsync(Replace, "--batch=5")), Task.Run(() => site.VerbAsync(Replace, "--batch=5")));
        var last = await site.VerbAsync(Replace);

        both.Append(last).ShouldContain(static result => result.Exit == 0);
        both.Where(static result => result.Exit != 0).ShouldAllBe(static result => result.All.Contains("one process at a time"));
        (await site.AskAsync("SELECT min(hits), max(hits), count(*) FROM pages")).ShouldBe("1|1|400");
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task Escaped_slashes_count_and_what_is_written_otherwise_is_left_and_told(string kind)
    {
        await using var site = await OpenAsync(kind, $$"""
            CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT);
            INSERT INTO t VALUES (1, '{"u":"https:\/\/old.example.org\/1"}'), (2, '{"s":"{\"u\":\"https:\\\/\\\/old.example.org\\\/2\"}"}'), (3, '{{From}}3 http://old.example.org/4'),
                (4, 'https%3A%2F%2Fold.example.org%2F5'), (5, 'old.example.org is only a name');
            """);

        var dry = await site.VerbAsync(Replace, "--dryRun=1");
        var result = await site.VerbAsync(Replace);

        dry.All.ShouldContain("Would change 3 rows. 2 rows would hold an address still.");
        result.Exit.ShouldBe(1, result.All);
        result.All.ShouldContain("Changed 3 rows; what they held is in url_replacement_backup. 2 rows hold an address still.");
        result.Lines.Count(static line => line.StartsWith("LEFT ", StringComparison.Ordinal) && line.Contains("extended-url-replacement/replace", StringComparison.Ordinal)).ShouldBe(2, result.All);
        (await site.ListAsync("SELECT body FROM t ORDER BY id")).ShouldBe([
            """{"u":"https:\/\/cdn.example.net\/assets\/1"}""", """{"s":"{\"u\":\"https:\\\/\\\/cdn.example.net\\\/assets\\\/2\"}"}""", $"{To}3 http://old.example.org/4",
            "https%3A%2F%2Fold.example.org%2F5", "old.example.org is only a name"]);
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task Extended_replacement_finds_what_the_scan_lists(string kind)
    {
        const string bucket = "https://assets.s3.eu-west-1.amazonaws.com/";
        const string texts = """
            'x https://assets.s3.eu-west-1.amazonaws.com/1 http://s3.amazonaws.com/assets/2', '//assets.s3.amazonaws.com/3', 'https%3A%2F%2Fs3-eu-west-1.amazonaws.com%2Fassets%2F4', '{"u":"https:\/\/assets.s3.amazonaws.com\/5"}', 'https://s3.amazonaws.com/other/6'
            """;
        await using var site = await OpenAsync(kind, $"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT, d TEXT, e TEXT); INSERT INTO t VALUES (1, {texts}), (2, NULL, NULL, NULL, NULL, NULL);");
        var before = await site.ListAsync("SELECT * FROM t ORDER BY id");

        var scan = await site.MappedAsync("extended-url-replacement/scan", bucket, To);
        var unchanged = await site.ListAsync("SELECT * FROM t ORDER BY id");
        var replace = await site.VerbAsync("extended-url-replacement/replace", $"--from={bucket}", $"--to={To}");

        scan.Exit.ShouldBe(0, scan.All);
        scan.Lines.Count(static line => line.Contains(": holds 1 texts", StringComparison.Ordinal)).ShouldBe(4, scan.All);
        scan.All.ShouldContain("(1 × http path style, 1 × https)");
        unchanged.ShouldBe(before);
        replace.Exit.ShouldBe(0, replace.All);
        (await site.ListAsync("SELECT a, b, c, d, e FROM t WHERE id = 1")).ShouldBe([
            """x https://cdn.example.net/assets/1 https://cdn.example.net/assets/2|//cdn.example.net/assets/3|https%3A%2F%2Fcdn.example.net%2Fassets%2F4|{"u":"https:\/\/cdn.example.net\/assets\/5"}|https://s3.amazonaws.com/other/6"""]);
    }

    [Theory, InlineData(Sqlite), InlineData(Postgres)]
    public async Task Json_is_replaced_in_its_strings_only_and_what_is_no_json_is_told(string kind)
    {
        await using var site = await OpenAsync(kind, $$"""
            CREATE TABLE t (id INTEGER PRIMARY KEY, meta TEXT, html TEXT);
            INSERT INTO t VALUES (1, '{"n":1.10,"u":"https:\/\/old.example.org\/1","s":"{\"v\":\"{{From}}2\"}"}', '<a href="{{From}}3">'), (2, '{"broken":"{{From}}4",}', NULL), (3, '{"x":1}', NULL);
            """);

        var result = await site.VerbAsync("extended-url-replacement/replace-json");

        result.Exit.ShouldBe(1, result.All);
        result.Lines.ShouldContain(static line => line.StartsWith("LEFT", StringComparison.Ordinal) && line.Contains("no valid JSON", StringComparison.Ordinal));
        (await site.ListAsync("SELECT meta, html FROM t ORDER BY id")).ShouldBe([
            $$"""{"n":1.10,"u":"https:\/\/cdn.example.net\/assets\/1","s":"{\"v\":\"{{To}}2\"}"}|<a href="{{From}}3">""", $$"""{"broken":"{{From}}4",}|-""", """{"x":1}|-"""]);
    }

    internal static string CountUpdates(string kind) => kind == Sqlite
        ? "CREATE TRIGGER count_hits AFTER UPDATE OF body ON pages BEGIN UPDATE pages SET hits = hits + 1 WHERE id = NEW.id; END;"
        : """
          CREATE FUNCTION count_hits() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.hits := OLD.hits + 1; RETURN NEW; END';
          CREATE TRIGGER count_hits BEFORE UPDATE OF body ON pages FOR EACH ROW EXECUTE FUNCTION count_hits();
          """;
}
