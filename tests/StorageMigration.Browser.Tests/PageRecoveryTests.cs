using Longhaul.Dashboard.Tests;
using Longhaul.Storage;
using Microsoft.Playwright;

namespace StorageMigration.Tests.Web;

/// <summary>The page in a real browser, which is loaded again, and whose servers and workers are killed.</summary>
[Trait("Part", "web"), Trait("Store", "sqlite")]
public sealed class PageRecoveryTests(Chromium chromium) : IDisposable
{
    /// <summary>A dead worker is noticed and its job goes on; a slow machine takes its time.</summary>
    private const float Patience = 120_000;

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Gate => _folder.File("gate");

    [Fact]
    public async Task A_job_that_runs_is_found_again_after_a_reload_and_shown_on()
    {
        await using var site = await Site.StartAsync(_folder.Path);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: "");
        await visit.StartAsync("test/speak");
        await visit.SeesStatusAsync("completed");
        await visit.StartAsync("test/steps", arguments: [("count", "8"), ("waitAt", "4"), ("gate", Gate)]);
        await SeesHalfAsync();

        await visit.Page.ReloadAsync();
        await SeesHalfAsync();
        await File.WriteAllTextAsync(Gate, "", Cancel);

        await visit.SeesStatusAsync("completed");
        await Assertions.Expect(visit.Page.Locator("#job-done")).ToHaveTextAsync("8 of 8");
        await visit.SaysAsync("step 8");

        async Task SeesHalfAsync()
        {
            await visit.SeesStatusAsync("running");
            await Assertions.Expect(visit.Page.Locator("#job-done")).ToHaveTextAsync("4 of 8");
            await Assertions.Expect(visit.Page.Locator("#job-phase")).ToHaveTextAsync("work");
            await Assertions.Expect(visit.Page.Locator("#job-progress")).ToHaveTextAsync("55.0%");
            await visit.SaysAsync("step 4");
        }
    }

    [Fact]
    public async Task A_command_that_failed_is_resumed_where_it_was()
    {
        await using var site = await Site.StartAsync(_folder.Path);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: "");
        await visit.StartAsync("test/steps", arguments: [("count", "6"), ("waitAt", "4"), ("failWithout", Gate)]);
        await visit.SeesStatusAsync("failed");
        await Assertions.Expect(visit.Page.Locator("#job-error")).ToContainTextAsync("it cannot go on");

        await File.WriteAllTextAsync(Gate, "", Cancel);
        await visit.Button("Resume").ClickAsync();

        await visit.SeesStatusAsync("completed");
        var job = (await site.Store.ListJobsAsync(JobFilter.All, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem();
        var lines = (await site.Store.ListLogsAsync(new LogFilter { Job = job.Id }, new PageRequest(1_000), Cancel)).Items.Select(static line => line.Line.Text);
        lines.Where(static line => line.StartsWith("step ", StringComparison.Ordinal)).ShouldBe(["step 1", "step 2", "step 3", "step 4", "step 5", "step 6"]);
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_killed_worker_is_replaced_and_the_page_sees_it_through()
    {
        await using var site = await Site.StartAsync(_folder.Path, Site.NoWorker);
        await using var visit = await Visit.OpenAsync(chromium, site.Address, trees: "");
        await visit.StartAsync("test/steps", arguments: [("count", "12"), ("waitAt", "6"), ("gate", Gate)]);
        await visit.SeesStatusAsync("pending");
        await using var killed = SiteProcess.Worker(_folder.Path);
        await visit.SaysAsync("step 6");

        await killed.KillAsync();
        await File.WriteAllTextAsync(Gate, "", Cancel);
        await using var next = SiteProcess.Worker(_folder.Path);

        await Assertions.Expect(visit.Page.Locator("#job-status")).ToHaveTextAsync("completed", new() { Timeout = Patience });
        await visit.SaysAsync("step 12");
        await visit.IsCleanAsync();
        var job = (await site.Store.ListJobsAsync(JobFilter.All, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem();
        job.RunNumber.ShouldBe(2);
    }

    [Fact]
    public async Task Everything_is_killed_and_started_again_and_the_open_page_goes_on()
    {
        var port = SiteProcess.FreePort();
        await using var killed = await SiteProcess.SiteAsync(_folder.Path, port);
        await using var visit = await Visit.OpenAsync(chromium, SiteProcess.AddressAt(port), trees: "");
        await visit.StartAsync("test/steps", arguments: [("count", "12"), ("waitAt", "6"), ("gate", Gate)]);
        await visit.SaysAsync("step 6");

        visit.MayBeAway = true;
        await killed.KillAsync();
        await Assertions.Expect(visit.Job).ToHaveAttributeAsync("data-away", "true");
        await File.WriteAllTextAsync(Gate, "", Cancel);
        await using var again = await SiteProcess.SiteAsync(_folder.Path, port);

        await Assertions.Expect(visit.Page.Locator("#job-status")).ToHaveTextAsync("completed", new() { Timeout = Patience });
        await visit.SaysAsync("step 12");
        visit.MayBeAway = false;
        await visit.StartAsync("test/speak"); // with the token that it has
        await visit.SaysAsync("text none");
        await visit.IsCleanAsync();
    }

    public void Dispose() => _folder.Dispose();
}
