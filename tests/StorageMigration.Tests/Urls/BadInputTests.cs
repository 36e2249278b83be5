using static StorageMigration.Tests.Urls.SiteUnderTest;

namespace StorageMigration.Tests.Urls;

[Trait("Part", "samples")]
public sealed class BadInputTests
{
    private const string Replace = "url-replacement/replace-s3-urls";

    [Theory]
    [InlineData("", From, To, "Migration:Database must name the site's database")]
    [InlineData("sqlite:/nowhere/site.db", From, To, "there is none at '/nowhere/site.db'")]
    [InlineData("mysql://root@localhost/site", From, To, "must be sqlite:PATH")]
    [InlineData("sqlite:x", "", To, "Migration:SourceAddress must be set")]
    [InlineData("sqlite:x", From, "", "Migration:TargetAddress must be set")]
    [InlineData("sqlite:x", From, From, "must differ")]
    [InlineData("sqlite:x", From, "https://cdn.example.net/assets", "must both end with a slash or both without")]
    [InlineData("sqlite:x", "/assets/", To, "must be an address that begins with https:// or http://")]
    [InlineData("sqlite:x", "https://old.example.org/a b/", To, "without blanks")]
    [InlineData("sqlite:x", "https://old.example.org/a\"b/", To, "without blanks, quotes")]
    [InlineData("sqlite:x", "https://user:secret@old.example.org/", To, "without user")]
    [InlineData("sqlite:x", "https://old.example.org/?a=/", To, "without user, query")]
    public async Task What_cannot_be_done_is_said_before_anything_is_done(string database, string from, string to, string error)
    {
        var result = await Verb.RunAsync(Replace, [], ("Migration:Database", database), ("Migration:SourceAddress", from), ("Migration:TargetAddress", to));

        result.Exit.ShouldBe(2, result.All);
        result.Errors.ShouldContain(error);
    }

    [Theory]
    [InlineData(Replace, "--batch=0", "--batch must be a number of rows")]
    [InlineData(Replace, "--batch=x", "--batch must be a number of rows")]
    [InlineData(Replace, "--from=https://x.example/", "but not --from")]
    [InlineData(Replace, "--cursor=nothing", "there is no run 'nothing'")]
    [InlineData("extended-url-replacement/replace", "--from=x", "--from must be an address")]
    [InlineData("extended-url-replacement/replace-json", "--to=https://old.example.org/", "must differ")]
    public async Task A_wrong_argument_is_named(string name, string argument, string error)
    {
        await using var site = await OpenAsync(Sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)");

        var result = await site.VerbAsync(name, argument);

        result.Exit.ShouldBe(2, result.All);
        result.Errors.ShouldContain(error);
    }

    [Fact]
    public async Task A_cursor_of_another_replacement_is_refused()
    {
        await using var site = await OpenAsync(Sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)");
        var first = await site.VerbAsync(Replace);

        var other = await site.MappedAsync(Replace, From, "https://third.example/", $"--cursor={first.Cursor}");

        other.Exit.ShouldBe(2, other.All);
        other.Errors.ShouldContain("--cursor must be of a run of");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_in_a_line()
    {
        var result = await Verb.RunAsync(Replace, [], ("Migration:Database", "postgres://postgres:secret@127.0.0.1:1/site"), ("Migration:SourceAddress", From), ("Migration:TargetAddress", To));

        result.Exit.ShouldBe(1, result.All);
        result.All.ShouldContain("FAILED: the site's database said");
        result.All.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_connection_string_is_taken_too()
    {
        await using var site = await OpenAsync(Postgres, $"CREATE TABLE t (id int PRIMARY KEY, body text); INSERT INTO t VALUES (1, '{From}1')");
        var server = await ServerAsync();

        var result = await Verb.RunAsync(Replace, [], ("Migration:Database", server.ConnectionString(site.Address[(site.Address.LastIndexOf('/') + 1)..])), ("Migration:SourceAddress", From), ("Migration:TargetAddress", To));

        result.Exit.ShouldBe(0, result.All);
        (await site.AskAsync("SELECT body FROM t")).ShouldBe($"{To}1");
    }
}
