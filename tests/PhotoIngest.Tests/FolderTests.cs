using PhotoIngest.Library;

namespace PhotoIngest.Tests;

[Trait("Part", "samples")]
public sealed class FolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void A_walk_goes_on_after_any_path_also_after_one_that_has_gone()
    {
        Make("b/2.jpg", "a.jpg", "b/1.jpg", "c.jpg");

        var folder = new PhotoFolder(_folder.Path, except: "");

        folder.After(null).ShouldBe(["a.jpg", "b/1.jpg", "b/2.jpg", "c.jpg"]);
        folder.After("b/1.jpg").ShouldBe(["b/2.jpg", "c.jpg"]);
        folder.After("b/1.png").ShouldBe(["b/2.jpg", "c.jpg"]);
        folder.After("c.jpg").ShouldBeEmpty();
    }

    [Fact]
    public void What_nobody_would_miss_is_left_out_and_so_is_our_own_folder()
    {
        Make("a.jpg", ".hidden.jpg", ".git/x.jpg", "Thumbs.db", "a.XMP", "out/previews/x.jpg", "notes.txt");

        new PhotoFolder(_folder.Path, except: Path.Combine(_folder.Path, "out")).After(null).ShouldBe(["a.jpg", "notes.txt"]);
    }

    [Fact]
    public void A_link_that_leads_back_is_not_followed()
    {
        Make("a.jpg");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "loop"), _folder.Path);

        new PhotoFolder(_folder.Path, except: "").After(null).ShouldBe(["a.jpg"]);
    }

    public void Dispose() => _folder.Dispose();

    private void Make(params string[] names)
    {
        foreach (var name in names)
            File.WriteAllText(_folder.File(name), "");
    }
}
