using Microsoft.Playwright;

namespace Longhaul.Dashboard.Tests;

/// <summary>The dashboard as one opens it with the token: signing out, and what it says when the session has ended.</summary>
[Trait("Part", "web")]
public sealed class SessionTests(Chromium chromium)
{
    private const string Token = "0123456789abcdef0123456789abcdef";
    private const string Again = "open the address with the token that longhaul serve printed";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 320)]
    public async Task Who_signs_out_is_told_so_and_back_does_not_get_in(ColorScheme scheme, int width)
    {
        await using var host = await DashboardHost.StartAsync(works: false, token: Token);
        await host.Jobs.EnqueueAsync(new Quick("x"), new() { Description = "Nobody else's" }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"?token={Token}", new() { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 800 } });
        await visit.SeesAsync("Nothing runs now.");
        visit.Page.Url.ShouldNotContain(Token);
        await visit.MoveAsync(host, "jobs");
        await visit.SeesAsync("Nobody else's");
        await visit.IsFitAsync("jobs");
        await Assertions.Expect(visit.Page.Locator("[data-live=live]")).ToHaveCountAsync(1);

        var before = host.Calls.Count;
        await visit.Button("Sign out").FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveTextAsync("You have signed out");
        await visit.SeesAsync(Again);
        await Assertions.Expect(visit.Button("Sign out")).ToHaveCountAsync(0);
        await Assertions.Expect(visit.Page.Locator("[data-live=ended]")).ToHaveTextAsync("Not signed in");
        await Assertions.Expect(visit.Main).ToBeFocusedAsync();
        await visit.IsFitAsync("signed out");
        (await visit.Context.CookiesAsync()).ShouldBeEmpty();

        // The stream was closed by those who read it, who asked why once, and did not try to open it again.
        await host.Calls.UntilAsync(before, "DELETE session 204", "GET events 200", "GET me 401");
        host.Calls.After(before).ShouldNotContain("GET events 401");
        var ended = host.Calls.Count;
        await visit.Page.GoBackAsync();
        await visit.SeesAsync(Again);
        await visit.MoveAsync(host, "failed");
        await visit.SeesAsync(Again);
        host.Calls.After(ended).ShouldBeEmpty();
        (await visit.Page.GotoAsync($"{host.Address}/jobs"))!.Status.ShouldBe(401);
        await visit.Page.GoBackAsync();
        // The page out of the browser's memory, or the server's answer.
        await Assertions.Expect(visit.Page.GetByText(Again).Or(visit.Page.GetByText("Nobody is signed in")).First).ToBeVisibleAsync();
        (await visit.Page.ContentAsync()).ShouldNotContain("Nobody else's");
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task A_session_that_ends_elsewhere_ends_in_every_window()
    {
        await using var host = await DashboardHost.StartAsync(works: false, token: Token);
        JobId id = await host.Jobs.EnqueueAsync(new Quick("x"), new() { Description = "Nobody else's" }, Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"?token={Token}");
        await Assertions.Expect(visit.Page.Locator("[data-live=live]")).ToHaveCountAsync(1);
        var second = await visit.Context.NewPageAsync();
        await second.GotoAsync($"{host.Address}/jobs/{id}");
        await Assertions.Expect(second.Locator("[data-state=pending]")).ToHaveCountAsync(1);
        await Assertions.Expect(second).ToHaveTitleAsync($"Nobody else's · {id} · Longhaul");
        await second.GetByRole(AriaRole.Button, new() { Name = "Cancel …" }).ClickAsync();
        await Assertions.Expect(second.Locator("dialog")).ToContainTextAsync($"Cancel job {id}?");

        await EndElsewhereAsync(host, visit);

        foreach (var page in (IPage[])[visit.Page, second])
        {
            await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Your session has ended");
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync(Again);
            await Assertions.Expect(page.Locator("main")).ToBeFocusedAsync();
        }

        // Neither the question that nobody had begun to answer nor the title tells of the job, and no key of its page asks anew.
        await Assertions.Expect(second.Locator("dialog")).ToHaveCountAsync(0);
        await Assertions.Expect(second).ToHaveTitleAsync("Job · Longhaul");
        await second.Keyboard.PressAsync("c");
        (await second.Locator("dialog").CountAsync()).ShouldBe(0);

        await visit.GoAsync(host, $"?token={Token}");
        await visit.SeesAsync("Nothing runs now.");
        await Assertions.Expect(visit.Page.Locator("[data-live=live]")).ToHaveCountAsync(1);
        await second.GetByRole(AriaRole.Button, new() { Name = "Reload" }).ClickAsync();
        await Assertions.Expect(second.Locator("[data-state=pending]")).ToHaveCountAsync(1);
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task What_somebody_was_writing_is_done_once_they_have_signed_in_elsewhere()
    {
        await using var host = await DashboardHost.StartAsync(works: false, token: Token);
        JobId id = await host.Jobs.EnqueueAsync(new Quick("x"), cancellationToken: Cancel);
        await using var visit = await Visit.OpenAsync(chromium, host, $"jobs/{id}?token={Token}");
        await Assertions.Expect(visit.Page.Locator("[data-live=live]")).ToHaveCountAsync(1);
        await visit.Page.EvaluateAsync("() => { window.stayed = true; }");
        await visit.Button("Cancel …").ClickAsync();
        var reason = visit.Page.Locator("dialog input[name=reason]");
        await reason.FillAsync("written for long");

        await EndElsewhereAsync(host, visit);
        await visit.SeesAsync("Your session has ended");
        await visit.Page.Locator("dialog button[type=submit]").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("dialog [role=alert]")).ToContainTextAsync("Nothing was done. Sign in in another tab, then do it again here.");
        await Assertions.Expect(reason).ToHaveValueAsync("written for long");
        (await host.Jobs.GetAsync(id, Cancel))!.State.ShouldBe(JobState.Pending);

        var other = await visit.Context.NewPageAsync();
        await other.GotoAsync($"{host.Address}/?token={Token}");
        await Assertions.Expect(other.Locator("[data-live=live]")).ToHaveCountAsync(1);
        await visit.ConfirmAsync();

        await visit.SeesStateAsync("cancelled");
        await visit.SeesAsync("written for long");
        await Assertions.Expect(visit.Page.Locator("[data-live=live]")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Button("Sign out")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Page).ToHaveTitleAsync($"test.quick · {id} · Longhaul");
        (await visit.Page.EvaluateAsync<bool>("() => window.stayed")).ShouldBeTrue();
        await visit.IsCleanAsync();
    }

    [Fact]
    public async Task What_is_read_before_signing_out_is_answered_does_not_say_that_it_ended_by_itself()
    {
        await using var host = await DashboardHost.StartAsync(works: false, token: Token);
        await using var visit = await Visit.OpenAsync(chromium, host, $"?token={Token}");
        var pressed = 0;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await visit.Page.RouteAsync("**/api/session", async route =>
        {
            pressed++;
            var answer = await route.FetchAsync();
            ended.TrySetResult();
            await told.Task;
            await route.FulfillAsync(new() { Response = answer });
        });
        var answered = visit.Page.WaitForResponseAsync("**/api/session");

        await visit.Button("Sign out").EvaluateAsync("button => { button.click(); button.click(); }");
        await ended.Task.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Cancel);
        await visit.MoveAsync(host, "jobs");

        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveTextAsync("You have signed out");
        told.SetResult();
        (await answered).Status.ShouldBe(204);
        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveTextAsync("You have signed out");
        pressed.ShouldBe(1);
    }

    [Fact]
    public async Task Who_looks_is_asked_again_where_it_could_not_be_told()
    {
        await using var host = await DashboardHost.StartAsync(works: false, token: Token);
        await using var visit = await Visit.OpenAsync(chromium, host, $"?token={Token}");
        await visit.Page.RouteAsync("**/api/me", static route => route.FulfillAsync(new() { Status = 503 }), new() { Times = 1 });

        await visit.GoAsync(host, "");

        await Assertions.Expect(visit.Page.Locator(".toasts")).ToContainTextAsync("The server answered 503.");
        await Assertions.Expect(visit.Button("Sign out")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Who_came_by_another_way_is_offered_no_way_out()
    {
        await using var host = await DashboardHost.StartAsync(works: false, roles: "view operate admin");
        await using var visit = await Visit.OpenAsync(chromium, host);

        await Assertions.Expect(visit.Page.Locator("footer")).ToContainTextAsync("admin");
        await Assertions.Expect(visit.Button("Sign out")).ToHaveCountAsync(0);
    }

    /// <summary>As somebody does who has copied the cookie, or another window.</summary>
    private static async Task EndElsewhereAsync(DashboardHost host, Visit visit)
    {
        var cookie = (await visit.Context.CookiesAsync()).ShouldHaveSingleItem();
        using var other = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{host.Address}/api/session");
        request.Headers.Add("Cookie", $"{cookie.Name}={cookie.Value}");
        request.Headers.Add("X-Longhaul-Request", "1");
        (await other.SendAsync(request, Cancel)).StatusCode.ShouldBe(System.Net.HttpStatusCode.NoContent);
    }
}
