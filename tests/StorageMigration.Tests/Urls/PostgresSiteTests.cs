using static StorageMigration.Tests.Urls.SiteUnderTest;

namespace StorageMigration.Tests.Urls;

/// <summary>What PostgreSQL alone has.</summary>
[Trait("Part", "samples")]
public sealed class PostgresSiteTests
{
    private const string Replace = "url-replacement/replace-s3-urls";

    [Fact]
    public async Task Texts_of_every_type_are_replaced()
    {
        await using var site = await OpenAsync(Postgres, $$"""
            CREATE DOMAIN address AS varchar(200) CHECK (VALUE LIKE 'http%');
            CREATE TABLE t (id uuid PRIMARY KEY, a varchar(100), b char(60), c address, d json, e jsonb, f xml, g bytea, h integer, i timestamptz, j text GENERATED ALWAYS AS (upper(a)) STORED);
            INSERT INTO t VALUES ('00000000-0000-0000-0000-000000000001', '{{From}}a', '{{From}}b', '{{From}}c', '{"z": 1.50, "u": "{{From}}d", "a": "x"}', '{"b": 1.50, "u": ["{{From}}e"]}', '<a href="{{From}}f"/>', '\x00', 1, now());
            """);

        var result = await site.VerbAsync(Replace);

        result.Exit.ShouldBe(0, result.All);
        (await site.AskAsync("SELECT a, trim(b), c, d, e, f, h FROM t")).ShouldBe($$"""
            {{To}}a|{{To}}b|{{To}}c|{"z": 1.50, "u": "{{To}}d", "a": "x"}|{"b": 1.50, "u": ["{{To}}e"]}|<a href="{{To}}f"/>|1
            """.Trim());
        (await site.AskAsync("SELECT count(*) FROM url_replacement_backup")).ShouldBe("6");
    }

    [Fact]
    public async Task Keys_of_every_type_are_walked()
    {
        await using var site = await OpenAsync(Postgres, $"""
            CREATE TABLE a (k1 timestamptz, k2 numeric(12, 3), k3 bytea, k4 char(5), k5 boolean, body text, PRIMARY KEY (k1, k2, k3, k4, k5));
            INSERT INTO a SELECT timestamptz '2026-01-01' + i * interval '1 microsecond', i / 7.0, decode(lpad(to_hex(i), 4, '0'), 'hex'), 'k' || i % 5, i % 2 = 0, '{From}' || i FROM generate_series(1, 50) i;
            CREATE TABLE b (k float8 PRIMARY KEY, body text);
            INSERT INTO b SELECT i / 3.0, '{From}' || i FROM generate_series(-20, 20) i;
            CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
            CREATE TABLE c (k mood, n varchar(10), body text, PRIMARY KEY (k, n));
            INSERT INTO c SELECT m, n, '{From}' || n FROM unnest(enum_range(NULL::mood)) m, unnest(ARRAY['', 'b', 'B', 'a''"', 'ä']) n;
            CREATE TABLE d (k text COLLATE "C" NOT NULL UNIQUE, other text UNIQUE, body text);
            INSERT INTO d SELECT chr(i), NULL, '{From}' || i FROM generate_series(33, 80) i;
            """);

        var result = await site.VerbAsync(Replace, "--batch=3");

        result.Exit.ShouldBe(0, result.All);
        foreach (var (table, rows) in new[] { ("a", 50), ("b", 41), ("c", 15), ("d", 48) })
        {
            (await site.AskAsync($"SELECT count(*), count(*) FILTER (WHERE body LIKE '{To}%') FROM {table}")).ShouldBe($"{rows}|{rows}", table);
            (await site.AskAsync($"SELECT rows_seen, rows_changed FROM url_replacement_state WHERE table_name = 'public.{table}'")).ShouldBe($"{rows}|{rows}", table);
        }
    }

    [Fact]
    public async Task Tables_whose_rows_cannot_be_told_apart_are_skipped_and_told()
    {
        await using var site = await OpenAsync(Postgres, $"""
            CREATE TABLE nokey (body text);
            INSERT INTO nokey VALUES ('{From}1'), ('x'), ('{From}2');
            CREATE TABLE nullable (k int UNIQUE, body text);
            INSERT INTO nullable VALUES (NULL, '{From}1');
            CREATE TABLE partial (k int NOT NULL, body text);
            CREATE UNIQUE INDEX ON partial (k) WHERE k > 0;
            """);

        var result = await site.VerbAsync(Replace);

        result.Exit.ShouldBe(1, result.All);
        result.Lines.ShouldContain(static line => line.StartsWith("SKIPPED public.nokey: it has neither a primary key", StringComparison.Ordinal) && line.EndsWith("2 of its rows hold an address", StringComparison.Ordinal));
        result.Lines.Count(static line => line.StartsWith("SKIPPED", StringComparison.Ordinal)).ShouldBe(3, result.All);
        (await site.AskAsync($"SELECT count(*) FROM nokey WHERE body LIKE '{From}%'")).ShouldBe("2");
    }

