using System.Text.Json;
using PhotoIngest.Jobs;

namespace PhotoIngest.Tests;

/// <summary>A folder from beginning to end, with a worker in this process.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class IngestTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private Application _app = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Photos => Path.Combine(_folder.Path, "photos");

    public async ValueTask InitializeAsync() => _app = await Application.StartAsync(Path.Combine(_folder.Path, "out"));

    [Fact]
    public async Task Every_readable_photo_is_ingested_with_preview_thumbnail_metadata_and_traces()
    {
        await MakeAsync("a.jpg", 1);
        await MakeAsync("sub/b.png", 2);
        await Pictures.RunAsync("exiftool", "-overwrite_original", "-Make=Canon", "-Model=EOS", "-GPSLatitude=1.5", "-GPSLatitudeRef=N", "-GPSLongitude=2", "-GPSLongitudeRef=W", Photo("a.jpg"));
        var before = await File.ReadAllBytesAsync(Photo("a.jpg"), Cancel);

        var summary = await _app.TakeInAsync(Photos);

        summary.Counts.ShouldBe(new(Files: 2, Unreadable: 0, Distinct: 2, Previewed: 2, Ingested: 2, Failed: 0));
        (await File.ReadAllBytesAsync(Photo("a.jpg"), Cancel)).ShouldBe(before, "the user's own files are only read");
        _app.Query<string>("SELECT name || ' ' || ifnull(camera, '') || ' ' || ifnull(latitude, '') || ' ' || ifnull(longitude, '') FROM images ORDER BY name")
            .ShouldBe(["a.jpg Canon EOS 1.5 -2.0", "sub/b.png   "]);

        var uuid = _app.Query<string>("SELECT uuid FROM images WHERE name = 'a.jpg'").Single();
        Pictures.Size(_app.Paths.Preview(uuid)).ShouldBe((320, 240));
        Pictures.Size(_app.Paths.Thumbnail(uuid)).ShouldBe((400, 400));
        (await File.ReadAllBytesAsync(_app.Paths.Full(_app.Query<string>("SELECT path FROM images WHERE uuid = $1", uuid).Single()), Cancel)).ShouldBe(before);
        Directory.GetFiles(_app.Paths.Uploads).ShouldBeEmpty("all have moved");
        Directory.GetFiles(_app.Paths.Work).ShouldBeEmpty();

        var traces = await _app.TracesAsync(uuid);
        traces.Select(trace => (trace.Type, trace.Method, trace.Order, trace.Success, trace.Reason)).ShouldBe(
        [
            ("preview_extraction", "exiftool_preview", 1, false, "no embedded preview"),
            ("preview_extraction", "vips_fallback", 2, true, null),
            ("thumbnail_generation", "from_preview", 1, true, null),
            ("metadata_extraction", "exiftool", 1, true, null),
        ]);
        var info = JsonDocument.Parse(traces[1].ResultInfo).RootElement;
        info.GetProperty("duration_ms").GetDouble().ShouldBePositive();
        info.GetProperty("size").GetInt64().ShouldBe(new FileInfo(_app.Paths.Preview(uuid)).Length);
    }

    [Fact]
    public async Task Whatever_way_the_camera_was_held_what_people_see_is_upright()
    {
        for (var orientation = 1; orientation <= 8; orientation++)
        {
            Directory.CreateDirectory(Photos);
            await Pictures.QuartersAsync(Photo($"{orientation}.jpg"), 2400, 1600, orientation);
        }

        (await _app.TakeInAsync(Photos)).Counts.Ingested.ShouldBe(8);

        foreach (var uuid in _app.Query<string>("SELECT uuid FROM images ORDER BY name"))
        {
            Pictures.Size(_app.Paths.Preview(uuid)).ShouldBe((2048, 1365));
            Pictures.Size(_app.Paths.Thumbnail(uuid)).ShouldBe((400, 400));
            (await Pictures.CornersAsync(_app.Paths.Preview(uuid))).ShouldBe(["red", "green", "blue", "yellow"]);
            (await Pictures.CornersAsync(_app.Paths.Thumbnail(uuid))).ShouldBe(["red", "green", "blue", "yellow"]);
        }
    }

    [Fact]
    public async Task What_cannot_be_read_is_listed_with_its_reason_and_the_rest_go_on()
    {
        await MakeAsync("good.jpg", 1);
        await MakeAsync("cut-off.jpg", 2);
        var whole = await File.ReadAllBytesAsync(Photo("cut-off.jpg"), Cancel);
        await File.WriteAllBytesAsync(Photo("cut-off.jpg"), whole[..(whole.Length / 2)], Cancel);
        await File.WriteAllTextAsync(Photo("list.jpg"), "bread\n", Cancel);
        await File.WriteAllTextAsync(Photo("empty.jpg"), "", Cancel);

        var summary = await _app.TakeInAsync(Photos);

        summary.Failures.Select(failure => failure.File).ShouldBe(["cut-off.jpg", "empty.jpg", "list.jpg"]);
        summary.Failures[0].Reason.ShouldStartWith("the file is cut off, its end is missing");
        summary.Failures[1].Reason.ShouldBe("the file is empty");
        summary.Failures[2].Reason.ShouldBe("not a photo: a text file");
        summary.Counts.Ingested.ShouldBe(1);
        using var json = JsonDocument.Parse(summary.ToJson());
        json.RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(["photos", "ingested", "previews", "thumbnails", "failures", "seconds"]);
        json.RootElement.GetProperty("photos").GetInt32().ShouldBe(4);
        json.RootElement.GetProperty("failures")[2].ToString().ShouldBe("""{"file":"list.jpg","reason":"not a photo: a text file"}""");
    }

    [Fact]
    public async Task The_same_content_under_two_names_is_one_photo_and_told()
    {
        await MakeAsync("a.jpg", 1);
        File.Copy(Photo("a.jpg"), Photo("b.jpg"));
        File.Copy(Photo("a.jpg"), Photo("c.jpeg"));

        var summary = await _app.TakeInAsync(Photos);

        summary.Counts.ShouldBe(new(Files: 3, Unreadable: 0, Distinct: 1, Previewed: 1, Ingested: 1, Failed: 0));
        summary.Duplicates.ShouldBe([new("b.jpg", "a.jpg"), new("c.jpeg", "a.jpg")]);
        Directory.GetFiles(_app.Paths.Uploads).ShouldBeEmpty();
        _app.Query<long>("SELECT count(*) FROM images").ShouldBe([1]);
    }

    [Fact]
    public async Task Taken_in_again_nothing_changes_and_what_is_new_is_added()
    {
        await MakeAsync("a.jpg", 1);
        var first = await _app.TakeInAsync(Photos);
        var ingested = _app.Query<string>("SELECT ingested_at FROM images");

        var second = await _app.TakeInAsync(Photos);
        await MakeAsync("b.jpg", 2);
        var third = await _app.TakeInAsync(Photos);

        second.Counts.ShouldBe(first.Counts);
        second.Seconds.ShouldBe(first.Seconds, "a look at what is done is no work");
        third.Counts.Ingested.ShouldBe(2);
        _app.Query<string>("SELECT ingested_at FROM images ORDER BY id LIMIT 1").ShouldBe(ingested);
    }

    [Fact]
    public async Task A_better_preview_takes_the_place_of_the_first_on_demand()
    {
        await MakeAsync("a.jpg", 1, 3000, 2000);
        await _app.TakeInAsync(Photos);
        var uuid = _app.Query<string>("SELECT uuid FROM images").Single();
        Pictures.Size(_app.Paths.Preview(uuid)).ShouldBe((2048, 1365));
        Pictures.Size(_app.Paths.Thumbnail(uuid)).ShouldBe((400, 400));

        var job = await _app.Jobs.EnqueueJsonAsync("photos.enhance", JsonSerializer.SerializeToUtf8Bytes(new { uuid }), cancellationToken: Cancel);
        (await _app.Jobs.WaitAsync(job, TimeSpan.FromMinutes(1), Cancel)).Error.ShouldBeNull();

        Pictures.Size(_app.Paths.Preview(uuid)).ShouldBe((3000, 2000));
    }

    [Fact]
    public async Task A_photo_waits_for_its_confirmation()
    {
        await MakeAsync("a.jpg", 1);
        var folder = await _app.Jobs.EnqueueAsync(new IngestFolder(Photos, Confirm: false), cancellationToken: Cancel);
        await _app.Jobs.WaitAsync(folder, TimeSpan.FromMinutes(1), Cancel);
        await Eventually(() => _app.Summarise(Photos).Counts.Previewed == 1, "the preview");
        _app.Summarise(Photos).Counts.Ingested.ShouldBe(0);

        (await _app.TakeInAsync(Photos)).Counts.Ingested.ShouldBe(1, "./demo confirms all");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task Eventually(Func<bool> condition, string what)
    {
        for (var left = 600; !condition(); left--)
        {
            left.ShouldBePositive($"waited a minute in vain for {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
        }
    }

    private string Photo(string name) => Path.Combine(Photos, name);

    private Task MakeAsync(string name, int number, int width = 320, int height = 240) => Pictures.SceneAsync(_folder.File(Path.Combine("photos", name)), number, width, height);
}
