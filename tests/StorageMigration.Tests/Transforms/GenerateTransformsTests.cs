using System.Diagnostics;
using StorageMigration.Tests.Urls;

namespace StorageMigration.Tests.Transforms;

[Trait("Part", "samples")]
public sealed class GenerateTransformsTests : IDisposable
{
    private const string Generate = "transform-pre-generation/generate";

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sizes_are_made_of_every_image_and_of_nothing_else()
    {
        await PictureAsync("a/wide.png", 1000, 500);
        await PictureAsync("small.jpg", 100, 80);
        await File.WriteAllTextAsync(_folder.File("notes.txt"), "no image", Cancel);

        var result = await RunAsync("--sizes=320,640", "--formats=webp,jpg");

        result.Exit.ShouldBe(0, result.All);
        result.All.ShouldContain("Made 8 sizes");
        (await SizeAsync("_transforms/a/wide.png/320.webp")).ShouldBe((320, 160));
        (await SizeAsync("_transforms/a/wide.png/640.jpg")).ShouldBe((640, 320));
        (await SizeAsync("_transforms/small.jpg/640.webp")).ShouldBe((100, 80), "nothing is enlarged");
        Directory.GetFiles(Path.Combine(_folder.Path, "_transforms"), "*", SearchOption.AllDirectories).Length.ShouldBe(8);
    }

    [Fact]
    public async Task What_is_there_and_newer_is_left_and_what_is_older_made_anew()
    {
        await PictureAsync("a.png", 400, 200);
        await PictureAsync("b.png", 400, 200);
        await RunAsync("--sizes=320", "--formats=jpg");
        var made = File.GetLastWriteTimeUtc(_folder.File("_transforms/a.png/320.jpg"));
        await PictureAsync("b.png", 200, 400);
        File.SetLastWriteTimeUtc(_folder.File("b.png"), made.AddMinutes(1));

        var again = await RunAsync("--sizes=320", "--formats=jpg");

        again.All.ShouldContain("Made 1 sizes");
        again.All.ShouldContain("1 images were up to date");
        File.GetLastWriteTimeUtc(_folder.File("_transforms/a.png/320.jpg")).ShouldBe(made);
        (await SizeAsync("_transforms/b.png/320.jpg")).ShouldBe((200, 400));
    }

    [Fact]
    public async Task It_goes_on_behind_the_cursor_that_it_printed()
    {
        foreach (var name in (string[])["a.png", "b.png", "c.png"])
            await PictureAsync(name, 100, 100);
        var first = await RunAsync("--sizes=50", "--formats=jpg");
        Directory.Delete(_folder.File("_transforms"), recursive: true);

        var result = await RunAsync("--sizes=50", "--formats=jpg", "--cursor=b.png");

        first.Cursor.ShouldBe("c.png");
        result.All.ShouldContain("Made 1 sizes");
        result.Lines.ShouldContain(static line => line.Contains("\"done\":3,\"total\":3", StringComparison.Ordinal));
        File.Exists(_folder.File("_transforms/c.png/50.jpg")).ShouldBeTrue();
    }

    [Fact]
    public async Task Images_that_cannot_be_read_are_told_and_do_not_stop_the_others()
    {
        await PictureAsync("good.png", 100, 100);
        await File.WriteAllTextAsync(_folder.File("text.jpg"), "no picture", Cancel);
        await File.WriteAllBytesAsync(_folder.File("empty.png"), [], Cancel);
        await PictureAsync("cut.jpg", 300, 300);
        await using (var cut = new FileStream(_folder.File("cut.jpg"), FileMode.Open))
            cut.SetLength(cut.Length / 2);

        var result = await RunAsync("--sizes=50", "--formats=jpg");

        result.Exit.ShouldBe(0, result.All);
        result.All.ShouldContain("UNREADABLE empty.png: it is empty");
        result.All.ShouldContain("UNREADABLE text.jpg: vips:");
        result.All.ShouldContain("UNREADABLE cut.jpg: vips:");
        result.All.ShouldContain("Made 1 sizes");
        result.All.ShouldContain("3 cannot be read");
        result.Lines.Where(static line => line.StartsWith("UNREADABLE", StringComparison.Ordinal)).ShouldAllBe(static line => !line.Contains(Path.GetTempPath()), "paths of working copies say nothing to people");
    }

    [Fact]
    public async Task It_fails_when_no_image_at_all_can_be_read()
    {
        await File.WriteAllTextAsync(_folder.File("text.jpg"), "no picture", Cancel);

        (await RunAsync("--sizes=50")).Exit.ShouldBe(1);
    }

    [Fact]
    public async Task A_dry_run_makes_nothing()
    {
        await PictureAsync("a.png", 100, 100);

        var result = await RunAsync("--sizes=50,60", "--formats=jpg", "--dryRun=1");

        result.All.ShouldContain("Would make 2 sizes");
        Directory.Exists(_folder.File("_transforms/a.png")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("--sizes=0", "Each size must be a width in pixels from 1 to 16384")]
    [InlineData("--sizes=20000", "Each size must be a width in pixels from 1 to 16384")]
    [InlineData("--formats=bmp", "Each format must be one of")]
    public async Task A_wrong_size_or_format_is_named(string argument, string error)
    {
        var result = await RunAsync(argument);

        result.Exit.ShouldBe(2);
        result.Errors.ShouldContain(error);
    }

    public void Dispose() => _folder.Dispose();

    private Task<VerbResult> RunAsync(params string[] arguments) => Verb.RunAsync(Generate, arguments, ("Migration:Target", _folder.Path));

    private async Task PictureAsync(string name, int width, int height)
    {
        var file = _folder.File(name);
        await VipsAsync("gaussnoise", file + ".v", $"{width}", $"{height}");
        await VipsAsync("cast", file + ".v", file, "uchar");
        File.Delete(file + ".v");
    }

    private async Task<(int Width, int Height)> SizeAsync(string name)
        => (int.Parse(await ProgramAsync("vipsheader", ["-f", "width", _folder.File(name)]), System.Globalization.CultureInfo.InvariantCulture),
            int.Parse(await ProgramAsync("vipsheader", ["-f", "height", _folder.File(name)]), System.Globalization.CultureInfo.InvariantCulture));

    private static Task<string> VipsAsync(string operation, params string[] arguments) => ProgramAsync("vips", [operation, .. arguments]);

    private static async Task<string> ProgramAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Cancel), process.StandardError.ReadToEndAsync(Cancel));
        await process.WaitForExitAsync(Cancel);
        process.ExitCode.ShouldBe(0, output[1]);
        return output[0].Trim();
    }
}
