using StorageMigration.Urls;

namespace StorageMigration.Tests.Urls;

[Trait("Part", "samples")]
public sealed class AddressFormsTests
{
    private const string Bucket = "https://assets.s3.eu-west-1.amazonaws.com/site/";
    private const string Cdn = "https://cdn.example.net/";

    [Theory]
    [InlineData("https://assets.s3.eu-west-1.amazonaws.com/site/a.jpg", "https://cdn.example.net/a.jpg")]
    [InlineData("http://assets.s3.eu-west-1.amazonaws.com/site/a.jpg", "https://cdn.example.net/a.jpg")]
    [InlineData("src=\"//assets.s3.eu-west-1.amazonaws.com/site/a.jpg\"", "src=\"//cdn.example.net/a.jpg\"")]
    [InlineData("https://assets.s3.amazonaws.com/site/a.jpg", "https://cdn.example.net/a.jpg")]
    [InlineData("https://s3.amazonaws.com/assets/site/a.jpg", "https://cdn.example.net/a.jpg")]
    [InlineData("https://s3.eu-west-1.amazonaws.com/assets/site/a.jpg", "https://cdn.example.net/a.jpg")]
    [InlineData("http://s3-eu-west-1.amazonaws.com/assets/site/a.jpg", "https://cdn.example.net/a.jpg")]
    [InlineData("https://assets.s3.dualstack.eu-west-1.amazonaws.com/site/a.jpg", "https://cdn.example.net/a.jpg")]
    [InlineData("https%3A%2F%2Fassets.s3.eu-west-1.amazonaws.com%2Fsite%2Fa.jpg", "https%3A%2F%2Fcdn.example.net%2Fa.jpg")]
    [InlineData("u=https%3a%2f%2fassets.s3.eu-west-1.amazonaws.com%2fsite%2fa.jpg", "u=https%3a%2f%2fcdn.example.net%2fa.jpg")]
    [InlineData("""{"u":"https:\/\/assets.s3.eu-west-1.amazonaws.com\/site\/a.jpg"}""", """{"u":"https:\/\/cdn.example.net\/a.jpg"}""")]
    [InlineData("""{"u":"\"https:\\\/\\\/s3.amazonaws.com\\\/assets\\\/site\\\/a.jpg\""}""", """{"u":"\"https:\\\/\\\/cdn.example.net\\\/a.jpg\""}""")]
    [InlineData("https://other.s3.eu-west-1.amazonaws.com/site/a.jpg", null)]
    [InlineData("https://assets.s3.eu-west-1.amazonaws.com/elsewhere/a.jpg", null)]
    [InlineData("https://s3.amazonaws.com/assets2/site/a.jpg", null)]
    [InlineData("ftp://assets.s3.eu-west-1.amazonaws.com/site/a.jpg", null)]
    [InlineData("ftp%3A%2F%2Fassets.s3.eu-west-1.amazonaws.com%2Fsite%2Fa.jpg", null)]
    public void Every_form_of_an_address_is_replaced_in_its_own_form(string before, string? after) => Rewrite(Bucket, Cdn, before).ShouldBe(after ?? before);

    [Theory]
    [InlineData("https://space.nyc3.digitaloceanspaces.com/", "https://space.nyc3.cdn.digitaloceanspaces.com/a.jpg")]
    [InlineData("https://space.nyc3.cdn.digitaloceanspaces.com/", "https://nyc3.digitaloceanspaces.com/space/a.jpg")]
    [InlineData("https://nyc3.digitaloceanspaces.com/space/", "http://space.nyc3.digitaloceanspaces.com/a.jpg")]
    public void Spaces_have_their_own_forms(string from, string text) => Rewrite(from, Cdn, text).ShouldBe("https://cdn.example.net/a.jpg");

    [Theory]
    [InlineData("http://127.0.0.1:4566/assets/site/a.jpg")]
    [InlineData("https://assets.127.0.0.1:4566/site/a.jpg")]
    public void The_end_point_of_the_store_gives_more_forms(string text)
    {
        var forms = AddressForms.Every(AddressMapping.Read("https://old.example.org/", Cdn, "a", "b"), "s3://assets/site/?region=us-east-1&endpoint=http%3A%2F%2F127.0.0.1%3A4566");

        TextEdit.Apply(text, new TextRewriter(forms).FindEdits(text)).ShouldBe("https://cdn.example.net/a.jpg");
    }