    [Fact]
    public async Task Columns_that_are_not_rewritten_are_told_of()
    {
        await using var site = await OpenAsync(Postgres, $$"""
            CREATE TYPE pair AS (a text, b int);
            CREATE TABLE t (id int PRIMARY KEY, tags text[], two pair, body text, plain int[]);
            INSERT INTO t VALUES (1, ARRAY['{{From}}1'], ROW('{{From}}2', 1), '{{From}}3', '{1}'), (2, NULL, NULL, 'x', NULL);
            """);

        var result = await site.VerbAsync(Replace);

        result.Exit.ShouldBe(1, result.All);
        result.All.ShouldContain("tags: its type text[] is not rewritten");
        result.All.ShouldContain("two: its type pair is not rewritten");
        (await site.AskAsync("SELECT body, tags[1] FROM t WHERE id = 1")).ShouldBe($"{To}3|{From}1");
    }

    [Fact]
    public async Task A_text_that_would_not_fit_is_left_whole()
    {
        await using var site = await OpenAsync(Postgres, $"CREATE TABLE t (id int PRIMARY KEY, url varchar(32)); INSERT INTO t VALUES (1, '{From}12'), (2, '{From}1'), (3, '{From}12');");

        var result = await site.VerbAsync(Replace); // the new address is longer by seven

        result.Exit.ShouldBe(1, result.All);
        result.Lines.Count(static line => line.Contains("value too long for type character varying(32)", StringComparison.Ordinal)).ShouldBe(2, result.All);
        (await site.ListAsync("SELECT url FROM t ORDER BY id")).ShouldBe([$"{From}12", $"{To}1", $"{From}12"]);
    }

    [Fact]
    public async Task Partitions_and_children_are_walked_once()
    {
        await using var site = await OpenAsync(Postgres, $"""
            CREATE TABLE p (id int, day int, body text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
            INSERT INTO p SELECT i, i % 20, '{From}' || i FROM generate_series(1, 40) i;
            CREATE TABLE parent (id int PRIMARY KEY, body text);
            CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent);
            INSERT INTO parent VALUES (1, '{From}1');
            INSERT INTO child VALUES (1, '{From}2');
            CREATE VIEW v AS SELECT * FROM parent;
            CREATE SCHEMA other;
            CREATE TABLE other.parent (id int PRIMARY KEY, body text);
            INSERT INTO other.parent VALUES (1, '{From}3');
            """);

        var result = await site.VerbAsync(Replace, "--batch=7");

        result.Exit.ShouldBe(0, result.All);
        (await site.AskAsync($"SELECT count(*) FROM p WHERE body LIKE '{To}%'")).ShouldBe("40");
        (await site.ListAsync("SELECT table_name, rows_seen FROM url_replacement_state ORDER BY table_name COLLATE \"C\"")).ShouldBe(["other.parent|1", "public.child|1", "public.p|40", "public.parent|1"]);
        (await site.ListAsync("SELECT body FROM parent UNION ALL SELECT body FROM other.parent ORDER BY 1")).ShouldBe([$"{To}1", $"{To}2", $"{To}3"]);
    }

    [Fact]
    public async Task A_queue_beside_the_site_and_other_schemas_are_left_alone()
    {
        await using var site = await OpenAsync(Postgres, $"""
            CREATE SCHEMA longhaul;
            CREATE TABLE longhaul.lh_schema (version int PRIMARY KEY);
            CREATE TABLE longhaul.lh_job (id int PRIMARY KEY, payload text);
            INSERT INTO longhaul.lh_job VALUES (1, '{From}1');
            CREATE TABLE pages (id int PRIMARY KEY, body text);
            INSERT INTO pages VALUES (1, '{From}1');
            CREATE SCHEMA other;
            CREATE TABLE other.pages (id int PRIMARY KEY, body text);
            INSERT INTO other.pages VALUES (1, '{From}1');
            """);

        var result = await Verb.RunAsync(Replace, [], ("Migration:Database", site.Address + "?schema=public"), ("Migration:SourceAddress", From), ("Migration:TargetAddress", To));

        result.Exit.ShouldBe(0, result.All);
        (await site.ListAsync("SELECT payload FROM longhaul.lh_job UNION ALL SELECT body FROM pages UNION ALL SELECT body FROM other.pages")).ShouldBe([$"{From}1", $"{To}1", $"{From}1"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("nothing", 1)]
    [InlineData(From, 3)] // looked at, locked, changed
    public async Task A_table_is_read_along_its_key_also_before_it_has_statistics(string body, int times)
    {
        const int rows = 6000;
        await using var site = await OpenAsync(Postgres, $"""
            CREATE TABLE t (k text, n int, body text, meta jsonb, PRIMARY KEY (k, n)) WITH (autovacuum_enabled = off);
            INSERT INTO t SELECT md5(i::text), i, '{body}', NULL FROM generate_series(1, {rows}) i;
            """);
        const string reads = "SELECT seq_tup_read, idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 't'";
        var before = (await site.AskAsync(reads)).Split('|').Select(long.Parse).ToArray();

        var result = await site.VerbAsync(Replace, "--batch=100");

        result.Exit.ShouldBe(0, result.All);
        var after = before;
        var start = TimeProvider.System.GetTimestamp();
        while (after[1] - before[1] < rows * times) // a session's counts come with its end
        {
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(30), "waited in vain for the server's counts");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
            after = [.. (await site.AskAsync(reads)).Split('|').Select(long.Parse)];
        }

        after[0].ShouldBe(before[0], "no batch reads the whole table");
        (after[1] - before[1]).ShouldBeLessThan(rows * times + 200, "no row is read for more than one batch");
    }
}
