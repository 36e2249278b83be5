using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

[Trait("Part", "web")]
public sealed class AccessibilityTests(Chromium chromium)
{
    private static readonly string[] Tabs = ["", "?tab=log", "?tab=traces", "?tab=items", "?tab=checkpoint", "?tab=payload", "?tab=children"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 320)]
    [InlineData(ColorScheme.Dark, 320)]
    public async Task No_page_has_a_violation_or_is_wider_than_the_window(ColorScheme scheme, int width)
    {
        await using var host = await DashboardHost.StartAsync();
        var long200 = string.Concat(Enumerable.Repeat("averylongname/", 14)) + "200";
        JobId failed = await host.Jobs.EnqueueAsync(new Fails(long200), new() { Description = long200, Tags = [long200[..64], "2026"] }, Cancel);
        JobId items = await host.Jobs.EnqueueAsync(new Steps("done", 3, [2]), cancellationToken: Cancel);
        host.Stage.Allow("done", 3);
        await host.EndAsync(failed);
        await host.EndAsync(items);
        JobId runs = await host.Jobs.EnqueueAsync(new Steps("runs", 3), new() { Description = "It runs" }, Cancel);
        await host.UntilAsync(runs, static job => job.State == JobState.Running, "the run");
        string[] paths = ["", "jobs", "jobs?state=failed&queue=short", "jobs?text=nothing", "failed", "traces", "workers", "nowhere", "jobs/999999", $"jobs/{failed}", $"jobs/{runs}", .. Tabs.Select(tab => $"jobs/{items}{tab}")];

        await using var visit = await Visit.OpenAsync(chromium, host, "", new() { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 800 } });
        foreach (var path in paths)
        {
            await visit.GoAsync(host, path);
            await Assertions.Expect(visit.Page.GetByText("Reading …")).ToHaveCountAsync(0);
            await JudgeAsync(path);
        }

        await visit.Page.Keyboard.PressAsync("?");
        await JudgeAsync("help");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.GoAsync(host, $"jobs/{runs}");
        await visit.Button("Cancel …").ClickAsync();
        await JudgeAsync("question");
        await visit.IsCleanAsync();
        host.Stage.Allow("runs", 3);

        async Task JudgeAsync(string path)
        {
            var violations = (await visit.Page.RunAxe()).Violations;
            string.Join('\n', violations.Select(violation => $"{path}: {violation.Id}: {violation.Help}: {string.Join(" | ", violation.Nodes.Select(static node => node.Html))}")).ShouldBe("");
            var over = await visit.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            over.ShouldBeLessThanOrEqualTo(0, $"{path} is wider than the window");
        }
    }

    [Fact]
    public async Task Everything_is_done_by_keys()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Steps("keys", 2), new() { Description = "By keys" }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host);
        await visit.SeesAsync("By keys");
        var keys = visit.Page.Keyboard;

        await keys.PressAsync("g");
        await keys.PressAsync("j");
        await visit.Page.WaitForURLAsync("**/longhaul/jobs");
        await visit.SeesAsync("By keys");
        await keys.PressAsync("j");
        await keys.PressAsync("Enter");
        await visit.SeesStateAsync("running");
        await keys.PressAsync("c");
        await Assertions.Expect(visit.Page.Locator("dialog")).ToBeVisibleAsync();
        await keys.TypeAsync("by keys");
        await keys.PressAsync("Enter");
        await visit.SeesStateAsync("cancelled");

        await keys.PressAsync("/");
        await keys.TypeAsync($"{id}");
        await keys.PressAsync("Enter");
        await visit.Page.WaitForURLAsync($"**/longhaul/jobs/{id}");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task Single_keys_can_be_switched_off()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await using var visit = await Visit.OpenAsync(chromium, host);

        await visit.Page.Keyboard.PressAsync("?");
        await visit.Page.GetByLabel("Single-key shortcuts are on").UncheckAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.Keyboard.PressAsync("/");

        (await visit.Page.EvaluateAsync<string>("() => document.activeElement.id")).ShouldNotBe("search");
    }

    [Fact]
    public async Task The_chosen_colours_stay()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        await using var visit = await Visit.OpenAsync(chromium, host);

        await visit.Button("Colours: as the system").ClickAsync();
        await visit.Button("Colours: light").ClickAsync();
        await visit.GoAsync(host, "jobs");

        (await visit.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).colorScheme")).ShouldBe("dark");
    }
}
