using StorageMigration.Migration;
using StorageMigration.Tests.Urls;

namespace StorageMigration.Tests.Objects;

[Trait("Part", "samples")]
public sealed class SiteTextsTests
{
    private const string Address = "https://old.test/";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("see https://old.test/a/b.jpg.", "a/b.jpg")]
    [InlineData("<img src='https://old.test/a%20b.jpg'><img src=\"https://old.test/c.png?width=3\">", "a b.jpg", "c.png")]
    [InlineData("""{"url":"https:\/\/old.test\/x\/y.webp","again":["https://old.test/x/z.webp"]}""", "x/y.webp", "x/z.webp")]
    [InlineData("""{"url":"https://old.test/\u00e9&amp;x.jpg"} https://old.test/y.jpg!""", "é", "y.jpg")]
    [InlineData("https://old.test/ https://old.test/folder/ https://older.test/a.jpg")]
    public void The_objects_of_a_text_are_found(string text, params string[] keys) => SiteTexts.Keys(text, Address).ShouldBe(keys);

    [Fact]
    [Trait("Store", "postgres")]
    public async Task They_are_found_in_every_text_column_of_PostgreSQL()
    {
        await using var site = await SiteUnderTest.OpenAsync(
            SiteUnderTest.Postgres,
            """
            CREATE SCHEMA "the site";
            CREATE TABLE "the site"."Pages" (id bigint PRIMARY KEY, "Body" text, data jsonb, short varchar(200), hits int);
            INSERT INTO "the site"."Pages" VALUES (1, 'https://old.test/body.jpg', '{"a":"https://old.test/json.jpg"}', 'https://old.test/short.jpg', 3), (2, NULL, NULL, '', 0);
            """);

        var keys = new List<string>();
        await foreach (var key in SiteTexts.KeysAsync(site.Address, Address, Cancel))
            keys.Add(key);

        keys.ShouldBe(["body.jpg", "json.jpg", "short.jpg"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_database_of_another_kind_is_refused()
        => await Should.ThrowAsync<ArgumentException>(async () =>
        {
            await foreach (var _ in SiteTexts.KeysAsync("mysql://host/db", Address, Cancel))
                continue;
        });
}
