using Microsoft.Extensions.Options;
using PhotoIngest.Imaging;

namespace PhotoIngest.Demo;

/// <summary>
/// Makes a small set of photos to try the ingest on: rendered here, so nothing foreign is needed. Several cameras and places, every way to hold
/// a camera, a raw file, large and small ones, one twice, one cut off, and one that is none.
/// </summary>
internal sealed class SampleSet(IOptions<PhotoOptions> options, TimeProvider time)
{
    private static readonly SampleCamera[] Cameras =
    [
        new("NIKON CORPORATION", "NIKON D750", "AF-S NIKKOR 24-70mm f/2.8E ED VR", 43.4675, 11.8851),
        new("Canon", "Canon EOS R6", "RF24-105mm F4 L IS USM", 47.5596, 7.5886),
        new("FUJIFILM", "X-T4", "XF35mmF1.4 R", -33.8568, 151.2153),
        new("Apple", "iPhone 13", "iPhone 13 back camera 5.1mm f/1.6", null, null),
    ];

    /// <summary>Makes the set, unless it is there: all of it or nothing.</summary>
    public async Task MakeAsync(string folder, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder))
            return;

        var work = folder + ".new";
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
        var photos = Photos().ToList();
        foreach (var photo in photos)
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(work, photo.Name))!);

        await Parallel.ForEachAsync(photos, cancellationToken, async (photo, token) => await RenderAsync(photo.Scene, Path.Combine(work, photo.Name), token));
        await TagAsync(work, photos, cancellationToken);
        AddOddOnes(work, photos);
        Directory.Move(work, folder);
    }

    private static IEnumerable<SamplePhoto> Photos()
    {
        for (var orientation = 1; orientation <= 8; orientation++)
            yield return new($"held/orientation-{orientation}.jpg", new Scene(orientation, 1200, 800, orientation), Cameras[orientation % 4]);
        for (var number = 9; number <= 18; number++)
            yield return new($"trip/IMG_{1000 + number}.jpg", new Scene(number, 1600, 1067), Cameras[number % 4]);
        yield return new("trip/panorama.jpg", new Scene(19, 6000, 2000), Cameras[0]);
        yield return new("trip/large.jpg", new Scene(20, 4200, 2800, 6), Cameras[1]);
        yield return new("trip/raw.dng", new Scene(21, 2400, 1600), Cameras[0]);
        yield return new("scans/scan.tif", new Scene(22, 1400, 1000), null);
        yield return new("scans/screen.png", new Scene(23, 800, 600), null);
        yield return new("scans/tiny.jpg", new Scene(24, 160, 120), null);
    }

    private async Task RenderAsync(Scene scene, string target, CancellationToken cancellationToken)
    {
        var svg = target + ".svg";
        await File.WriteAllTextAsync(svg, scene.ToSvg(), cancellationToken);
        var isRaw = target.EndsWith(".dng", StringComparison.Ordinal);
        var picture = isRaw ? target + ".jpg" : target;
        await RunAsync("vips", ["copy", svg, picture], cancellationToken);
        if (isRaw)
        {
            await File.WriteAllBytesAsync(target, RawFile.Create(await File.ReadAllBytesAsync(picture, cancellationToken), scene.Width, scene.Height), cancellationToken);
            File.Delete(picture);
        }

        File.Delete(svg);
    }

    /// <summary>All in one run of exiftool, which is slow to start.</summary>
    private async Task TagAsync(string folder, List<SamplePhoto> photos, CancellationToken cancellationToken)
    {
        var arguments = Path.Combine(folder, "exiftool.args");
        await File.WriteAllLinesAsync(arguments, photos.Where(photo => photo.Camera is not null).SelectMany(photo => photo.ExifToolArguments(folder)), cancellationToken);
        await RunAsync("exiftool", ["-@", arguments], cancellationToken);
        File.Delete(arguments);
    }

    private static void AddOddOnes(string folder, List<SamplePhoto> photos)
    {
        var whole = File.ReadAllBytes(Path.Combine(folder, photos[9].Name));
        File.WriteAllBytes(Path.Combine(folder, "trip", "cut-off.jpg"), whole[..(whole.Length / 2)]);
        File.Copy(Path.Combine(folder, photos[8].Name), Path.Combine(folder, "trip", "same-again.jpg"));
        File.WriteAllText(Path.Combine(folder, "trip", "shopping-list.jpg"), "bread\nmilk\nfilm\n");
    }

    private async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var result = await ToolProcess.RunAsync(new ToolCall(program, arguments, options.Value.ToolLimit), time, cancellationToken);
        if (result.ExitCode != 0)
            throw new ToolException($"{program} could not make the sample photos: {result.Error.Trim()}");
    }
}
