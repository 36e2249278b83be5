using System.Net;
using System.Net.Http.Headers;
using System.Text;
using PhotoIngest.Library;

namespace PhotoIngest.Tests;

/// <summary>What the gallery shows, and what its buttons do.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class GalleryTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private Site _site = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _site = await Site.StartAsync(Path.Combine(_folder.Path, "out"));

    [Fact]
    public async Task A_photo_is_shown_from_its_arrival_to_the_library()
    {
        var uuid = await SendAsync("a.jpg", 1);
        await PreviewedAsync();
        var look = await _site.GetAsync("api/photos");
        var photo = look.GetProperty("photos")[0];
        photo.GetProperty("uuid").GetString().ShouldBe(uuid);
        photo.GetProperty("name").GetString().ShouldBe("a.jpg");
        photo.GetProperty("state").GetString().ShouldBe("previewed");
        photo.GetProperty("confirmed").GetBoolean().ShouldBeFalse();
        photo.GetProperty("previewSize").GetInt32().ShouldBe(3000 * 2048 / 3000);
        look.GetProperty("counts").ToString().ShouldBe("""{"photos":1,"chosen":0,"open":1,"waiting":0,"ingested":0,"failed":0}""");

        var (response, body) = await _site.PostAsync("api/confirm", new { uuids = new[] { uuid } });

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        body.GetProperty("confirmed").GetInt32().ShouldBe(1);
        await _site.UntilAsync(1, "SELECT count(*) FROM images", "the library");
        var changes = await _site.GetAsync($"api/photos?after={look.GetProperty("at")}");
        changes.GetProperty("photos")[0].GetProperty("state").GetString().ShouldBe("ingested");
        changes.GetProperty("photos")[0].GetProperty("width").GetInt32().ShouldBe(3000);
        changes.GetProperty("at").GetInt64().ShouldBeGreaterThan(look.GetProperty("at").GetInt64());
        (await _site.GetAsync($"api/photos?after={changes.GetProperty("at")}")).GetProperty("photos").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Pages_go_from_the_newest_to_the_oldest_and_views_keep_apart()
    {
        var (a, b, c) = (await SendAsync("a.jpg", 1, 300), await SendAsync("b.jpg", 2, 300), await SendAsync("c.jpg", 3, 300));
        await PreviewedAsync(3);
        await _site.PostAsync("api/confirm", new { uuids = new[] { b } });

        (await UuidsAsync("")).ShouldBe([c, b, a]);
        (await UuidsAsync("?view=open")).ShouldBe([c, a]);
        (await UuidsAsync("?view=chosen")).ShouldBe([b]);
        (await UuidsAsync("?view=failed")).ShouldBeEmpty();
        using var wrong = await _site.Client.GetAsync("api/photos?view=nice", Cancel);
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var last = (await _site.GetAsync("api/photos")).GetProperty("photos")[1].GetProperty("arrived");
        (await UuidsAsync($"?before={last}")).ShouldBe([a]);
    }

    [Fact]
    public async Task A_library_from_before_the_gallery_is_shown_too()
    {
        var uuid = await SendAsync("a.jpg", 1, 300);
        await PreviewedAsync();
        using (var connection = _site.Get<LibraryDb>().Open())
            connection.Execute("DROP TRIGGER photo_came; DROP TRIGGER photo_changed; DROP TABLE gallery");

        var gallery = new Gallery(new LibraryDb(_site.Paths));

        gallery.Newest(GalleryView.All, before: null, 10).Photos.ShouldHaveSingleItem().Uuid.ShouldBe(uuid);
    }

    [Fact]
    public async Task All_that_are_open_are_confirmed_at_once_also_those_without_preview()
    {
        await SendAsync("a.jpg", 1, 300);
        await SendAsync("b.jpg", 2, 300);

        var (response, body) = await _site.PostAsync("api/confirm", new { all = true });

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        body.GetProperty("confirmed").GetInt32().ShouldBe(2);
        await _site.UntilAsync(2, "SELECT count(*) FROM images", "both in the library");
        Directory.GetFiles(_site.Paths.Uploads).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{}", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"uuids":[]}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"uuids":["x"],"all":true}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{"uuids":["UUID","00000000-0000-0000-0000-000000000000"]}""", HttpStatusCode.NotFound)]
    [InlineData("""{"uuids":["UUID","../../photos.db"]}""", HttpStatusCode.NotFound)]
    [InlineData("""{"uuids":["UUID",null]}""", HttpStatusCode.NotFound)]
    [InlineData("""{"uuids":["UUID"]""", HttpStatusCode.BadRequest)]
    [InlineData("""["UUID"]""", HttpStatusCode.BadRequest)]
    [InlineData("null", HttpStatusCode.BadRequest)]
    [InlineData("", HttpStatusCode.BadRequest)]
    public async Task A_confirmation_that_makes_no_sense_confirms_nothing(string json, HttpStatusCode expected)
    {
        var uuid = await SendAsync("a.jpg", 1, 300);
        await PreviewedAsync();
        using var content = new StringContent(json.Replace("UUID", uuid), Encoding.UTF8, "application/json");

        using var response = await _site.Client.PostAsync("api/confirm", content, Cancel);

        response.StatusCode.ShouldBe(expected);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        _site.Query<long>("SELECT count(*) FROM photos WHERE confirmed").ShouldBe([0]);
    }

    [Fact]
    public async Task Enhance_replaces_the_preview_and_what_browsers_keep_of_it()
    {
        var uuid = await SendAsync("a.jpg", 1);
        await PreviewedAsync();
        using var before = await _site.Client.GetAsync($"photos/{uuid}/preview", Cancel);
        Pictures.Size(_site.Paths.Preview(uuid)).ShouldBe((2048, 1365));

        var (response, body) = await _site.PostAsync($"api/photos/{uuid}/enhance");

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await _site.Jobs.WaitAsync(new(body.GetProperty("job").GetInt64()), TimeSpan.FromMinutes(1), Cancel)).Error.ShouldBeNull();
        Pictures.Size(_site.Paths.Preview(uuid)).ShouldBe((3000, 2000));
        using var again = new HttpRequestMessage(HttpMethod.Get, $"photos/{uuid}/preview");
        again.Headers.IfNoneMatch.Add(before.Headers.ETag!);
        using var after = await _site.Client.SendAsync(again, Cancel);
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
        after.Headers.ETag.ShouldNotBe(before.Headers.ETag);
        (await _site.GetAsync("api/photos")).GetProperty("photos")[0].GetProperty("previewSize").GetInt32().ShouldBe(3000);
    }

    [Fact]
    public async Task Enhance_says_what_must_be_there_first()
    {
        var uuid = await SendAsync("broken.jpg", 1, 300, cut: true);
        await _site.UntilAsync(1, "SELECT count(*) FROM photos WHERE state = 'Failed'", "the failure");

        var (early, problem) = await _site.PostAsync($"api/photos/{uuid}/enhance");
        var (unknown, _) = await _site.PostAsync("api/photos/00000000-0000-0000-0000-000000000000/enhance");
        var (none, _) = await _site.PostAsync("api/photos/no-uuid/enhance");

        early.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        problem.GetProperty("detail").GetString().ShouldBe("A photo must have a preview before there can be a better one, but has none yet.");
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        none.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Pictures_come_with_type_tag_and_range_and_are_not_sent_twice()
    {
        var uuid = await SendAsync("a.jpg", 1);
        await PreviewedAsync();

        foreach (var (kind, file) in new[] { ("preview", _site.Paths.Preview(uuid)), ("thumbnail", _site.Paths.Thumbnail(uuid)) })
        {
            using var whole = await _site.Client.GetAsync($"photos/{uuid}/{kind}", Cancel);
            whole.Content.Headers.ContentType!.ToString().ShouldBe("image/jpeg");
            whole.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            whole.Headers.CacheControl!.NoCache.ShouldBeTrue();
            (await whole.Content.ReadAsByteArrayAsync(Cancel)).ShouldBe(await File.ReadAllBytesAsync(file, Cancel));

            using var again = new HttpRequestMessage(HttpMethod.Get, $"photos/{uuid}/{kind}");
            again.Headers.IfNoneMatch.Add(whole.Headers.ETag!);
            using var kept = await _site.Client.SendAsync(again, Cancel);
            kept.StatusCode.ShouldBe(HttpStatusCode.NotModified);

            using var some = new HttpRequestMessage(HttpMethod.Get, $"photos/{uuid}/{kind}");
            some.Headers.Range = new RangeHeaderValue(0, 9);
            using var part = await _site.Client.SendAsync(some, Cancel);
            part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
            part.Content.Headers.ContentLength.ShouldBe(10);
        }
    }

    [Theory]
    [InlineData("photos/00000000-0000-0000-0000-000000000000/preview")]
    [InlineData("photos/..%2F..%2Fphotos.db/preview")]
    [InlineData("photos/%2Fetc%2Fpasswd/thumbnail")]
    [InlineData("photos/..%5C..%5Cphotos.db/thumbnail")]
    [InlineData("..%2Fexiftool.config")]
    [InlineData("%2e%2e/exiftool.config")]
    [InlineData("photos.db")]
    [InlineData("nowhere")]
    public async Task What_is_not_there_is_not_found(string path)
    {
        using var response = await _site.Client.GetAsync(path, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<string> SendAsync(string name, int number, int width = 3000, bool cut = false)
    {
        var file = _folder.File($"{number}.jpg");
        await Pictures.SceneAsync(file, number, width, width * 2 / 3);
        var bytes = await File.ReadAllBytesAsync(file, Cancel);
        var (_, body) = await _site.UploadAsync((name, cut ? bytes[..(bytes.Length / 2)] : bytes));
        return body.GetProperty("files")[0].GetProperty("uuid").GetString()!;
    }

    private Task PreviewedAsync(int count = 1) => _site.UntilAsync(count, "SELECT count(*) FROM photos WHERE state = 'Previewed'", "the previews");

    private async Task<IEnumerable<string?>> UuidsAsync(string query) =>
        (await _site.GetAsync("api/photos" + query)).GetProperty("photos").EnumerateArray().Select(static photo => photo.GetProperty("uuid").GetString());
}
