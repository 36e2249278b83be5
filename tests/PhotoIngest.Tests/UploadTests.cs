using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Longhaul;
using Longhaul.Storage;
using PhotoIngest.Jobs;
using PhotoIngest.Library;

namespace PhotoIngest.Tests;

/// <summary>What comes in over HTTP.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class UploadTests : IDisposable
{
    private static readonly (string, string?) NoWorker = ("Photos:RunsJobs", "false");

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_folder.Path, "out");

    [Fact]
    public async Task Many_files_are_answered_before_their_previews_and_each_has_its_job()
    {
        await using var site = await Site.StartAsync(Root, NoWorker);
        var files = await PhotosAsync(20);

        var (response, body) = await site.UploadAsync(files);

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        Outcomes(body).ShouldBe(files.Select(static file => $"{file.Name} added"));
        var waiting = await site.Get<IJobStore>().ListJobsAsync(new JobFilter { Name = "photos.preview" }, new PageRequest(100), Cancel);
        waiting.Items.Select(static job => (job.State, job.Queue)).Distinct().ShouldBe([(JobState.Pending, Queues.Preview)]);
        waiting.Items.Select(static job => job.UniqueKey).Order().ShouldBe(site.Query<string>("SELECT uuid FROM photos ORDER BY uuid"));
    }

    [Fact]
    public async Task Previews_are_dispatched_by_themselves_and_nothing_goes_on_to_the_library()
    {
        await using var site = await Site.StartAsync(Root);

        await site.UploadAsync(await PhotosAsync(3));

        await site.UntilAsync(3, "SELECT count(*) FROM photos WHERE state = 'Previewed'", "three previews");
        site.Query<long>("SELECT count(*) FROM images").ShouldBe([0]);
    }

    [Fact]
    public async Task What_is_no_photo_is_refused_with_its_reason_and_the_others_are_taken()
    {
        await using var site = await Site.StartAsync(Root, NoWorker);
        var photo = (await PhotosAsync(1))[0];

        var (response, body) = await site.UploadAsync(("empty.jpg", []), ("list.jpg", "bread\nmilk\n"u8.ToArray()), photo, ("a.pdf", "%PDF-1.7 and more"u8.ToArray()), ("page.jpg", "<script>alert(1)</script>"u8.ToArray()));

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        body.GetProperty("files").EnumerateArray().Select(static file => $"{file.GetProperty("outcome")}: {file.GetProperty("reason")}").ShouldBe(
            ["refused: the file is empty", "refused: not a photo: a text file", "added: ", "refused: not a photo: a PDF document", "refused: not a photo: a text file"]);
        Files(Root, "uploads").Length.ShouldBe(1);
        Files(Root, "work").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../../../escape.jpg", "escape.jpg")]
    [InlineData(@"..\..\escape.jpg", "escape.jpg")]
    [InlineData("/etc/escape.jpg", "escape.jpg")]
    [InlineData(@"C:\photos\escape.jpg", "escape.jpg")]
    [InlineData("..", "..")]
    [InlineData("a\u202Egpj.jpg", "agpj.jpg")]
    [InlineData("tab\tand\nline.jpg", "tabandline.jpg")]
    [InlineData("naïve 写真.jpg", "naïve 写真.jpg")]
    [InlineData("<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg")]
    [InlineData("shell;rm -rf $HOME.php", "shell;rm -rf $HOME.php")]
    public async Task A_name_is_shown_and_never_a_path(string sent, string shown)
    {
        await using var site = await Site.StartAsync(Root, NoWorker);
        var photo = (await PhotosAsync(1))[0].Bytes;
        var before = Files(_folder.Path);

        var (_, body) = await site.UploadAsync((sent, photo));

        Outcomes(body).ShouldBe([$"{shown} added"]);
        var uuid = body.GetProperty("files")[0].GetProperty("uuid").GetString();
        Files(_folder.Path).Except(before).Where(static file => !file.Contains(".db", StringComparison.Ordinal)).ShouldBe([Path.Combine(Root, "uploads", uuid + ".jpg")]);
        site.Query<string>("SELECT name FROM photos").ShouldBe([shown]);
    }

    [Fact]
    public async Task A_name_without_end_is_cut()
    {
        await using var site = await Site.StartAsync(Root, NoWorker);

        var (_, body) = await site.UploadAsync((new string('n', 5_000), (await PhotosAsync(1))[0].Bytes));

        body.GetProperty("files")[0].GetProperty("name").GetString().ShouldBe(new string('n', 200) + "…");
    }

    [Fact]
    public async Task Two_photos_of_one_name_are_two_and_one_photo_under_two_names_is_one()
    {
        await using var site = await Site.StartAsync(Root, NoWorker);
        var photos = await PhotosAsync(2);

        var (_, first) = await site.UploadAsync(("same.jpg", photos[0].Bytes), ("same.jpg", photos[1].Bytes), ("other.jpeg", photos[0].Bytes));

        Outcomes(first).ShouldBe(["same.jpg added", "same.jpg added", "other.jpeg known"]);
        Files(Root, "uploads").Length.ShouldBe(2);
        site.Query<long>("SELECT count(*) FROM photos").ShouldBe([2]);
    }

    [Fact]
    public async Task The_same_photo_sent_many_times_at_once_is_one_photo_with_one_job()
    {
        await using var site = await Site.StartAsync(Root, NoWorker);
        var photo = (await PhotosAsync(1))[0];

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => site.UploadAsync(photo)));

        answers.Select(static answer => answer.Response.StatusCode).Distinct().ShouldBe([HttpStatusCode.Accepted]);
        answers.Count(static answer => Outcomes(answer.Body).Single().EndsWith("added", StringComparison.Ordinal)).ShouldBe(1);
        Files(Root, "uploads").Length.ShouldBe(1);
        Files(Root, "work").ShouldBeEmpty();
        (await site.Get<IJobStore>().ListJobsAsync(new JobFilter { Name = "photos.preview" }, new PageRequest(100), Cancel)).Items.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        await using var site = await Site.StartAsync(Root, NoWorker);
        var photo = (await PhotosAsync(1))[0].Bytes;
        var head = Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"half.jpg\"\r\n\r\n");
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, new Uri(site.Address).Port, Cancel);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /api/uploads HTTP/1.1\r\nHost: localhost\r\n{Site.Header}: 1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n"), Cancel);
            await stream.WriteAsync(head, Cancel);
            await stream.WriteAsync(photo.AsMemory(0, photo.Length / 2), Cancel);
            await Site.UntilAsync(() => Files(Root, "work").Length == 1, "the half that has come");
            client.Client.Close(0); // reset
        }

        await Site.UntilAsync(() => Files(Root, "work").Length == 0, "the half to go");
        Files(Root, "uploads").ShouldBeEmpty();
        site.Query<long>("SELECT count(*) FROM photos").ShouldBe([0]);
    }

    [Fact]
    public async Task A_form_that_ends_too_soon_is_told_so_and_what_was_whole_is_in()
    {
        await using var site = await Site.StartAsync(Root, NoWorker);
        var photo = (await PhotosAsync(1))[0].Bytes;
        byte[] form = [.. Part("whole.jpg"), .. photo, .. "\r\n"u8, .. Part("half.jpg"), .. photo.AsSpan(0, photo.Length / 2)];
        using var content = new ByteArrayContent(form);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        using var response = await site.Client.PostAsync("api/uploads", content, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancel));
        problem.GetProperty("detail").GetString().ShouldBe("The upload must be whole, but broke off, or is no form. Send it again.");
        Outcomes(problem).ShouldBe(["whole.jpg added"]);
        Files(Root, "work").ShouldBeEmpty();

        static byte[] Part(string name) => Encoding.ASCII.GetBytes($"--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n");
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_and_a_request_far_over_it_is_not_read()
    {
        await using var site = await Site.StartAsync(Root, NoWorker, ("Photos:MostUploadBytes", "100000"));
        var photo = (await PhotosAsync(1))[0];
        byte[] large = [.. photo.Bytes, .. new byte[150_000]];

        var (response, body) = await site.UploadAsync(("large.jpg", large), photo);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        Outcomes(body).ShouldBe(["large.jpg refused", $"{photo.Name} added"]);
        body.GetProperty("files")[0].GetProperty("reason").GetString().ShouldBe("the file is larger than 100,000 bytes, which is the most that is taken");

        var (refused, problem) = await site.UploadAsync(("huge.jpg", [.. photo.Bytes, .. new byte[2_000_000]]));
        refused.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        problem.GetProperty("detail").GetString()!.ShouldStartWith("An upload must have at most 100,000 bytes");
        Files(Root, "work").ShouldBeEmpty();
        Files(Root, "uploads").Length.ShouldBe(1);
    }

    [Fact]
    public async Task More_files_than_a_request_may_bring_are_refused_and_the_first_are_in()
    {
        await using var site = await Site.StartAsync(Root, NoWorker, ("Photos:MostUploadFiles", "3"));

        var (response, body) = await site.UploadAsync(await PhotosAsync(5));

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        body.GetProperty("detail").GetString().ShouldBe("An upload may bring 3 files at once, but brings more. So many were looked at: send the others in another.");
        Outcomes(body).Length.ShouldBe(3);
        site.Query<long>("SELECT count(*) FROM photos").ShouldBe([3]);
    }

    [Theory]
    [InlineData("application/json", "{}", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("image/jpeg", "x", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("multipart/form-data", "--b--\r\n", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("multipart/form-data; boundary=", "--b--\r\n", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("multipart/form-data; boundary=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "x", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("multipart/form-data; boundary=b", "", HttpStatusCode.BadRequest)]
    [InlineData("multipart/form-data; boundary=b", "no form at all", HttpStatusCode.BadRequest)]
    [InlineData("multipart/form-data; boundary=b", "--b--\r\n", HttpStatusCode.BadRequest)]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nno file\r\n--b--\r\n", HttpStatusCode.BadRequest)]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nno header\r\n\r\nx\r\n--b--\r\n", HttpStatusCode.BadRequest)]
    public async Task What_is_no_upload_is_told_what_it_must_be(string type, string text, HttpStatusCode expected)
    {
        await using var site = await Site.StartAsync(Root, NoWorker);
        using var content = new StringContent(text);
        content.Headers.ContentType = null;
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await site.Client.PostAsync("api/uploads", content, Cancel);

        response.StatusCode.ShouldBe(expected);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancel)).GetProperty("detail").GetString()!.ShouldContain("must");
    }

    [Fact]
    public async Task A_photo_that_was_given_up_is_tried_anew_when_it_is_sent_again()
    {
        await using var site = await Site.StartAsync(Root);
        var photo = (await PhotosAsync(1))[0].Bytes;
        var broken = photo[..(photo.Length / 2)];
        await site.UploadAsync(("cut.jpg", broken));
        await site.UntilAsync(1, "SELECT count(*) FROM photos WHERE state = 'Failed'", "the failure");
        var first = (await site.GetAsync("api/photos?view=failed")).GetProperty("photos")[0];
        first.GetProperty("reason").GetString()!.ShouldStartWith("the file is cut off");

        var (_, body) = await site.UploadAsync(("cut.jpg", broken));

        Outcomes(body).ShouldBe(["cut.jpg known"]);
        await site.UntilAsync(1, $"SELECT count(*) FROM photos p JOIN gallery g USING (uuid) WHERE p.state = 'Failed' AND g.changed > {first.GetProperty("changed").GetInt64() + 1}", "the second failure");
    }

    [Fact]
    public async Task What_a_killed_process_left_is_made_good_at_the_next_start()
    {
        var photo = (await PhotosAsync(1))[0];
        string uuid;
        await using (var site = await Site.StartAsync(Root, NoWorker))
        {
            // As far as an upload comes before its job is enqueued.
            var sent = await site.Get<Uploads>().ReceiveAsync(new MemoryStream(photo.Bytes), photo.Name, long.MaxValue, Cancel);
            uuid = site.Get<PhotoLibrary>().AddSent(sent).Photo.Uuid;
        }

        var (left, written) = (Path.Combine(Root, "work", "upload-left"), Path.Combine(Root, "work", "upload-written"));
        await File.WriteAllTextAsync(left, "half", Cancel);
        await using var byAnother = new FileStream(written, FileMode.CreateNew, FileAccess.Write, FileShare.None);

        await using var next = await Site.StartAsync(Root);

        await next.UntilAsync(1, $"SELECT count(*) FROM photos WHERE uuid = '{uuid}' AND state = 'Previewed'", "its preview");
        await Site.UntilAsync(() => !File.Exists(left), "the half to go");
        File.Exists(written).ShouldBeTrue("another process writes it");
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Outcomes(JsonElement body) =>
        [.. body.GetProperty("files").EnumerateArray().Select(static file => $"{file.GetProperty("name")} {file.GetProperty("outcome")}")];

    private static string[] Files(params string[] path) => Directory.GetFiles(Path.Combine(path), "*", SearchOption.AllDirectories);

    /// <summary>One rendered photo many times, each with a comment of its own.</summary>
    private async Task<(string Name, byte[] Bytes)[]> PhotosAsync(int count)
    {
        var one = Path.Combine(_folder.Path, "one.jpg");
        if (!File.Exists(one))
            await Pictures.SceneAsync(one, 1);
        var jpeg = await File.ReadAllBytesAsync(one, Cancel);
        return [.. Enumerable.Range(0, count).Select(i => ($"IMG_{i:00}.jpg", (byte[])[.. jpeg.AsSpan(0, 2), 0xFF, 0xFE, 0, 3, (byte)i, .. jpeg.AsSpan(2)]))];
    }
}
