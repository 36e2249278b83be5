using Microsoft.Extensions.Options;
using PhotoIngest.Imaging;

namespace PhotoIngest.Tests;

/// <summary>What is a photo, what is not, and what people are told about it.</summary>
[Trait("Part", "samples")]
public sealed class ReadableTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Vips _vips = new(Options.Create(new PhotoOptions()), TimeProvider.System);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("FFD8FFE0", "a.JPEG", ".jpeg")]
    [InlineData("FFD8FFE0", "a.txt", ".jpg")]
    [InlineData("49492A00", "a.nef", ".nef")]
    [InlineData("0000002066747970686569630000", "a.HEIC", ".heic")]
    public void The_content_decides_and_the_name_is_kept_where_it_fits(string head, string name, string extension) =>
        FileProbe.ExtensionOf(Convert.FromHexString(head), name).ShouldBe(extension);

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("68656C6C6F0A776F726C64", "not a photo: a text file")]
    [InlineData("000000206674797069736F6D", "not a photo: a video")]
    [InlineData("255044462D312E37", "not a photo: a PDF document")]
    [InlineData("00010203", "not a photo: of no known kind (begins with 00010203)")]
    public void What_is_no_photo_is_named(string head, string reason) =>
        Should.Throw<UnreadablePhotoException>(() => FileProbe.ExtensionOf(Convert.FromHexString(head), "a.jpg")).Message.ShouldBe(reason);

    [Theory, InlineData("a.jpg"), InlineData("a.png"), InlineData("a.tif"), InlineData("a.webp")]
    public async Task A_photo_that_is_cut_off_is_refused_with_a_reason(string name)
    {
        await Pictures.SceneAsync(_folder.File(name), 1);
        var whole = await File.ReadAllBytesAsync(_folder.File(name), Cancel);
        await File.WriteAllBytesAsync(_folder.File("cut-" + name), whole[..(whole.Length / 2)], Cancel);

        var shrink = _vips.ShrinkAsync(_folder.File("cut-" + name), _folder.File("p.jpg"), 2048, Cancel);

        var reason = (await Should.ThrowAsync<UnreadablePhotoException>(shrink)).Message;
        reason.ShouldMatch("cut off|damaged");
        reason.ShouldNotContain(_folder.Path);
    }

    [Fact]
    public async Task A_tool_that_is_not_there_says_what_to_install()
    {
        var run = ToolProcess.RunAsync(new ToolCall("no-such-tool", [], TimeSpan.FromSeconds(1)), TimeProvider.System, Cancel);

        (await Should.ThrowAsync<ToolException>(run)).Message.ShouldContain("libvips-tools");
    }

    [Fact]
    public async Task A_tool_that_hangs_is_killed()
    {
        var run = ToolProcess.RunAsync(new ToolCall("sleep", ["60"], TimeSpan.FromMilliseconds(100)), TimeProvider.System, Cancel);

        (await Should.ThrowAsync<ToolException>(run)).Message.ShouldContain("took longer than");
    }

    public void Dispose() => _folder.Dispose();
}
