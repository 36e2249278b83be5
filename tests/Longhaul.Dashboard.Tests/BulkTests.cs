using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

[Trait("Part", "web")]
public sealed class BulkTests(Chromium chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_that_match_are_retried_told_the_count_before()
    {
        await using var host = await DashboardHost.StartAsync();
        var ids = await FailAsync(host, "a", "b", "c");
        await using var visit = await Visit.OpenAsync(chromium, host, "jobs?state=failed");
        await visit.SeesAsync("no luck with a");

        host.Stage.Mended = true;
        await visit.Page.Locator("main summary", new() { HasText = "All that match" }).ClickAsync();
        await visit.Page.Locator("details[open] button", new() { HasText = "Retry …" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("dialog h2")).ToHaveTextAsync("Retry 3 jobs?");
        await Assertions.Expect(visit.Page.Locator("dialog")).ToContainTextAsync("state:failed");
        await visit.ConfirmAsync("it works again");

        await Assertions.Expect(visit.Page.Locator(".toast")).ToContainTextAsync("3 done");
        foreach (var id in ids)
            await host.UntilAsync(id, static job => job.State == JobState.Completed, "the retry");
        await visit.SeesAsync("No job matches.");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task Chosen_jobs_are_deleted_and_others_stay()
    {
        await using var host = await DashboardHost.StartAsync();
        var ids = await FailAsync(host, "a", "b", "c");
        await using var visit = await Visit.OpenAsync(chromium, host, "jobs");
        await visit.Page.GetByLabel($"Choose job {ids[0]}", new() { Exact = true }).CheckAsync();
        await visit.Page.GetByLabel($"Choose job {ids[2]}", new() { Exact = true }).CheckAsync();

        await visit.Page.Locator(".bulk button", new() { HasText = "Delete …" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("dialog h2")).ToHaveTextAsync("Delete 2 jobs?");
        await visit.ConfirmAsync();

        await Assertions.Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        (await host.Jobs.GetAsync(ids[1], Cancel)).ShouldNotBeNull();
        (await host.Jobs.GetAsync(ids[0], Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_group_of_failed_jobs_is_retried_as_one()
    {
        await using var host = await DashboardHost.StartAsync();
        var ids = await FailAsync(host, "\"one\"", "\"two\"");
        await using var visit = await Visit.OpenAsync(chromium, host, "failed");
        await visit.SeesAsync("test.fails");
        await visit.SeesAsync("2 jobs");

        host.Stage.Mended = true;
        await visit.Button("Retry all …").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("dialog h2")).ToHaveTextAsync("Retry 2 jobs of test.fails?");
        await visit.ConfirmAsync("mended");

        foreach (var id in ids)
            await host.UntilAsync(id, static job => job.State == JobState.Completed, "the retry");
        await visit.SeesAsync("Nothing has failed.");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task What_is_listed_is_exported_and_formulas_are_disarmed()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.Jobs.EnqueueAsync(new Quick("x"), new() { Description = "=HYPERLINK(\"http://evil\")", Delay = TimeSpan.FromHours(1) }, cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, "jobs");
        await visit.SeesAsync("test.quick"); // the list moves what is on the page when it comes

        await visit.Page.Locator("main summary", new() { HasText = "Export" }).ClickAsync();
        var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Button("As CSV").ClickAsync());
        var text = await File.ReadAllTextAsync(await download.PathAsync(), Cancel);

        text.ShouldStartWith("id,name,description,queue,");
        text.ShouldContain("\"'=HYPERLINK(\"\"http://evil\"\")\"");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task An_export_holds_all_that_match_beyond_the_page()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await host.Jobs.EnqueueManyAsync(Enumerable.Range(1, 120).Select(static number => new Quick($"{number}")), new() { Queue = "wanted", Tags = ["a", "b"] }, cancellationToken: Cancel);
        await host.Jobs.EnqueueAsync(new Quick("other"), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, "jobs?queue=wanted");
        await Assertions.Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(50);

        var csv = await ExportAsync("As CSV");
        var json = await ExportAsync("As JSON");

        var lines = csv.TrimEnd().Split("\r\n");
        lines.Length.ShouldBe(121);
        lines.Skip(1).ShouldAllBe(static line => line.Contains(",test.quick,,wanted,", StringComparison.Ordinal) && line.Contains(",a b,", StringComparison.Ordinal));
        using var read = JsonDocument.Parse(json);
        read.RootElement.GetArrayLength().ShouldBe(120);
        read.RootElement.EnumerateArray().Select(static job => job.GetProperty("id").GetInt64()).Distinct().Count().ShouldBe(120);
        read.RootElement.EnumerateArray().ShouldAllBe(static job => job.GetProperty("queue").GetString() == "wanted");
        await visit.IsCleanAsync();

        async Task<string> ExportAsync(string how)
        {
            await visit.Page.Locator("main summary", new() { HasText = "Export" }).ClickAsync();
            var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Button(how).ClickAsync());
            return await File.ReadAllTextAsync(await download.PathAsync(), Cancel);
        }
    }

    [Fact]
    public async Task Very_many_are_acted_on_by_a_job_of_their_own()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.Jobs.EnqueueManyAsync(Enumerable.Range(1, 1_100).Select(static number => new Quick($"{number}")), new() { Delay = TimeSpan.FromHours(1) }, cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, "jobs?derived=scheduled");
        await visit.SeesAsync("test.quick");

        await visit.Page.Locator("main summary", new() { HasText = "All that match" }).ClickAsync();
        await visit.Page.Locator("details[open] button", new() { HasText = "Cancel …" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator("dialog h2")).ToHaveTextAsync(new Regex("^Cancel (?:1,100|at least 1,000) jobs\\?$", RegexOptions.None, TimeSpan.FromSeconds(5))); // the server counts for a moment only
        await Assertions.Expect(visit.Page.Locator("dialog")).ToContainTextAsync("So many are done by a job of their own");
        await visit.ConfirmAsync("not this year");
        await visit.Page.Locator(".toast a").ClickAsync();

        await visit.SeesStateAsync("completed");
        await visit.Page.Locator("#tab-payload").ClickAsync();
        await visit.SeesAsync("\"done\": 1100");
        await visit.GoAsync(host, "jobs?derived=scheduled");
        await visit.SeesAsync("No job matches.");
        await visit.IsCleanAsync();
    }

    private static async Task<List<JobId>> FailAsync(DashboardHost host, params string[] what)
    {
        var ids = new List<JobId>();
        foreach (var one in what)
            ids.Add(await host.Jobs.EnqueueAsync(new Fails($"no luck with {one}"), cancellationToken: Cancel));
        foreach (var id in ids)
            await host.UntilAsync(id, static job => job.State == JobState.Failed, "the failure");
        return ids;
    }
}
