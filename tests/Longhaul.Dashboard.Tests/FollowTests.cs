using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

[Trait("Part", "web")]
public sealed class FollowTests(Chromium chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_is_followed_from_start_to_end_without_a_reload()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Steps("a", 4), new() { Description = "Four steps" }, cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");
        await visit.SeesStateAsync("running");
        await visit.Page.EvaluateAsync("() => { window.stayed = true; }");
        await visit.Page.Locator("#tab-log").ClickAsync();

        host.Stage.Allow("a", 2);
        await visit.SeesAsync("step 2 of 4");
        await Assertions.Expect(visit.Main.Locator("span.big")).ToHaveTextAsync("55.0 %"); // 0.1 for the first phase, half of 0.9
        await visit.Page.Locator("#tab-traces").ClickAsync();
        await visit.SeesAsync("item-2");

        host.Stage.Allow("a", 2);
        await visit.SeesAsync("item-4");
        await visit.SeesStateAsync("completed");
        await Assertions.Expect(visit.Main.Locator("span.big")).ToHaveTextAsync("100.0 %");
        (await visit.Page.EvaluateAsync<bool>("() => window.stayed")).ShouldBeTrue();
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task The_wall_shows_what_runs_now()
    {
        await using var host = await DashboardHost.StartAsync();
        await using var visit = await Visit.OpenAsync(chromium, host);
        await visit.SeesAsync("Nothing runs now.");
        await Assertions.Expect(visit.Page.Locator("[data-health]")).ToHaveAttributeAsync("data-health", "idle");

        JobId id = await host.Jobs.EnqueueAsync(new Steps("w", 2), new() { Description = "On the wall" }, cancellationToken: Cancel);
        var row = visit.Page.Locator(".wall li", new() { HasText = "On the wall" });
        await Assertions.Expect(row).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Page.Locator("[data-health]")).ToHaveAttributeAsync("data-health", "processing");
        host.Stage.Allow("w", 1);
        await Assertions.Expect(row).ToContainTextAsync("55.0 %");
        await Assertions.Expect(row).ToContainTextAsync("1 of 2");

        host.Stage.Allow("w", 1);
        await host.EndAsync(id);
        await visit.SeesAsync("Nothing runs now.");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task Two_browsers_see_the_same()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Steps("two", 2), cancellationToken: Cancel);
        await using var ann = await Visit.OpenAsync(chromium, host, $"jobs/{id}");
        await using var second = new Chromium();
        await second.InitializeAsync();
        await using var bob = await Visit.OpenAsync(second, host, $"jobs/{id}");
        await using var wall = await Visit.OpenAsync(second, host);
        await bob.SeesStateAsync("running");
        await wall.SeesAsync("test.steps");
        host.Stage.Allow("two", 1);
        foreach (var visit in (Visit[])[ann, bob])
            await Assertions.Expect(visit.Main.Locator("span.big")).ToHaveTextAsync("55.0 %");
        await Assertions.Expect(wall.Page.Locator(".wall li")).ToContainTextAsync("55.0 %");

        await ann.ActAsync("Cancel …", "not needed");
        await bob.SeesStateAsync("cancelled");
        await bob.SeesAsync("not needed");
        await ann.SeesStateAsync("cancelled");
        await wall.SeesAsync("Nothing runs now.");
        foreach (var visit in (Visit[])[ann, bob, wall])
            await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_page_outlives_its_server()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        JobId id = await host.Jobs.EnqueueAsync(new Quick("x"), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}", new() { ViewportSize = new ViewportSize { Width = 320, Height = 800 } });
        await visit.SeesStateAsync("pending");
        await Assertions.Expect(visit.Page.Locator("[data-live=live]")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Page.Locator(".tools .pill")).ToHaveCountAsync(1);

        await host.StopAsync();
        await Assertions.Expect(visit.Page.Locator("[data-live=away]")).ToHaveTextAsync("Not live: trying again");
        await visit.IsFitAsync("what tells of the loss");
        await host.ComeBackAsync();

        await visit.SeesStateAsync("completed");
        await Assertions.Expect(visit.Page.Locator("[data-live=live]")).ToHaveCountAsync(1);
    }
}
