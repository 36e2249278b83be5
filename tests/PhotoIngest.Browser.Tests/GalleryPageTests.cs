using Longhaul;
using Longhaul.Dashboard.Tests;
using Longhaul.Storage;
using Microsoft.Playwright;
using PhotoIngest.Jobs;

namespace PhotoIngest.Tests;

/// <summary>The gallery in a real browser.</summary>
[Trait("Part", "web"), Trait("Store", "sqlite")]
public sealed class GalleryPageTests(Chromium chromium) : IDisposable
{
    /// <summary>A slow machine makes a photo or two a second.</summary>
    private const float Patience = 240_000;

    private static readonly (string, string?) NoWorker = ("Photos:RunsJobs", "false");

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_folder.Path, "out");

    [Fact]
    public async Task Photos_are_uploaded_chosen_confirmed_and_enhanced_without_a_reload()
    {
        const string Evil = "<img src=x onerror=alert(1)>.jpg";
        await using var site = await Site.StartAsync(Root);
        await using var visit = await Visit.OpenAsync(chromium, site);
        await Assertions.Expect(visit.Page.Locator("#empty")).ToHaveTextAsync("No photos yet. Add some above.");
        var photos = await PhotosAsync(3000, 3);
        var cut = photos[2].Bytes[..(photos[2].Bytes.Length / 2)];

        await visit.UploadAsync(("a.jpg", photos[0].Bytes), (Evil, photos[1].Bytes), ("cut.jpg", cut), ("list.jpg", "bread\n"u8.ToArray()));

        await Assertions.Expect(visit.Page.Locator(".refused")).ToContainTextAsync("1 file was not taken");
        await Assertions.Expect(visit.Page.Locator(".refused li")).ToHaveTextAsync("list.jpg: not a photo: a text file");
        await visit.SeesAsync("a.jpg", "Ready to be chosen");
        await visit.SeesAsync("a.jpg", "preview 2,048 px");
        await visit.SeesAsync(Evil, "Ready to be chosen");
        await visit.SeesAsync("cut.jpg", "Failed: the file is cut off");
        await visit.ImageAsync("img[alt='a.jpg']", 400);
        await Assertions.Expect(visit.Button("Failed 1")).ToBeVisibleAsync();

        await visit.Page.GetByLabel("Choose a.jpg").CheckAsync();
        await visit.Button("Confirm chosen (1)").ClickAsync();
        await visit.SeesAsync("a.jpg", "In the library");
        await visit.SeesAsync(Evil, "Ready to be chosen");
        await Assertions.Expect(visit.Button("Library 1")).ToBeVisibleAsync();

        await visit.Button("Enhance a.jpg").ClickAsync();
        await visit.SeesAsync("a.jpg", "preview 3,000 px");

        await visit.Card(Evil).Locator("button.picture").ClickAsync();
        await visit.ImageAsync("#viewer-picture", 2048);
        await visit.Page.Locator("#viewer-enhance").ClickAsync();
        await visit.ImageAsync("#viewer-picture", 3000);
        await visit.Page.Locator("#viewer-close").ClickAsync();
        await visit.Button("Confirm all (1)").ClickAsync();
        await visit.SeesAsync(Evil, "In the library");
        site.Query<string>("SELECT name FROM images ORDER BY name").ShouldBe([Evil, "a.jpg"]);
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_folder_is_followed_from_start_to_end_without_a_reload()
    {
        await using var site = await Site.StartAsync(Root, NoWorker);
        var folder = await FolderAsync(24);
        await using var visit = await Visit.OpenAsync(chromium, site);

        await site.Jobs.EnqueueAsync(new IngestFolder(folder, Confirm: true), Once.For(folder), Cancel);
        await Assertions.Expect(visit.Page.Locator("#going-on")).ToContainTextAsync($"Take in {folder}waits for a worker");
        using var worker = Worker();

        await Assertions.Expect(visit.Page.Locator("#going-on")).ToContainTextAsync("Into the library");
        await Assertions.Expect(visit.Page.Locator("#gallery [data-standing=done], #gallery [data-standing=running]").First).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.Locator("#gallery > [data-standing=done]")).ToHaveCountAsync(24, new() { Timeout = Patience });
        await Assertions.Expect(visit.Button("Library 24")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.Locator("#going-on")).ToBeHiddenAsync();
        await visit.IsCleanAsync();
        await worker.KillAsync();
    }

    [Fact]
    public async Task A_worker_that_is_killed_in_the_middle_is_replaced_and_the_page_sees_it_through()
    {
        const int Photos = 40;
        await using var site = await Site.StartAsync(Root, NoWorker);
        var folder = await FolderAsync(Photos);
        await using var visit = await Visit.OpenAsync(chromium, site);
        using var killed = Worker();
        await site.Jobs.EnqueueAsync(new IngestFolder(folder, Confirm: true), Once.For(folder), Cancel);

        await killed.IngestedAsync(Root, Photos / 4);
        await killed.KillAsync();
        site.Query<long>("SELECT count(*) FROM images").Single().ShouldBeLessThan(Photos);
        using var next = Worker();

        await Assertions.Expect(visit.Page.Locator("#gallery > [data-standing=done]")).ToHaveCountAsync(Photos, new() { Timeout = Patience });
        site.Query<string>("SELECT count(*) || ' ' || count(DISTINCT content_hash) FROM images").ShouldBe([$"{Photos} {Photos}"]);
        var jobs = await site.Get<IJobStore>().ListJobsAsync(new JobFilter { Name = "photos.*" }, new PageRequest(500), Cancel);
        jobs.Items.Count(static job => job.LostRuns > 0 || job.RunNumber > 1).ShouldBePositive("what the killed worker had was run again");
        jobs.Items.ShouldAllBe(static job => job.State == JobState.Completed);
        await visit.IsCleanAsync();
        await next.KillAsync();
    }

    [Fact]
    public async Task Many_files_are_sent_a_few_at_a_time_and_shown_a_page_at_a_time()
    {
        const int Files = 130;
        await using var site = await Site.StartAsync(Root, NoWorker);
        await using var visit = await Visit.OpenAsync(chromium, site);
        var photo = (await PhotosAsync(200, 1))[0].Bytes;

        await visit.UploadAsync(Enumerable.Range(0, Files).Select(i => ($"IMG_{i:000}.jpg", Vary(photo, i))));

        await Assertions.Expect(visit.Button($"All {Files}")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.Locator("#said")).ToContainTextAsync($"{Files} photos uploaded");
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Page.Locator("#gallery > .card")).ToHaveCountAsync(60);
        await visit.Button("Show more").ClickAsync();
        await visit.Button("Show more").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#gallery > .card")).ToHaveCountAsync(Files);
    }

    [Fact]
    public async Task Everything_is_done_by_keys()
    {
        await using var site = await Site.StartAsync(Root);
        await using var visit = await Visit.OpenAsync(chromium, site);
        await visit.UploadAsync(await PhotosAsync(600, 2));
        await visit.SeesAsync("photo-0.jpg", "Ready to be chosen");
        await visit.SeesAsync("photo-1.jpg", "Ready to be chosen");
        var keys = visit.Page.Keyboard;
        var (first, second) = await FirstTwoAsync(visit);

        await visit.Card(first).Locator("button.picture").FocusAsync();
        await keys.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("#viewer-name")).ToHaveTextAsync(first);
        await keys.PressAsync("ArrowRight");
        await Assertions.Expect(visit.Page.Locator("#viewer-name")).ToHaveTextAsync(second);
        await keys.PressAsync("Escape");
        await Assertions.Expect(visit.Card(second).Locator("button.picture")).ToBeFocusedAsync();
        await keys.PressAsync("Tab");
        await keys.PressAsync("Space");
        await visit.Button("Confirm chosen (1)").FocusAsync();
        await keys.PressAsync("Enter");
        await visit.SeesAsync(second, "In the library");
        await visit.IsCleanAsync();
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(string First, string Second)> FirstTwoAsync(Visit visit)
    {
        var names = await visit.Page.Locator("#gallery .name").AllInnerTextsAsync();
        return (names[0], names[1]);
    }

    /// <summary>A worker in a process of its own.</summary>
    private DemoProcess Worker() => DemoProcess.Verb(Root, ["work", "--queue", string.Join(',', Queues.InOrder)]);

    private async Task<string> FolderAsync(int count)
    {
        var photo = (await PhotosAsync(900, 1))[0].Bytes;
        for (var i = 0; i < count; i++)
            await File.WriteAllBytesAsync(_folder.File($"photos/{i:00}.jpg"), Vary(photo, i), Cancel);
        return Path.Combine(_folder.Path, "photos");
    }

    private async Task<(string Name, byte[] Bytes)[]> PhotosAsync(int width, int count)
    {
        var photos = new (string, byte[])[count];
        for (var i = 0; i < count; i++)
        {
            var file = _folder.File($"made-{width}-{i}.jpg");
            await Pictures.SceneAsync(file, i, width, width * 2 / 3);
            photos[i] = ($"photo-{i}.jpg", await File.ReadAllBytesAsync(file, Cancel));
        }

        return photos;
    }

    /// <summary>The same picture with a comment of its own: another content.</summary>
    private static byte[] Vary(byte[] jpeg, int number) => [.. jpeg.AsSpan(0, 2), 0xFF, 0xFE, 0, 4, (byte)(number >> 8), (byte)number, .. jpeg.AsSpan(2)];
}
