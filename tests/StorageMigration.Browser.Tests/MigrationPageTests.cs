using System.Text.Json;
using Longhaul;
using Longhaul.Dashboard.Tests;
using Microsoft.Playwright;
using StorageMigration.Migration;

namespace StorageMigration.Tests.Web;

/// <summary>The page in a real browser.</summary>
[Trait("Part", "web"), Trait("Store", "sqlite")]
public sealed class MigrationPageTests(Chromium chromium) : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Gate => _folder.File("gate");

    [Fact]
    public async Task A_migration_is_started_and_followed_to_its_end()
    {
        await using var site = await Site.StartAsync(_folder.Path);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: "");
        await Assertions.Expect(visit.Page.Locator("#command")).ToHaveValueAsync("image-migration/migrate");

        await visit.StartAsync("image-migration/migrate", dryRun: true);

        await visit.SeesStatusAsync("completed");
        await Assertions.Expect(visit.Job).ToContainTextAsync("dry run");
        await Assertions.Expect(visit.Page.Locator("#job-progress")).ToHaveTextAsync("100.0%");
        await Assertions.Expect(visit.Page.Locator("#jobs li")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Page.Locator("#jobs")).ToContainTextAsync("completed 100.0%");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_migration_that_failed_is_resumed_as_a_job_of_its_own()
    {
        await File.WriteAllTextAsync(_folder.File("no-folder"), "", Cancel);
        await using var site = await Site.StartAsync(_folder.Path, ("Migration:Target", _folder.File("no-folder")));
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: "");
        await visit.StartAsync("image-migration/migrate");
        await visit.SeesStatusAsync("failed");
        var first = await visit.Job.GetAttributeAsync("data-job");
        var own = site.Get<CheckpointFiles>().Last(dryRun: false)!.CheckpointId;
        await site.LayCheckpointAsync(); // a later one, of another job

        await visit.Button("Resume").ClickAsync();

        await Assertions.Expect(visit.Job).Not.ToHaveAttributeAsync("data-job", first!);
        var second = new JobId(long.Parse((await visit.Job.GetAttributeAsync("data-job"))!, System.Globalization.CultureInfo.InvariantCulture));
        var payload = JsonSerializer.Deserialize<JsonElement>((await site.Store.GetJobAsync(second, Cancel))!.Payload.Span);
        (payload.GetProperty("resume").GetBoolean(), payload.GetProperty("checkpointId").GetString()).ShouldBe((true, own));
    }

    [Fact]
    public async Task A_job_is_stopped_by_its_button()
    {
        await using var site = await Site.StartAsync(_folder.Path);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: "");
        await visit.StartAsync("test/steps", arguments: [("count", "8"), ("waitAt", "4"), ("gate", Gate)]);
        await visit.SaysAsync("step 4");

        await visit.Button("Stop").ClickAsync();

        await visit.SeesStatusAsync("failed");
        await Assertions.Expect(visit.Page.Locator("#job-error")).ToContainTextAsync("cancelled");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task What_a_command_prints_is_text()
    {
        const string Evil = "<img src=x onerror=alert(1)><script>alert(2)</script>";
        await using var site = await Site.StartAsync(_folder.Path);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: "");

        await visit.StartAsync("test/speak", arguments: ("text", Evil));

        await visit.SaysAsync($"text {Evil}");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task What_is_refused_is_said()
    {
        await using var site = await Site.StartAsync(_folder.Path);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: "");
        visit.MayBeAway = true; // the browser tells of the 400

        await visit.StartAsync("test/steps", arguments: ("count", "many"));

        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The argument count of test/steps must match");
    }

    [Fact]
    public async Task Trees_are_shown_where_there_is_an_interface_for_them()
    {
        const string Trees = """{"trees":[{"id":7,"source":"/a","target":"/b","state":"running","files":1500,"totalFiles":3000,"bytes":2500000,"bytesPerSecond":1200000,"secondsLeft":30}]}""";
        await using var site = await Site.StartAsync(_folder.Path, Site.NoWorker);
        await using var without = await Visit.OpenAsync(chromium, site.Address, trees: "");
        await using var with = await Visit.OpenAsync(chromium, site.Address, trees: Trees);

        await Assertions.Expect(with.Page.Locator("#tree-list li")).ToHaveCountAsync(1);
        foreach (var text in (string[])["/a → /b", "running", "1,500 of 3,000 files", "2.5 MB", "1.2 MB/s", "30 s left"])
            await Assertions.Expect(with.Page.Locator("#tree-list li")).ToContainTextAsync(text);
        await Assertions.Expect(without.Page.Locator("#trees")).ToBeHiddenAsync();
        await with.IsCleanAsync();
    }

    [Fact]
    public async Task A_tree_is_copied_from_the_page()
    {
        var trees = Directory.CreateDirectory(_folder.File("trees/a/sub")).Parent!.Parent!.FullName;
        for (var file = 0; file < 20; file++)
            await File.WriteAllTextAsync(Path.Combine(trees, "a", "sub", $"{file}.txt"), new string('x', 500), Cancel);
        await using var site = await Site.StartAsync(_folder.File("site"), ("Trees:Owners:local:0", trees));
        await using var visit = await Visit.OpenAsync(chromium, site.Address);
        await Assertions.Expect(visit.Page.Locator("#tree-places")).ToHaveTextAsync($"Below {trees}.");

        await visit.Page.GetByLabel("From").FillAsync(Path.Combine(trees, "a"));
        await visit.Page.GetByLabel("To", new() { Exact = true }).FillAsync(Path.Combine(trees, "b"));
        await visit.Button("Copy").ClickAsync();

        await Assertions.Expect(visit.Page.Locator("#tree-list li .status")).ToHaveTextAsync("completed");
        await Assertions.Expect(visit.Page.Locator("#tree-list li")).ToContainTextAsync("20 files");
        await Assertions.Expect(visit.Page.Locator("#tree-list li")).ToContainTextAsync("10 KB");
        Directory.GetFiles(Path.Combine(trees, "b", "sub")).Length.ShouldBe(20);
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task Who_has_no_tree_is_told_which_setting_gives_him_one()
    {
        await using var site = await Site.StartAsync(_folder.Path, Site.NoWorker);
        await using var visit = await Visit.OpenAsync(chromium, site.Address);

        await Assertions.Expect(visit.Page.Locator("#tree-places")).ToHaveTextAsync("'local' has no tree here. Set Trees:Base, or Trees:Owners:local.");
        await Assertions.Expect(visit.Button("Copy")).ToBeDisabledAsync();
        await visit.IsCleanAsync();
    }

    public void Dispose() => _folder.Dispose();
}
