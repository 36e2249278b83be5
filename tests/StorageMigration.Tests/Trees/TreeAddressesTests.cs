using Microsoft.Extensions.Options;
using StorageMigration.Trees;

namespace StorageMigration.Tests.Trees;

[Trait("Part", "samples")]
public sealed class TreeAddressesTests : IDisposable
{
    private readonly TreeFolder _folder = new();

    [Fact]
    public void An_owner_s_paths_lie_below_his_tree()
    {
        var addresses = Addresses(_folder["trees"]);

        addresses.Resolve(new CopyTree("photos/2024", "/" + _folder["trees/ann/copy"].TrimStart('/')), "ann")
            .ShouldBe((_folder["trees/ann/photos/2024"], _folder["trees/ann/copy"]));
        addresses.Resolve(new CopyTree("from", $"file://{_folder["trees/ann/to%20be"]}"), "ann").Target.ShouldBe(_folder["trees/ann/to be"]);
    }

    [Theory]
    [InlineData("BASE/bob/files", "must lie below")]
    [InlineData("BASE/ann2/files", "must lie below")]
    [InlineData("BASE", "must lie below")]
    [InlineData("/etc", "must lie below")]
    [InlineData("file:///etc", "must lie below")]
    [InlineData("file://server/etc", "must lie below")]
    [InlineData("../bob", "'..'")]
    [InlineData("photos/../../bob", "'..'")]
    [InlineData("BASE/ann/../bob", "'..'")]
    [InlineData("file://BASE/ann/%2e%2e/bob", "'..'")]
    [InlineData("BASE/ann/link", "link")]
    [InlineData("link/secret", "link")]
    [InlineData("s3://bucket/ann", "must lie below")]
    [InlineData("s3://shared/ann2/x", "must lie below")]
    [InlineData("s3://shared/ann/x?endpoint=http://evil.example", "must lie below")]
    [InlineData("gdrive:OTHER", "must lie below")]
    [InlineData("s3://shared/ann/x#y?endpoint=http://store.example", "'#'")]
    [InlineData("s3://shared/ann/#?endpoint=http://store.example", "'#'")]
    [InlineData("file://BASE/ann/x#/../y", "'..'")]
    [InlineData("file://BASE/ann/x#y", "'#'")]
    [InlineData("", "must be named")]
    public void What_leads_out_of_an_owner_s_trees_is_refused(string address, string why)
    {
        _folder.Write("trees/bob/secret");
        Directory.CreateDirectory(_folder["trees/ann"]);
        Directory.CreateSymbolicLink(_folder["trees/ann/link"], _folder["trees/bob"]);
        var addresses = Addresses(_folder["trees"], "s3://shared/ann/?endpoint=http://store.example", "gdrive:MINE");
        address = address.Replace("BASE", _folder["trees"], StringComparison.Ordinal);

        Should.Throw<TreeRefusedException>(() => addresses.Resolve(new CopyTree(address, "fine"), "ann")).Message.ShouldContain(why);
        Should.Throw<TreeRefusedException>(() => addresses.Resolve(new CopyTree("fine", address), "ann")).Message.ShouldContain(why);
    }

    [Fact]
    public void A_path_may_have_a_number_sign_in_its_names_and_an_address_may_not()
    {
        Addresses(_folder["trees"]).Resolve(new CopyTree("a#b", "fine"), "ann").Source.ShouldBe(_folder["trees/ann/a#b"]);
        Should.Throw<TreeRefusedException>(() => Addresses("s3://base/all?endpoint=http://store.example").Resolve(new CopyTree("a#b", "fine"), "ann")).Message.ShouldContain("%23");
        Should.Throw<TreeRefusedException>(() => Addresses(_folder["trees"]).Resolve(new CopyTree("s3://b/x#y?endpoint=http://store.example", "/fine"), owner: null)).Message.ShouldContain("%23");
    }

    [Theory]
    [InlineData("s3://shared/ann/photos", "s3://shared/ann/photos?endpoint=http://store.example")]
    [InlineData("s3://shared/ann/photos?endpoint=http://store.example", "s3://shared/ann/photos?endpoint=http://store.example")]
    [InlineData("gdrive:MINE", "gdrive:MINE")]
    [InlineData("gdrive://MINE/", "gdrive://MINE/")]
    public void What_is_allowed_by_name_is_taken(string address, string whole) =>
        Addresses(_folder["trees"], "s3://shared/ann/?endpoint=http://store.example", "gdrive:MINE").Resolve(new CopyTree(address, "fine"), "ann").Source.ShouldBe(whole);

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("ann/../bob")]
    [InlineData("a/b")]
    public void An_owner_whose_name_is_no_folder_s_has_no_tree(string owner) =>
        Should.Throw<TreeRefusedException>(() => Addresses(_folder["trees"]).Resolve(new CopyTree("a", "b"), owner)).Message.ShouldContain("name of a folder");

    [Fact]
    public void Without_a_tree_an_owner_can_copy_nothing() =>
        Should.Throw<TreeRefusedException>(() => Addresses(null).Resolve(new CopyTree("/a", "/b"), "bob")).Message.ShouldContain("Trees:Owners:bob");

    [Theory]
    [InlineData("/a", "/a")]
    [InlineData("/a/b", "/a")]
    [InlineData("/a", "file:///a/b/c")]
    [InlineData("s3://bucket/x", "s3://bucket/x/y")]
    public void A_tree_is_not_copied_into_itself(string source, string target) =>
        Should.Throw<TreeRefusedException>(() => Addresses(null).Resolve(new CopyTree(source, target), owner: null)).Message.ShouldContain("in one another");

    [Fact]
    public void The_operator_copies_from_and_to_anywhere() =>
        Addresses(null).Resolve(new CopyTree("/a", "/ab"), owner: null).ShouldBe(("/a", "/ab"));

    public void Dispose() => _folder.Dispose();

    private static TreeAddresses Addresses(string? common, params string[] ofAnn)
    {
        var settings = new TreeSettings { Base = common };
        if (ofAnn.Length > 0)
            settings.Owners["ann"] = ofAnn;
        return new TreeAddresses(Options.Create(settings));
    }
}
