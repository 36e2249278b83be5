using PhotoIngest.Demo;
using PhotoIngest.Imaging;

namespace PhotoIngest.Tests;

/// <summary>Renders pictures to test with, and looks at pixels.</summary>
internal static class Pictures
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A picture whose four quarters have a colour each, stored as a camera held this way stores it.</summary>
    public static async Task QuartersAsync(string file, int width, int height, int orientation = 1)
    {
        var (w, h) = (width / 2, height / 2);
        var svg = new Scene(0, width, height, orientation).Svg($"""
            <rect width="{w}" height="{h}" fill="rgb(255,0,0)"/><rect x="{w}" width="{w}" height="{h}" fill="rgb(0,255,0)"/>
            <rect y="{h}" width="{w}" height="{h}" fill="rgb(0,0,255)"/><rect x="{w}" y="{h}" width="{w}" height="{h}" fill="rgb(255,255,0)"/>
            """);
        await File.WriteAllTextAsync(file + ".svg", svg, Cancel);
        await RunAsync("vips", "copy", file + ".svg", file);
        File.Delete(file + ".svg");
        if (orientation != 1)
            await RunAsync("exiftool", "-overwrite_original", $"-Orientation#={orientation}", file);
    }

    /// <summary>Any picture; another number, another content.</summary>
    public static async Task SceneAsync(string file, int number, int width = 320, int height = 240)
    {
        await File.WriteAllTextAsync(file + ".svg", new Scene(number, width, height).ToSvg(), Cancel);
        await RunAsync("vips", "copy", file + ".svg", file);
        File.Delete(file + ".svg");
    }

    /// <summary>The colours in the corners: red, green, blue, yellow when it is upright.</summary>
    public static async Task<string[]> CornersAsync(string jpeg)
    {
        var (width, height) = Size(jpeg);
        var raw = jpeg + ".raw";
        await RunAsync("vips", "rawsave", jpeg, raw);
        var pixels = await File.ReadAllBytesAsync(raw, Cancel);
        File.Delete(raw);
        pixels.Length.ShouldBe(width * height * 3, "three bands, as sRGB has");
        return [Colour(0.1, 0.1), Colour(0.9, 0.1), Colour(0.1, 0.9), Colour(0.9, 0.9)];

        string Colour(double x, double y)
        {
            var at = ((int)(y * height) * width + (int)(x * width)) * 3;
            return (pixels[at] > 200, pixels[at + 1] > 200, pixels[at + 2] > 200) switch
            {
                (true, false, false) => "red",
                (false, true, false) => "green",
                (false, false, true) => "blue",
                (true, true, false) => "yellow",
                _ => $"{pixels[at]},{pixels[at + 1]},{pixels[at + 2]}",
            };
        }
    }

    public static (int Width, int Height) Size(string jpeg)
    {
        var shape = Shape.OfJpeg(jpeg).ShouldNotBeNull();
        shape.Orientation.ShouldBeNull("the pixels are upright, so nothing may say that they are not");
        return (shape.Width, shape.Height);
    }

    public static async Task RunAsync(string program, params string[] arguments)
    {
        var result = await ToolProcess.RunAsync(new ToolCall(program, arguments, Limit), TimeProvider.System, Cancel);
        result.ExitCode.ShouldBe(0, result.Error);
    }
}
