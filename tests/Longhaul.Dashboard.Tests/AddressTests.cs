using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

/// <summary>Every view has an address, and the address says all of it.</summary>
[Trait("Part", "web")]
public sealed class AddressTests(Chromium chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Filters_are_in_the_address_and_come_back_from_it()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await host.Jobs.EnqueueAsync(new Quick("apples"), new() { Tags = ["fruit"], Owner = "acme" }, Cancel);
        await host.Jobs.EnqueueAsync(new Quick("pears"), new() { Queue = "other" }, Cancel);
        await host.Jobs.EnqueueAsync(new Quick("nuts"), new() { Delay = TimeSpan.FromHours(1) }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, "jobs");
        var rows = visit.Page.Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(3);

        await visit.Main.Locator("input[type=search]").FillAsync("owner:acme tag:fruit apples");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        visit.Page.Url.ShouldEndWith("jobs?tag=fruit&owner=acme&text=apples");

        await visit.Button("scheduled").ClickAsync();
        await visit.SeesAsync("No job matches.");
        await visit.Page.GoBackAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await visit.Page.GoBackAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(3);

        await visit.GoAsync(host, "jobs?derived=scheduled");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Button("scheduled")).ToHaveAttributeAsync("aria-pressed", "true");
        await visit.GoAsync(host, "jobs?queue=oth*");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await visit.IsCleanAsync();
    }

    [Theory]
    [InlineData("{id}", "jobs/{id}")]
    [InlineData("{id} 999", "jobs?id={id}%2C999")]
    [InlineData("name:test.qu*", "jobs?name=test.qu*")]
    [InlineData("queue:fruit/*", "jobs?queue=fruit%2F*")]
    [InlineData("tag:\"green ones\"", "jobs?tag=green+ones")]
    [InlineData("owner:acme", "jobs?owner=acme")]
    [InlineData("granny smith", "jobs?text=granny+smith")]
    [InlineData("Weekly", "jobs?text=Weekly")]
    [InlineData("state:scheduled", "jobs?derived=scheduled")]
    [InlineData("owner:acme state:scheduled granny", "jobs?derived=scheduled&owner=acme&text=granny")]
    public async Task What_is_typed_above_finds_the_job(string typed, string address)
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await host.Jobs.EnqueueAsync(new Fails("another"), cancellationToken: Cancel);
        JobId id = await host.Jobs.EnqueueAsync(new Quick("granny smith"), new() { Queue = "fruit/apples", Description = "Weekly apples", Tags = ["green ones"], Owner = "acme", Delay = TimeSpan.FromHours(1) }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host);

        await visit.Page.GetByRole(AriaRole.Searchbox, new() { Name = "Find jobs" }).FillAsync(typed.Replace("{id}", $"{id}", StringComparison.Ordinal));
        await visit.Page.Keyboard.PressAsync("Enter");

        await visit.Page.WaitForURLAsync($"{host.Address}/{address.Replace("{id}", $"{id}", StringComparison.Ordinal)}");
        await visit.SeesAsync("Weekly apples");
        (await visit.Main.InnerTextAsync()).ShouldNotContain("test.fails");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task Every_view_of_a_job_and_of_the_others_can_be_linked_to()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Writes("deep", Fail: true), cancellationToken: Cancel);
        await host.EndAsync(id);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");

        foreach (var tab in await visit.Page.Locator("[role=tab]").AllAsync())
        {
            await tab.ClickAsync();
            var shown = visit.Page.Url;
            var panel = await tab.GetAttributeAsync("id");
            await using var other = await Visit.OpenAsync(chromium, host, page: shown);
            await Assertions.Expect(other.Page.Locator($"#{panel}")).ToHaveAttributeAsync("aria-selected", "true");
        }

        await visit.GoAsync(host, "");
        await visit.Page.GetByLabel("Time shown").SelectOptionAsync("1h");
        await visit.Page.WaitForURLAsync("**/longhaul/?window=1h");
        await visit.Page.GetByLabel("Count pending jobs of queues like this pattern").FillAsync("sh*");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.WaitForURLAsync("**/longhaul/?window=1h&pattern=sh*");
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Page.GetByLabel("Time shown")).ToHaveValueAsync("1h");
        await Assertions.Expect(visit.Page.Locator(".health a[href$='queue=sh*']")).ToHaveTextAsync("0");

        await visit.GoAsync(host, $"traces?subject=deep&success=false&job={id}");
        await Assertions.Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await visit.GoAsync(host, "traces?subject=deep&success=true");
        await visit.SeesAsync("No trace matches.");
        await visit.GoAsync(host, "failed?name=test.writes");
        await visit.SeesAsync("1 job");
        await visit.GoAsync(host, "failed?queue=other");
        await visit.SeesAsync("Nothing has failed.");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task Long_lists_are_paged_and_each_page_has_its_address()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await host.Jobs.EnqueueManyAsync(Enumerable.Range(1, 120).Select(static number => new Quick($"{number}")), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, "jobs");
        var rows = visit.Page.Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(50);
        var first = await rows.First.InnerTextAsync();

        await visit.Button("Next page").ClickAsync();
        await Assertions.Expect(rows.First).Not.ToHaveTextAsync(first);
        await visit.Button("Next page").ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(20);
        await visit.Page.ReloadAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(20);
        await visit.Button("First page").ClickAsync();

        await Assertions.Expect(rows).ToHaveCountAsync(50);
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task New_jobs_are_offered_and_do_not_move_the_list()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await host.Jobs.EnqueueAsync(new Quick("old"), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, "jobs");
        var rows = visit.Page.Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(1);

        await host.Jobs.EnqueueAsync(new Quick("new"), cancellationToken: Cancel);
        await visit.Button("Show 1 job that came since").ClickAsync();

        await Assertions.Expect(rows).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task What_is_too_long_to_be_shown_can_be_had_as_a_file()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        var text = new string('x', 700_000);
        JobId id = await host.Jobs.EnqueueAsync(new Quick(text), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}?tab=payload");
        await visit.SeesAsync("KiB: too long to be shown here");

        var download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());

        download.SuggestedFilename.ShouldBe($"job-{id}-payload.json");
        (await File.ReadAllTextAsync(await download.PathAsync(), Cancel)).ShouldBe($$"""{"text":"{{text}}"}""");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task An_address_that_is_no_page_says_so()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await using var visit = await Visit.OpenAsync(chromium, host, "nowhere");
        await visit.SeesAsync("There is no page at this address.");

        await visit.GoAsync(host, "jobs/424242");
        await visit.SeesAsync("There is no job 424242");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_link_within_the_dashboard_loads_nothing_anew()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await using var visit = await Visit.OpenAsync(chromium, host);
        await visit.Page.EvaluateAsync("() => { window.stayed = true; }");

        foreach (var page in (string[])["Jobs", "Failed", "Traces", "Workers", "Overview"])
        {
            await visit.Page.GetByRole(AriaRole.Navigation, new() { Name = "Pages" }).GetByRole(AriaRole.Link, new() { Name = page }).ClickAsync();
            await Assertions.Expect(visit.Page).ToHaveTitleAsync($"{page} · Longhaul");
        }

        (await visit.Page.EvaluateAsync<bool>("() => window.stayed")).ShouldBeTrue();
    }
}
