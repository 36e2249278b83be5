using System.Text.Json;
using StorageMigration.Diagnosis;
using StorageMigration.Tests.Urls;
using StorageMigration.Urls;

namespace StorageMigration.Tests.Diagnosis;

[Trait("Part", "samples")]
public sealed class AnalyzeTests : IDisposable
{
    private const string Analyze = "migration-diag/analyze";

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_missing_orphaned_broken_or_there_twice_is_listed()
    {
        await using var site = await SiteUnderTest.OpenAsync(SiteUnderTest.Sqlite, $"""
            CREATE TABLE pages (id INTEGER PRIMARY KEY, body TEXT);
            INSERT INTO pages VALUES (1, '<img src="{SiteUnderTest.From}a.jpg"> {SiteUnderTest.To}only-in-text.jpg, {SiteUnderTest.To}kept.jpg'), (2, 'see {SiteUnderTest.From}gone%20away.jpg.');
            """);
        await PutAsync("source/a.jpg", "same");
        await PutAsync("target/a.jpg", "same");
        await PutAsync("source/not-copied.jpg", "x");
        await PutAsync("source/short.jpg", "long content");
        await PutAsync("target/short.jpg", "short");
        await PutAsync("source/zero.jpg", "content");
        await PutAsync("target/zero.jpg", "");
        await PutAsync("source/other.jpg", "1234567890a");
        await PutAsync("target/other.jpg", "1234567890b");
        await PutAsync("target/orphan.jpg", "nobody");
        await PutAsync("target/kept.jpg", "named by a text");
        await PutAsync("target/twin-1.jpg", "twin content");
        await PutAsync("target/twin-2.jpg", "twin content");
        await PutAsync("target/no-twin.jpg", "twin-content");
        await PutAsync("target/_transforms/a.jpg/320.webp", "a size");
        await PutAsync("target/_transforms/none.jpg/320.webp", "a size of nothing");
        await PutAsync("target/.longhaul-facts/a.jpg.facts.json", "{}"); // what a migration keeps beside the objects of a folder

        var result = await RunAsync(site, "--checksums=1");
        var plain = await RunAsync(site);

        result.Exit.ShouldBe(0, result.All);
        Lines(result, "MISSING").ShouldBe([
            "MISSING gone away.jpg: in pages.body, but not in the source", "MISSING not-copied.jpg: in the source", "MISSING only-in-text.jpg: in pages.body, but not in the source"]);
        Lines(result, "ORPHANED").Select(static line => line.Split(' ', ':')[1]).ShouldBe(["_transforms/none.jpg/320.webp", "no-twin.jpg", "orphan.jpg", "twin-1.jpg", "twin-2.jpg"]);
        Lines(result, "BROKEN").ShouldBe([
            "BROKEN short.jpg: 5 bytes, but 12 in the source", "BROKEN zero.jpg: empty, but has 7 bytes in the source", "BROKEN other.jpg: its content differs from the source's"]);
        Lines(result, "DUPLICATED").ShouldBe(["DUPLICATED twin-2.jpg: has the content of twin-1.jpg (12 bytes)"]);
        result.All.ShouldContain("3 missing, 5 orphaned, 3 broken, 1 duplicated");
        plain.All.ShouldContain("2 broken");
        plain.All.ShouldContain("--checksums reads all that have none");

        var files = Directory.GetFiles(_folder.File("root/diagnosis"));
        files.Length.ShouldBe(2, "one report a run; the work file is gone");
        var file = files.Single(name => result.All.Contains(name, StringComparison.Ordinal));
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file, Cancel));
        report.RootElement.GetProperty("counts").GetProperty("orphaned").GetInt64().ShouldBe(5);
        report.RootElement.GetProperty("missing").EnumerateArray().Select(static finding => finding.GetProperty("key").GetString()).ShouldBe(["gone away.jpg", "not-copied.jpg", "only-in-text.jpg"]);
    }

    [Fact]
    public async Task Long_lists_are_whole_in_the_report_only()
    {
        for (var i = 0; i < 30; i++)
            await PutAsync($"source/{i:00}.jpg", $"{i:00}");

        var result = await RunAsync(site: null);

        Lines(result, "MISSING").Length.ShouldBe(21);
        result.All.ShouldContain("MISSING: 10 more, in ");
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(Directory.GetFiles(_folder.File("root/diagnosis")).Single(), Cancel));
        report.RootElement.GetProperty("missing").GetArrayLength().ShouldBe(30);
    }

    [Fact]
    public async Task A_source_that_is_not_there_is_no_empty_one()
    {
        await PutAsync("target/a.jpg", "x");

        var result = await RunAsync(site: null);

        result.Exit.ShouldBe(2);
        result.Errors.ShouldContain("The source must be a folder that is there");
    }

    [Fact]
    public async Task There_must_be_something_to_compare_with()
    {
        var result = await Verb.RunAsync(Analyze, [], ("Migration:Target", _folder.Path));

        result.Exit.ShouldBe(2);
        result.Errors.ShouldContain("Migration:Source or Migration:Database must be set");
    }

    [Theory]
    [InlineData("x https://old.example.org/a/b.jpg y", "a/b.jpg")]
    [InlineData("(https://old.example.org/a.jpg) [https://old.example.org/b.jpg?v=1#x]", "a.jpg|b.jpg")]
    [InlineData("https://old.example.org/a.jpg, https://cdn.example.net/assets/b.jpg.", "a.jpg|b.jpg")]
    [InlineData("""{"u":"https:\/\/old.example.org\/a\/b.jpg","v":"https://old.example.org/\u00e9.jpg"}""", "a/b.jpg|é.jpg")]
    [InlineData("https%3A%2F%2Fold.example.org%2Fa%2Fb%2520c.jpg&x=1", "a/b c.jpg")]
    [InlineData("https://old.example.org/a%20b.jpg", "a b.jpg")]
    [InlineData("https://old.example.org/ https://old.example.org/folder/", "")]
    public void Keys_are_read_from_texts(string text, string keys)
        => string.Join('|', new TextKeys(AddressMapping.Read(SiteUnderTest.From, SiteUnderTest.To, "a", "b"), "").In(text)).ShouldBe(keys);

    public void Dispose() => _folder.Dispose();

    private Task<VerbResult> RunAsync(SiteUnderTest? site, params string[] arguments) => Verb.RunAsync(Analyze, arguments,
        ("Migration:Source", _folder.File("source")), ("Migration:Target", _folder.File("target")), ("Migration:Database", site?.Address ?? ""), ("Migration:Root", _folder.File("root")),
        ("Migration:SourceAddress", SiteUnderTest.From), ("Migration:TargetAddress", SiteUnderTest.To));

    private static string[] Lines(VerbResult result, string kind) => [.. result.Lines.Where(line => line.StartsWith(kind, StringComparison.Ordinal))];

    private async Task PutAsync(string name, string content) => await File.WriteAllTextAsync(_folder.File(name), content, Cancel);
}
