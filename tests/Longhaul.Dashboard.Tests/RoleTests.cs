using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

[Trait("Part", "web")]
public sealed class RoleTests(Chromium chromium)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("view", 0, 0)]
    [InlineData("view operate", 1, 0)]
    [InlineData("view operate admin", 1, 1)]
    public async Task Nobody_is_offered_what_he_may_not_do(string roles, int operates, int administers)
    {
        await using var host = await DashboardHost.StartAsync(roles: roles);
        JobId id = await host.Jobs.EnqueueAsync(new Fails("no luck"), cancellationToken: Cancel);
        await host.EndAsync(id);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");
        await visit.SeesAsync("no luck");
        await Assertions.Expect(visit.Page.Locator("footer")).ToContainTextAsync(roles.Split(' ')[^1]);
        await Assertions.Expect(visit.Button("Retry …")).ToHaveCountAsync(operates);
        await Assertions.Expect(visit.Page.Locator("main .list button", new() { HasText = "Delete …" })).ToHaveCountAsync(administers);

        await visit.GoAsync(host, "jobs");
        await visit.SeesAsync("no luck");
        await Assertions.Expect(visit.Page.Locator("tbody input[type=checkbox]")).ToHaveCountAsync(operates);
        await visit.GoAsync(host, "failed");
        await visit.SeesAsync("no luck");
        await Assertions.Expect(visit.Button("Retry all …")).ToHaveCountAsync(operates);
        await Assertions.Expect(visit.Button("Delete all …")).ToHaveCountAsync(administers);
        await visit.GoAsync(host, "workers");
        await visit.SeesAsync("tester");
        await Assertions.Expect(visit.Button("Restart all …")).ToHaveCountAsync(administers);
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task When_the_session_ends_nothing_is_done_and_nothing_is_done_later()
    {
        await using var host = await DashboardHost.StartAsync(roles: "view operate admin", works: false);
        JobId id = await host.Jobs.EnqueueAsync(new Quick("x"), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}");
        await visit.Button("Cancel …").ClickAsync();
        await visit.Page.Locator("dialog input[name=reason]").FillAsync("why"); // a question that nobody has begun to answer closes by itself

        host.Grant("");
        await visit.Page.Locator("dialog button[type=submit]").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("dialog [role=alert]")).ToContainTextAsync("You are not signed in any more. Nothing was done.");
        host.Grant("view operate admin");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.GoAsync(host, $"jobs/{id}");

        await visit.SeesStateAsync("pending");
        (await host.Jobs.GetAsync(id, Cancel))!.State.ShouldBe(JobState.Pending);
        await visit.IsCleanAsync();
    }
}
