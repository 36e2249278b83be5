using System.Text.Json;
using StorageMigration.Urls;

namespace StorageMigration.Tests.Urls;

[Trait("Part", "samples")]
public sealed class JsonRewriterTests
{
    private static readonly ColumnRewriter Rewriter = new(AddressForms.Every(AddressMapping.Read("https://old.example.org/", "https://cdn.example.net/a/", "a", "b")), onlyJson: true);
    private static readonly SiteColumn Column = new("meta", ColumnKind.Text);

    [Theory]
    [InlineData("""{"a": "https://old.example.org/1.jpg", "b" : 1.0}""", """{"a": "https://cdn.example.net/a/1.jpg", "b" : 1.0}""")]
    [InlineData("""[1e400,1.10,-0,12345678901234567890.10,"http://old.example.org/x"]""", """[1e400,1.10,-0,12345678901234567890.10,"https://cdn.example.net/a/x"]""")]
    [InlineData("""{"z":1,"a":2,"m":"//old.example.org/x","a2":null}""", """{"z":1,"a":2,"m":"//cdn.example.net/a/x","a2":null}""")]
    [InlineData("""{"a":"https:\/\/old.example.org\/1","b":"https://old.example.org/2"}""", """{"a":"https:\/\/cdn.example.net\/a\/1","b":"https://cdn.example.net/a/2"}""")]
    [InlineData("""{"t":"\u00e9 é 😀 \ud83d\ude00 https://old.example.org/1 \"\u0041\n"}""", """{"t":"\u00e9 é 😀 \ud83d\ude00 https://cdn.example.net/a/1 \"\u0041\n"}""")]
    [InlineData("""{"é😀":"https:\u002f\u002fold.example.org/1","k":"https://old.example.org/2"}""", """{"é😀":"https:\/\/cdn.example.net\/a\/1","k":"https://cdn.example.net/a/2"}""")]
    [InlineData("""{"https://old.example.org/1":{"w":3}}""", """{"https://cdn.example.net/a/1":{"w":3}}""")]
    [InlineData("""{"s":"{\"u\": \"https://old.example.org/1\", \"n\": 1.50}"}""", """{"s":"{\"u\": \"https://cdn.example.net/a/1\", \"n\": 1.50}"}""")]
    [InlineData("""{"s":"{\"u\":\"https:\\\/\\\/old.example.org\\\/1\"}"}""", """{"s":"{\"u\":\"https:\\\/\\\/cdn.example.net\\\/a\\\/1\"}"}""")]
    [InlineData("""{"s":"{\"u\":\"https:\\/\\/old.example.org\\/1\"}"}""", """{"s":"{\"u\":\"https:\\/\\/cdn.example.net\\/a\\/1\"}"}""")]
    [InlineData("""{"s":"[\"{\\\"u\\\":\\\"https://old.example.org/1\\\"}\"]"}""", """{"s":"[\"{\\\"u\\\":\\\"https://cdn.example.net/a/1\\\"}\"]"}""")]
    [InlineData("""{"u":"/go?to=https%3A%2F%2Fold.example.org%2F1"}""", """{"u":"/go?to=https%3A%2F%2Fcdn.example.net%2Fa%2F1"}""")]
    [InlineData("""["lone \ud800 https://old.example.org/1"]""", """["lone \ud800 https://cdn.example.net/a/1"]""")]
    [InlineData("""{"a":1,"a":2,"u":"https://old.example.org/1"}""", """{"a":1,"a":2,"u":"https://cdn.example.net/a/1"}""")]
    public void Only_the_address_in_a_string_is_touched(string before, string after)
    {
        var rewrite = Rewriter.Rewrite(Column, before);

        rewrite.LeftBecause.ShouldBeNull();
        rewrite.Text.ShouldBe(after);
        JsonDocument.Parse(after).Dispose();
        Rewriter.Rewrite(Column, after).ShouldBe(StorageMigration.Urls.Rewrite.Nothing);
    }

    [Theory]
    [InlineData("""{"a":"https://old.example.org/1",}""")]
    [InlineData("""{"a":"https://old.example.org/1" 'b':1}""")]
    [InlineData("""[https://old.example.org/1]""")]
    public void What_is_no_valid_json_is_left_and_told(string text)
    {
        var rewrite = Rewriter.Rewrite(Column, text);

        rewrite.Text.ShouldBeNull();
        rewrite.LeftBecause.ShouldNotBeNull().ShouldContain("no valid JSON");
    }

    [Theory]
    [InlineData("just https://old.example.org/1")]
    [InlineData("<a href=\"https://old.example.org/1\">")]
    public void A_text_that_is_no_json_is_none_of_its_business(string text) => Rewriter.Rewrite(Column, text).ShouldBe(StorageMigration.Urls.Rewrite.Nothing);

    [Fact]
    public void Two_names_never_become_one()
    {
        const string text = """{"https://old.example.org/1":1,"http://old.example.org/1":2}""";

        var rewrite = Rewriter.Rewrite(Column, text);

        rewrite.Text.ShouldBeNull();
        rewrite.LeftBecause.ShouldNotBeNull().ShouldContain("the same");
    }

    [Fact]
    public void Names_in_json_inside_json_never_become_one()
    {
        const string text = """{"s":"{\"https://old.example.org/1\":1,\"//old.example.org/1\":2,\"https://cdn.example.net/a/1\":3}"}""";

        Rewriter.Rewrite(Column, text).LeftBecause.ShouldNotBeNull().ShouldContain("the same");
    }

    [Fact]
    public void Deep_nesting_is_read()
    {
        var text = new string('[', 900) + "\"https://old.example.org/1\"" + new string(']', 900);

        Rewriter.Rewrite(Column, text).Text.ShouldBe(text.Replace("https://old.example.org/", "https://cdn.example.net/a/", StringComparison.Ordinal));
    }
}
