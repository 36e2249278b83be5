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
