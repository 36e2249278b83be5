using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

/// <summary>What an operator sees first.</summary>
[Trait("Part", "web")]
public sealed class OverviewTests(Chromium chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("processing", "green")]
    [InlineData("idle", "blue")]
    [InlineData("stalled", "red")]
    [InlineData("pending", "yellow")]
    [InlineData("unknown", "gray")]
    public async Task The_badge_has_the_colour_and_the_word_of_each_state(string status, string colour)
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        // That the server tells each state at its time is shown by its own tests; here it is how each looks.
        await using var visit = await Visit.OpenAsync(chromium, host, "nowhere", script: "delete window.SharedWorker; window.EventSource = class { addEventListener() {} close() {} };");
        await visit.Page.RouteAsync("**/api/status*", route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = $$"""
                {"horizon":{"installed":false,"status":"inactive"},"jobs":{"driver":"sqlite","pending":5,"reserved":1,"failed":2,"matching_pending":3},
                "worker":{"status":"{{status}}","likely_running":true,"hint":"That is how it is","color":"{{colour}}"},"updated_at":"2026-11-28T20:15:04Z"}
                """,
        }));
        await visit.GoAsync(host, "?pattern=*ingest*");

        var badge = visit.Page.Locator("[data-health]");
        await Assertions.Expect(badge).ToHaveAttributeAsync("data-health", status);
        await Assertions.Expect(badge).ToHaveClassAsync($"state pill {colour}");
        await Assertions.Expect(badge).ToHaveTextAsync(status, new() { IgnoreCase = true });
        await Assertions.Expect(badge.Locator("svg")).ToHaveCountAsync(1); // a shape for those who see no colours
        var health = visit.Page.Locator(".health");
        foreach (var figure in (string[])["That is how it is", "Pending5", "3", "Running1", "Failed2", "Driversqlite"])
            await Assertions.Expect(health).ToContainTextAsync(figure);
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task Charts_show_what_ended_and_are_read_by_keys()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var visit = await Visit.OpenAsync(chromium, host, "?window=5m");
        var charts = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Figures" });
        await Assertions.Expect(charts.Locator("svg[role=img]")).ToHaveCountAsync(3);
        await Assertions.Expect(charts.Locator("svg[role=img]").First).ToHaveAttributeAsync("aria-label", Beginning("Throughput: ")); // figures have come

        foreach (var number in Enumerable.Range(1, 20))
        {
            JobId id = number % 4 == 0 ? await host.Jobs.EnqueueAsync(new Fails("no luck"), cancellationToken: Cancel) : await host.Jobs.EnqueueAsync(new Quick("x"), cancellationToken: Cancel);
            await host.EndAsync(id);
        }

        var throughput = charts.Locator("svg[role=img]").First;
        await Assertions.Expect(throughput.Locator("rect.area-green").First).ToBeAttachedAsync();
        await Assertions.Expect(throughput.Locator("rect.area-red").First).ToBeAttachedAsync();
        await Assertions.Expect(charts.Locator("path.line-green").First).ToHaveAttributeAsync("d", Beginning("M"));
        await throughput.FocusAsync();
        await visit.Page.Keyboard.PressAsync("ArrowLeft");
        await Assertions.Expect(charts.Locator("figcaption").First).ToContainTextAsync(" at ");
        await visit.Page.GetByLabel("Time shown").SelectOptionAsync("24h");
        await Assertions.Expect(charts.Locator("rect.area-green").First).ToBeAttachedAsync();
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task The_store_tells_how_it_is()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await host.Jobs.EnqueueManyAsync(Enumerable.Range(1, 30).Select(static number => new Quick($"{number}")), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host);
        var storage = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Storage" });

        await Assertions.Expect(storage).ToContainTextAsync("Nothing is wrong with the store.");
        await Assertions.Expect(storage).ToContainTextAsync("sqlite");
        await Assertions.Expect(storage).ToContainTextAsync("jobs.db");
        await Assertions.Expect(storage).ToContainTextAsync("Jobs kept30");
        await Assertions.Expect(storage).ToContainTextAsync("KiB");

        await visit.Page.RouteAsync("**/api/store", static route => route.FulfillAsync(new() { ContentType = "application/json", Body = """{"driver":"sqlite","address":"jobs.db","capabilities":[],"problems":["The file is damaged: page 7."]}""" }));
        await visit.Page.ReloadAsync();
        await Assertions.Expect(storage).ToContainTextAsync("The file is damaged: page 7.");
        (await storage.InnerTextAsync()).ShouldNotContain("Nothing is wrong");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task What_nobody_handles_is_told()
    {
        await using var host = await DashboardHost.StartAsync();
        await host.Jobs.EnqueueAsync(new Quick("x"), new() { Delay = TimeSpan.FromHours(1) }, Cancel);
        await host.Jobs.EnqueueJsonAsync("nobody.knows", "{}"u8.ToArray(), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host);

        await visit.SeesAsync("No running worker handles nobody.knows on default: 1 job wait");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task The_wall_orders_by_age_and_shows_at_most_so_many_until_asked()
    {
        await using var host = await DashboardHost.StartAsync(slots: 40);
        foreach (var number in Enumerable.Range(1, 30))
            await host.Jobs.EnqueueAsync(new Waits("many"), new() { Description = $"Waits {number:00}" }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host);

        await visit.SeesAsync("30 running");
        var rows = visit.Page.Locator(".wall li");
        await Assertions.Expect(rows).ToHaveCountAsync(24);
        await visit.Button("Show the other 6").ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(30);
        var times = await visit.Page.EvaluateAsync<long[]>("async () => (await (await fetch('/longhaul/api/jobs?state=running&limit=100')).json()).items.sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt) || a.id - b.id).map(job => job.id)");
        (await rows.Locator("[data-row]").EvaluateAllAsync<string[]>("all => all.map(e => e.getAttribute('href').split('/').pop())")).ShouldBe(times.Select(static id => $"{id}"));
        host.Stage.Allow("many", 30);
        await visit.SeesAsync("Nothing runs now.");
        await visit.IsCleanAsync();
    }

    private static Regex Beginning(string text) => new($"^{text}", RegexOptions.None, TimeSpan.FromSeconds(1));
}
