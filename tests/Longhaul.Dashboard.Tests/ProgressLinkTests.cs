using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

[Trait("Part", "web")]
public sealed class ProgressLinkTests(Chromium chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_signed_link_shows_one_jobs_progress_live()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Steps("link", 2), new() { Description = "Your export" }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host);
        await visit.Page.GotoAsync(host.LinkTo(id));
        var text = visit.Page.Locator("longhaul-progress [part=text]");
        await Assertions.Expect(text).ToContainTextAsync("running");

        host.Stage.Allow("link", 1);
        await Assertions.Expect(text).ToContainTextAsync("55 %");
        await Assertions.Expect(visit.Page.Locator("longhaul-progress [role=progressbar]")).ToHaveAttributeAsync("aria-valuenow", "55");
        await Assertions.Expect(visit.Page.Locator("longhaul-progress [part=title]")).ToHaveTextAsync("Your export");
        await visit.IsFitAsync("progress");

        host.Stage.Allow("link", 1);
        await Assertions.Expect(text).ToContainTextAsync("completed · 100 %");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_page_of_the_application_follows_a_job_to_its_end()
    {
        await using var host = await DashboardHost.StartAsync(roles: ""); // nobody may see the dashboard
        JobId id = await host.Jobs.EnqueueAsync(new Steps("own", 2), new() { Description = "Your export" }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, page: $"{DashboardHost.OwnPage}?src={Uri.EscapeDataString(new Uri(host.LinkTo(id)).AbsolutePath)}");
        await visit.Page.EvaluateAsync("() => { window.told = []; document.querySelector('longhaul-progress').addEventListener('progress', event => window.told.push(event.detail.state)); }");
        var text = visit.Page.Locator("longhaul-progress [part=text]");
        await Assertions.Expect(text).ToContainTextAsync("running");
        (await visit.Page.EvalOnSelectorAsync<string>("longhaul-progress", "e => getComputedStyle(e.shadowRoot.querySelector('[part=fill]')).backgroundColor")).ShouldBe("rgb(1, 2, 3)");

        host.Stage.Allow("own", 1);
        await Assertions.Expect(text).ToContainTextAsync("55 %");
        await Assertions.Expect(visit.Page.Locator("longhaul-progress [part=title]")).ToHaveTextAsync("Your export");
        host.Stage.Allow("own", 1);
        await Assertions.Expect(text).ToContainTextAsync("completed · 100 %");

        (await visit.Page.EvaluateAsync<string[]>("() => window.told"))[^1].ShouldBe("completed");
        (await visit.Page.EvaluateAsync<int>("() => document.querySelector('longhaul-progress').source.readyState")).ShouldBe(2, "the stream must be closed at the end");
        var scripts = await visit.Page.EvaluateAsync<int[]>("() => performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js')).map(e => e.decodedBodySize)");
        scripts.ShouldHaveSingleItem().ShouldBeInRange(500, 2048);
        await visit.IsFitAsync("progress");
        await visit.IsCleanAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task The_page_of_a_link_is_fit_for_everybody(ColorScheme scheme)
    {
        await using var host = await DashboardHost.StartAsync(roles: "");
        JobId id = await host.Jobs.EnqueueAsync(new Steps("fit", 1), new() { Description = string.Concat(Enumerable.Repeat("averylongname/", 14)) }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, page: host.LinkTo(id), options: new() { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = 320, Height = 600 } });
        await Assertions.Expect(visit.Page.Locator("longhaul-progress [part=text]")).ToContainTextAsync("running");

        await visit.IsFitAsync("the page of a link");
        host.Stage.Allow("fit", 1);
        await Assertions.Expect(visit.Page.Locator("longhaul-progress [part=text]")).ToContainTextAsync("completed");
        await visit.IsFitAsync("the page of a link at the end");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_link_is_made_on_the_page_of_a_job()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Quick("x"), new() { Description = "To be shared" }, Cancel);
        await host.EndAsync(id);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");

        await visit.Page.Locator("main summary", new() { HasText = "More" }).ClickAsync();
        await visit.Button("Share the progress …").ClickAsync();
        await visit.Button("Make the link").ClickAsync();
        var link = await visit.Page.GetByRole(AriaRole.Textbox, new() { Name = "The link" }).InputValueAsync();
        await visit.Page.GotoAsync(link);

        await Assertions.Expect(visit.Page.Locator("longhaul-progress [part=title]")).ToHaveTextAsync("To be shared");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_changed_link_says_that_it_is_not_valid()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Quick("x"), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host);
        var link = host.LinkTo(id);

        await visit.Page.GotoAsync(link[..^3] + (link.EndsWith("AAA", StringComparison.Ordinal) ? "BBB" : "AAA"));

        await Assertions.Expect(visit.Page.Locator("body")).ToContainTextAsync("not valid");
        await visit.IsFitAsync("progress");
    }
}