    [Fact]
    public void The_region_of_the_store_gives_more_forms()
    {
        var forms = AddressForms.Every(AddressMapping.Read("https://assets.s3.amazonaws.com/", Cdn, "a", "b"), "s3://assets?region=eu-west-1");

        forms.ShouldContain(static form => form.Find == "https://assets.s3.eu-west-1.amazonaws.com/");
    }

    [Theory]
    [InlineData("https://a.example/x", "https://b.example/x", "https://a.example/x/1.jpg", "https://b.example/x/1.jpg")]
    [InlineData("https://a.example/x", "https://b.example/x", "see https://a.example/x.", "see https://b.example/x.")]
    [InlineData("https://a.example/x", "https://b.example/x", "https://a.example/x?v=1 https://a.example/x#y", "https://b.example/x?v=1 https://b.example/x#y")]
    [InlineData("https://a.example/x", "https://b.example/x", "https://a.example/x2/1.jpg https://a.example/x-y https://a.example/x.old/1 https://a.example/x%20y https://a.example/x_1", null)]
    [InlineData("https://a.example", "https://b.example", "https://a.example.org/1 https://a.example:8080/1 https://a.example@evil.example/1 https://a.examples/1", null)]
    public void An_address_without_a_slash_ends_where_its_name_ends(string from, string to, string before, string? after)
        => TextEdit.Apply(before, new TextRewriter(AddressForms.Exact(AddressMapping.Read(from, to, "a", "b"))).FindEdits(before)).ShouldBe(after ?? before);

    [Theory]
    [InlineData("https://a.example/", "https://a.example/new/", "x https://a.example/1 https://a.example/new/2", "x https://a.example/new/1 https://a.example/new/2")]
    [InlineData("https://a.example/", "https://proxy.example/https://a.example/", "https://a.example/1,https://proxy.example/https://a.example/2", "https://proxy.example/https://a.example/1,https://proxy.example/https://a.example/2")]
    [InlineData("http://a.example/", "https://a.example/", "http://a.example/1 https://a.example/2 //a.example/3", "https://a.example/1 https://a.example/2 //a.example/3")]
    public void A_new_address_that_contains_the_old_one_is_left(string from, string to, string before, string after)
    {
        var rewriter = new TextRewriter(AddressForms.Every(AddressMapping.Read(from, to, "a", "b")));

        var once = TextEdit.Apply(before, rewriter.FindEdits(before));

        once.ShouldBe(after);
        rewriter.FindEdits(once).ShouldBeEmpty();
    }

    [Fact]
    public void A_text_in_which_the_old_address_would_come_up_again_is_left()
    {
        // What is put in ends with the beginning of what is looked for.
        var forms = new[] { new AddressForm("odd", "ab/ab/", "x/ab/") };

        var rewrite = new ColumnRewriter(forms).Rewrite(new SiteColumn("body", ColumnKind.Text), "ab/ab/ab/");

        rewrite.Text.ShouldBeNull();
        rewrite.LeftBecause.ShouldNotBeNull();
    }

    [Fact]
    public void What_a_database_looks_for_is_in_every_form()
    {
        var forms = AddressForms.Every(AddressMapping.Read(Bucket, Cdn, "a", "b"));
        var needles = AddressForms.Needles(forms);

        forms.ShouldAllBe(form => needles.Any(needle => form.Find.Contains(needle)));
        needles.ShouldAllBe(needle => !needles.Any(other => other != needle && needle.Contains(other)));
    }

    private static string Rewrite(string from, string to, string text)
    {
        var rewriter = new TextRewriter(AddressForms.Every(AddressMapping.Read(from, to, "a", "b")));
        var result = TextEdit.Apply(text, rewriter.FindEdits(text));
        rewriter.FindEdits(result).ShouldBeEmpty();
        return result;
    }
}
