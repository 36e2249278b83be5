using static StorageMigration.Tests.Urls.SiteUnderTest;

namespace StorageMigration.Tests.Urls;

/// <summary>What SQLite alone has.</summary>
[Trait("Part", "samples")]
public sealed class SqliteSiteTests
{
    private const string Replace = "url-replacement/replace-s3-urls";

    [Fact]
    public async Task Texts_are_found_whatever_the_type_of_their_column_says()
    {
        await using var site = await OpenAsync(Sqlite, $"""
            CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(10), b STRING, c, d INTEGER, e BLOB, f GEOMETRY);
            INSERT INTO t VALUES (1, '{From}a', '{From}b', '{From}c', '{From}d', CAST('{From}e' AS BLOB), '{From}f'), (2, 1, 2.5, x'00', NULL, x'', NULL);
            """);

        var result = await site.VerbAsync(Replace);

        result.Exit.ShouldBe(0, result.All);
        (await site.AskAsync("SELECT a, b, c, d, CAST(e AS TEXT), typeof(e), f FROM t WHERE id = 1")).ShouldBe($"{To}a|{To}b|{To}c|{To}d|{From}e|blob|{To}f");
        (await site.AskAsync("SELECT typeof(a), typeof(b), typeof(c), typeof(d), typeof(e) FROM t WHERE id = 2")).ShouldBe("text|real|blob|null|blob");
    }

    [Fact]
    public async Task Tables_without_a_usable_key_are_walked_by_the_number_of_the_row()
    {
        await using var site = await OpenAsync(Sqlite, $"""
            CREATE TABLE nokey (body TEXT);
            INSERT INTO nokey VALUES ('{From}1'), ('{From}1'), ('x');
            CREATE TABLE nullkey (k TEXT PRIMARY KEY, body TEXT);
            INSERT INTO nullkey VALUES (NULL, '{From}1'), (NULL, '{From}2'), ('a', '{From}3');
            CREATE TABLE shadow (rowid TEXT, _rowid_ TEXT, body TEXT);
            INSERT INTO shadow VALUES ('same', 'same', '{From}1'), ('same', 'same', '{From}2');
            CREATE TABLE hidden (rowid TEXT, _rowid_ TEXT, oid TEXT, body TEXT);
            INSERT INTO hidden VALUES ('a', 'b', 'c', '{From}1');
            """);

        var result = await site.VerbAsync(Replace, "--batch=1");

        result.Exit.ShouldBe(1, result.All);
        result.Lines.ShouldContain(static line => line.StartsWith("SKIPPED hidden: it has no usable key", StringComparison.Ordinal));
        (await site.ListAsync("SELECT body FROM nokey UNION ALL SELECT body FROM nullkey UNION ALL SELECT body FROM shadow"))
            .ShouldBe([$"{To}1", $"{To}1", "x", $"{To}1", $"{To}2", $"{To}3", $"{To}1", $"{To}2"], ignoreOrder: true);
    }

    [Fact]
    public async Task Keys_of_every_kind_are_walked_in_their_own_order()
    {
        await using var site = await OpenAsync(Sqlite, $"""
            CREATE TABLE mixed (k PRIMARY KEY, body TEXT) WITHOUT ROWID;
            INSERT INTO mixed VALUES (3, '{From}1'), (-2.5, '{From}2'), ('text', '{From}3'), (x'00FF', '{From}4'), ('10', '{From}5'), (9007199254740993, '{From}6'), (0.1, '{From}7');
            CREATE TABLE pairs (a TEXT COLLATE NOCASE, b INTEGER, body TEXT, PRIMARY KEY (a, b DESC)) WITHOUT ROWID;
            INSERT INTO pairs VALUES ('B', 1, '{From}1'), ('a', 2, '{From}2'), ('C', 3, '{From}3'), ('b', 2, '{From}4'), ('', 0, '{From}5');
            """);

        var result = await site.VerbAsync(Replace, "--batch=2");

        result.Exit.ShouldBe(0, result.All);
        (await site.ListAsync("SELECT table_name, rows_seen, rows_changed FROM url_replacement_state ORDER BY table_name")).ShouldBe(["mixed|7|7", "pairs|5|5"]);
        (await site.AskAsync($"SELECT (SELECT count(*) FROM mixed WHERE body LIKE '{To}%'), (SELECT count(*) FROM pairs WHERE body LIKE '{To}%')")).ShouldBe("7|5");
    }

    [Fact]
    public async Task A_text_with_a_nul_stays_whole_and_one_that_is_no_text_is_left()
    {
        await using var site = await OpenAsync(Sqlite, $"""
            CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT);
            INSERT INTO t VALUES (1, 'a' || char(0) || '{From}1' || char(0) || 'z'), (2, CAST(x'FF' || CAST('{From}2' AS BLOB) AS TEXT));
            """);

        var result = await site.VerbAsync(Replace);

        result.Exit.ShouldBe(1, result.All);
        result.All.ShouldContain("no valid text");
        (await site.AskAsync("SELECT hex(CAST(body AS BLOB)) FROM t WHERE id = 1")).ShouldBe(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes($"a\0{To}1\0z")));
        (await site.AskAsync("SELECT hex(CAST(body AS BLOB)) FROM t WHERE id = 2")).ShouldBe("FF" + Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes($"{From}2")));
        (await site.AskAsync("SELECT hex(CAST(old_text AS BLOB)) FROM url_replacement_backup")).ShouldBe(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes($"a\0{From}1\0z")));
    }

    [Theory, InlineData("UTF-16le"), InlineData("UTF-16be")]
    public async Task Files_of_other_encodings_are_read_and_written_in_theirs(string encoding)
    {
        await using var site = await OpenAsync(Sqlite, $"PRAGMA encoding = '{encoding}'; CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, body TEXT); INSERT INTO t VALUES ('ö😀', 'ä {From}1 😀');");

        var result = await site.VerbAsync(Replace);

        result.Exit.ShouldBe(0, result.All);
        (await site.AskAsync("SELECT k, body FROM t")).ShouldBe($"ö😀|ä {To}1 😀");
        (await site.AskAsync("SELECT old_text FROM url_replacement_backup")).ShouldBe($"ä {From}1 😀");
    }

    [Fact]
    public async Task What_is_made_from_others_is_left_alone()
    {
        await using var site = await OpenAsync(Sqlite, $"""
            CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT, big TEXT GENERATED ALWAYS AS (upper(body)) STORED);
            INSERT INTO t (id, body) VALUES (1, '{From}1');
            CREATE VIEW v AS SELECT * FROM t;
            CREATE VIRTUAL TABLE search USING fts5 (body);
            INSERT INTO search VALUES ('{From}1');
            CREATE TABLE lh_schema (version INTEGER PRIMARY KEY);
            CREATE TABLE lh_body (id INTEGER PRIMARY KEY, text TEXT);
            INSERT INTO lh_body VALUES (1, '{From}1');
            """);

        var result = await site.VerbAsync(Replace);

        result.Exit.ShouldBe(1, result.All);
        result.All.ShouldContain("SKIPPED search: it is a virtual table");
        (await site.AskAsync("SELECT t.body, t.big, search.body, lh_body.text FROM t, search, lh_body")).ShouldBe($"{To}1|{To.ToUpperInvariant()}1|{From}1|{From}1");
    }
}
