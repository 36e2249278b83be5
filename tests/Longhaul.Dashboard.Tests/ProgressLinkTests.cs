using System.Net.Http.Json;
using System.Text.Json;
using Deque.AxeCore.Playwright;
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
        await visit.Page.GotoAsync(await LinkAsync(host, id));
        var text = visit.Page.Locator("longhaul-progress [part=text]");
        await Assertions.Expect(text).ToContainTextAsync("running");

        host.Stage.Allow("link", 1);
        await Assertions.Expect(text).ToContainTextAsync("55 %");
        await Assertions.Expect(visit.Page.Locator("longhaul-progress [role=progressbar]")).ToHaveAttributeAsync("aria-valuenow", "55");
        await Assertions.Expect(visit.Page.Locator("longhaul-progress [part=title]")).ToHaveTextAsync("Your export");
        (await visit.Page.RunAxe()).Violations.ShouldBeEmpty();

        host.Stage.Allow("link", 1);
        await Assertions.Expect(text).ToContainTextAsync("completed · 100 %");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_changed_link_says_that_it_is_not_valid()
    {
        await using var host = await DashboardHost.StartAsync();
        JobId id = await host.Jobs.EnqueueAsync(new Quick("x"), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host);
        var link = await LinkAsync(host, id);

        await visit.Page.GotoAsync(link[..^3] + (link.EndsWith("AAA", StringComparison.Ordinal) ? "BBB" : "AAA"));

        await Assertions.Expect(visit.Page.Locator("body")).ToContainTextAsync("not valid");
    }

    private static async Task<string> LinkAsync(DashboardHost host, JobId id)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsJsonAsync($"{host.Address}/api/jobs/{id}/link", new { validForSeconds = 3600 }, Cancel);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        return new Uri(new Uri(host.Address), body.GetProperty("url").GetString()).ToString();
    }
}
