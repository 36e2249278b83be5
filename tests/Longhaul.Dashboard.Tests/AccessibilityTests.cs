using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

[Trait("Part", "web")]
public sealed class AccessibilityTests(Chromium chromium)
{
    private static readonly string[] Tabs = ["", "?tab=log", "?tab=traces", "?tab=items", "?tab=checkpoint", "?tab=payload", "?tab=children"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
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
            await visit.IsFitAsync(path);
        }

        await visit.Page.Keyboard.PressAsync("?");
        await visit.IsFitAsync("help");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.GoAsync(host, $"jobs/{runs}");
        await visit.Button("Cancel …").ClickAsync();
        await visit.IsFitAsync("question");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.Locator("main summary", new() { HasText = "More" }).ClickAsync();
        await visit.IsFitAsync("menu");
        await visit.Button("Edit and clone …").ClickAsync();
        await visit.Page.Locator("dialog textarea").WaitForAsync();
        await visit.IsFitAsync("clone");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.GoAsync(host, "jobs");
        await visit.Page.GetByLabel($"Choose job {items}", new() { Exact = true }).CheckAsync();
        await visit.Button("More filters").ClickAsync();
        await visit.IsFitAsync("chosen");
        await visit.Page.Locator(".bulk button", new() { HasText = "Delete …" }).ClickAsync();
        await visit.ConfirmAsync();
        await Assertions.Expect(visit.Page.Locator(".toast")).ToContainTextAsync("1 done");
        await visit.IsFitAsync("message");
        await visit.IsCleanAsync();
        host.Stage.Allow("runs", 3);
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
    public async Task A_question_keeps_the_focus_and_gives_it_back()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        JobId id = await host.Jobs.EnqueueAsync(new Quick("x"), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");
        await visit.Button("Cancel …").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("dialog input[name=reason]")).ToBeFocusedAsync();

        for (var step = 0; step < 6; step++)
        {
            await visit.Page.Keyboard.PressAsync("Tab");
            (await visit.Page.EvaluateAsync<bool>("() => document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)")).ShouldBeTrue("the focus left the question");
        }

        await visit.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(visit.Button("Cancel …")).ToBeFocusedAsync();
        (await host.Jobs.GetAsync(id, Cancel))!.State.ShouldBe(JobState.Pending);
    }

    [Fact]
    public async Task Tabs_and_menus_are_used_by_keys()
    {
        await using var host = await DashboardHost.StartAsync(works: false);
        JobId id = await host.Jobs.EnqueueAsync(new Quick("typed"), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");
        var keys = visit.Page.Keyboard;
        await visit.Page.Locator("#tab-timeline").FocusAsync();
        await keys.PressAsync("End");
        await Assertions.Expect(visit.Page.Locator("#tab-children")).ToBeFocusedAsync();
        await keys.PressAsync("ArrowLeft");
        await Assertions.Expect(visit.Page.Locator("#tab-payload")).ToBeFocusedAsync();
        await visit.SeesAsync("\"text\": \"typed\"");
        visit.Page.Url.ShouldEndWith("?tab=payload");

        var menu = visit.Page.Locator("main summary", new() { HasText = "More" });
        await menu.FocusAsync();
        await keys.PressAsync("Enter");
        await keys.PressAsync("Tab");
        await Assertions.Expect(visit.Page.Locator("details[open] button").First).ToBeFocusedAsync();
        await keys.PressAsync("Escape");
        await Assertions.Expect(visit.Page.Locator("main details[open]")).ToHaveCountAsync(0);
        await Assertions.Expect(menu).ToBeFocusedAsync();
        await menu.ClickAsync();
        await Assertions.Expect(visit.Page.Locator("main details[open]")).ToHaveCountAsync(1);
        await visit.Page.Locator("h1").ClickAsync(); // somewhere else
        await Assertions.Expect(visit.Page.Locator("main details[open]")).ToHaveCountAsync(0);
        await visit.IsCleanAsync();
    }

    [Theory]
    [InlineData(ReducedMotion.NoPreference, true)]
    [InlineData(ReducedMotion.Reduce, false)]
    public async Task Nothing_moves_for_those_who_do_not_want_it(ReducedMotion wanted, bool moves)
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Waits("still"), new() { Description = "Nobody knows how far" }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, "", new() { ReducedMotion = wanted });
        await Assertions.Expect(visit.Page.Locator(".wall .bar.open")).ToHaveCountAsync(1);

        var moving = await visit.Page.EvaluateAsync<int>("() => document.getAnimations().length");
        var glides = await visit.Page.EvalOnSelectorAsync<string>(".wall .bar > i", "e => getComputedStyle(e).transitionDuration");

        (moving > 0).ShouldBe(moves);
        (glides != "0s").ShouldBe(moves);
        host.Stage.Allow("still", 1);
        await host.EndAsync(id);
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
