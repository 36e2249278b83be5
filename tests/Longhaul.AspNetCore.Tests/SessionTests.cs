using System.Net.Http.Headers;
using Longhaul.AspNetCore.Sessions;
using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Memory;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.AspNetCore.Tests;

/// <summary>With what a browser goes on that was opened with the token.</summary>
[Trait("Part", "web")]
public sealed class SessionTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualClock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_ends_eight_hours_after_its_last_request()
    {
        await using var web = await StartAsync();
        using var browser = await Browser.OpenAsync(web.Address);

        for (var times = 0; times < 3; times++)
        {
            _clock.Advance(Session.Idle - Minute);
            (await browser.StatusAsync()).ShouldBe(200);
        }

        _clock.Advance(Session.Idle);
        (await browser.StatusAsync()).ShouldBe(401);
        (await browser.GetAsync(Web.Prefix + "/")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_request_each_hour_keeps_it_for_seven_days_and_no_longer()
    {
        await using var web = await StartAsync();
        using var browser = await Browser.OpenAsync(web.Address);

        for (var hours = 1; hours < 7 * 24; hours++)
        {
            _clock.Advance(Hour);
            (await browser.StatusAsync()).ShouldBe(200, $"after {hours} h");
        }

        _clock.Advance(Hour);
        (await browser.StatusAsync()).ShouldBe(401);
    }

    [Fact]
    public async Task The_cookie_is_renewed_after_a_minute_and_never_with_what_others_may_keep()
    {
        await using var web = await StartAsync();
        using var browser = await Browser.OpenAsync(web.Address);

        _clock.Advance(Minute);
        await browser.StatusAsync();
        browser.Told.Count.ShouldBe(1);
        _clock.Advance(TimeSpan.FromSeconds(1));
        foreach (var path in (string[])["/", "/assets/app.js", "/jobs"])
            (await browser.GetAsync(Web.Prefix + path)).Status.ShouldBe(200);
        browser.Told.Count.ShouldBe(1);

        await browser.StatusAsync();
        browser.Told.Count.ShouldBe(2);
        Parts(browser.Told[1]).Id.ShouldBe(Parts(browser.Told[0]).Id);

        _clock.Advance(2 * Minute);
        await using var events = await EventListener.OpenAsync(browser.Client, "events");
        events.Response.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem().ShouldContain(Parts(browser.Told[0]).Id);
        events.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Fact]
    public async Task No_cookie_holds_the_token_and_each_opening_has_an_id_of_its_own()
    {
        await using var web = await StartAsync();
        using var browser = await Browser.OpenAsync(web.Address);
        using var other = await Browser.OpenAsync(web.Address);

        _clock.Advance(2 * Minute);
        await browser.StatusAsync();
        await browser.OpenAsync();
        await browser.SignOutAsync();

        browser.Told.Count.ShouldBe(4);
        foreach (var told in browser.Told)
        {
            told.ShouldNotContain(Browser.Token);
            told.ShouldMatch("; path=/longhaul; .*httponly");
            told.ShouldContain("samesite=strict");
        }

        ((string[])[Parts(browser.Told[0]).Id, Parts(browser.Told[2]).Id, Parts(other.Told[0]).Id]).Distinct().Count().ShouldBe(3);
        Parts(browser.Told[0]).Id.ShouldMatch("^[0-9a-f]{32}$");
        using var old = new Browser(web.Address) { Cookie = $"{browser.Told[0].Split('=')[0]}={Browser.Token}" };
        (await old.StatusAsync()).ShouldBe(401);
    }

    [Fact]
    public async Task A_cookie_that_was_changed_is_none()
    {
        await using var web = await StartAsync();
        using var browser = await Browser.OpenAsync(web.Address);
        _clock.Advance(2 * Hour);
        var (id, began, seen, mac) = Parts(browser.Cookie!);
        var name = browser.Cookie!.Split('=')[0];
        string Signed(Session session, string token = Browser.Token, string prefix = Web.Prefix) => new SessionCookie(token, prefix).Write(session);
        var session = new Session(id, ManualClock.Start, ManualClock.Start);
        var later = _clock.Now + Session.Skew + Minute;

        Dictionary<string, string> cookies = new()
        {
            ["another id"] = $"{(id[0] == 'a' ? 'b' : 'a')}{id[1..]}.{began}.{seen}.{mac}",
            ["began later"] = $"{id}.{began + 1}.{seen}.{mac}",
            ["seen later"] = $"{id}.{began}.{seen + 60}.{mac}",
            ["digits moved"] = $"{id}.{began}{$"{seen}"[0]}.{$"{seen}"[1..]}.{mac}",
            ["another signature"] = $"{id}.{began}.{seen}.{(mac[0] == 'a' ? 'b' : 'a')}{mac[1..]}",
            ["signature in capitals"] = $"{id}.{began}.{seen}.{mac.ToUpperInvariant()}",
            ["signature cut"] = $"{id}.{began}.{seen}.{mac[..^1]}",
            ["without a signature"] = $"{id}.{began}.{seen}.",
            ["cut to its parts"] = $"{id}.{began}.{seen}",
            ["nothing but a dot"] = ".",
            ["more behind it"] = $"{id}.{began}.{seen}.{mac}.{mac}",
            ["signed with another token"] = Signed(session, Browser.Token[1..] + "0"),
            ["of another prefix"] = Signed(session, prefix: "/other"),
            ["seen in the future"] = Signed(session with { Seen = later }),
            ["begun in the future"] = Signed(new Session(id, later, later)),
            ["seen before it began"] = Signed(session with { Seen = ManualClock.Start - Minute }),
        };
        foreach (var (what, value) in cookies)
        {
            browser.Cookie = $"{name}={value}";
            (await browser.GetAsync(Web.Api("me"))).Problem(401, "unauthenticated");
            (await browser.GetAsync(Web.Prefix + "/")).Status.ShouldBe(401, what);
        }

        browser.Cookie = $"{name}={Signed(session)}";
        (await browser.StatusAsync()).ShouldBe(200, "as it was written");
    }

    [Fact]
    public async Task Opened_anew_the_old_one_has_ended()
    {
        await using var web = await StartAsync();
        using var browser = await Browser.OpenAsync(web.Address);
        using var old = new Browser(web.Address) { Cookie = browser.Cookie };
        (await old.StatusAsync()).ShouldBe(200);

        await browser.OpenAsync();

        (await browser.StatusAsync()).ShouldBe(200);
        (await old.StatusAsync()).ShouldBe(401);
        var (first, second) = (Parts(browser.Told[0]).Id[..8], Parts(browser.Told[1]).Id[..8]);
        (await AuditAsync(web, browser)).ShouldBe([("sign in", $"session {second}"), ("sign out", $"session {first}"), ("sign in", $"session {first}")]);

        await old.OpenAsync();
        (await AuditAsync(web, browser)).Count(static line => line.Item1 == "sign out").ShouldBe(1, "it had ended before");
    }

    [Fact]
    public void Programs_with_other_tokens_or_prefixes_have_cookies_of_their_own()
        => ((string[])[new SessionCookie(Browser.Token, Web.Prefix).Name, new SessionCookie(Browser.Token[1..] + "0", Web.Prefix).Name, new SessionCookie(Browser.Token, "/other").Name])
            .Distinct().Count().ShouldBe(3);

    [Fact]
    public async Task Signed_out_it_has_ended_here_at_once_and_no_other_has()
    {
        await using var web = await StartAsync();
        using var browser = await Browser.OpenAsync(web.Address);
        using var stolen = new Browser(web.Address) { Cookie = browser.Cookie };
        using var other = await Browser.OpenAsync(web.Address);
        (await browser.GetAsync(Web.Api("me"))).Ok().Flag("session").ShouldBeTrue();
        (await stolen.StatusAsync()).ShouldBe(200);

        var answer = await browser.SignOutAsync();

        answer.Status.ShouldBe(204, answer.Text);
        browser.Cookie.ShouldBeNull();
        (await stolen.StatusAsync()).ShouldBe(401);
        (await stolen.SignOutAsync()).Problem(401, "unauthenticated");
        (await browser.GetAsync(Web.Prefix + "/")).Status.ShouldBe(401);
        (await other.StatusAsync()).ShouldBe(200);
        (await AuditAsync(web, other))[0].ShouldBe(("sign out", $"session {Parts(browser.Told[0]).Id[..8]}"));
    }

    [Fact]
    public async Task A_host_beside_it_knows_within_five_seconds_and_so_does_one_that_starts_later()
    {
        var folder = Directory.CreateTempSubdirectory("longhaul-");
        try
        {
            var file = Path.Combine(folder.FullName, "jobs.db");
            await using var first = await StartAsync(file: file);
            await using var second = await StartAsync(file: file);
            using var browser = await Browser.OpenAsync(first.Address);
            using var there = new Browser(second.Address) { Cookie = browser.Cookie };
            (await there.StatusAsync()).ShouldBe(200);

            (await browser.SignOutAsync()).Status.ShouldBe(204);

            _clock.Advance(TimeSpan.FromSeconds(4.9));
            (await there.StatusAsync()).ShouldBe(200, "it has asked less than five seconds ago");
            _clock.Advance(TimeSpan.FromSeconds(0.1));
            (await there.StatusAsync()).ShouldBe(401);

            _clock.Advance(7 * Hour);
            await using var third = await StartAsync(file: file);
            using var late = new Browser(third.Address) { Cookie = there.Cookie };
            (await late.StatusAsync()).ShouldBe(401);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Who_came_by_another_way_has_none_to_end()
    {
        await using var web = await StartAsync();
        using var bearer = new HttpClient { BaseAddress = web.Address };
        bearer.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Browser.Token);
        (await web.GetAsync("me", bearer)).Flag("session").ShouldBeFalse();
        (await web.SendAsync(HttpMethod.Delete, "session", client: bearer)).Problem(404, "no_session");

        await using var application = await Web.StartAsync();
        (await application.GetAsync("me")).Flag("session").ShouldBeFalse();
        (await application.SendAsync(HttpMethod.Delete, "session")).Problem(404, "no_session");
        var told = (await application.GetAsync("audit")).Items().ShouldHaveSingleItem();
        (told.Text("by"), told.Text("action"), told.Text("outcome")).ShouldBe(("ann", "sign out", "no_session"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Its_streams_end_with_it(bool signsOut)
    {
        await using var web = await StartAsync();
        using var browser = await Browser.OpenAsync(web.Address);
        using var other = await Browser.OpenAsync(web.Address);
        var left = TimeSpan.FromSeconds(10);
        if (!signsOut)
        {
            await ReachAsync(browser, Session.Longest - left);
            await other.OpenAsync();
        }

        await using var ends = await EventListener.OpenAsync(browser.Client, "events");
        await using var goesOn = await EventListener.OpenAsync(other.Client, "events");
        await ends.NextAsync("hello");
        await goesOn.NextAsync("hello");
        var from = _clock.Now;
        var end = Task.Run(() => Should.ThrowAsync<EndOfStreamException>(() => ends.NextAsync("nothing", static _ => false)), Cancel);
        if (signsOut)
            (await browser.SignOutAsync()).Status.ShouldBe(204);

        await Await.AdvanceUntilAsync(_clock, TimeSpan.FromSeconds(1), end, "the end of the stream");

        if (!signsOut)
            (_clock.Now - from).ShouldBeGreaterThanOrEqualTo(left);
        await web.AddAsync();
        var heard = goesOn.NextAsync("job");
        await Await.AdvanceUntilAsync(_clock, TimeSpan.FromSeconds(1), heard, "an event of the other stream");
    }

    [Fact]
    public async Task A_stream_of_which_nobody_hears_anything_ends_eight_hours_after_it_began()
    {
        await using var web = await StartAsync();
        using var browser = await Browser.OpenAsync(web.Address);
        _clock.Advance(Hour);
        await using var events = await EventListener.OpenAsync(browser.Client, "events");
        await events.NextAsync("hello");
        var end = Task.Run(() => Should.ThrowAsync<EndOfStreamException>(() => events.NextAsync("nothing", static _ => false)), Cancel);

        _clock.Advance(Session.Idle - (2 * Minute));
        await web.AddAsync();
        end.IsCompleted.ShouldBeFalse();

        await Await.AdvanceUntilAsync(_clock, TimeSpan.FromSeconds(1), end, "the end of the stream");
        (_clock.Now - ManualClock.Start).ShouldBeGreaterThanOrEqualTo(Hour + Session.Idle);
    }

    [Fact]
    public async Task A_slow_answer_gives_no_session_back_that_has_ended_meanwhile()
    {
        var slow = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        var isSlow = false;
        var store = SpiedStore.Of(new MemoryStore(_clock), method =>
        {
            if (!isSlow || method != nameof(IJobReader.ListWorkersAsync))
                return null;
            asked.TrySetResult();
            return SlowAsync();
        });
        async Task<IReadOnlyList<WorkerInfo>> SlowAsync()
        {
            await slow.Task;
            return [];
        }

        await using var web = await StartAsync(services => services.AddSingleton(store));
        using var browser = await Browser.OpenAsync(web.Address);
        using var other = new Browser(web.Address) { Cookie = browser.Cookie };
        _clock.Advance(2 * Minute);
        isSlow = true;
        var answer = browser.GetAsync(Web.Api("workers"));
        await Await.WithinAsync(asked.Task, "the slow question");

        (await other.SignOutAsync()).Status.ShouldBe(204);
        slow.SetResult();

        (await answer).Status.ShouldBe(200);
        browser.Told.Count.ShouldBe(1);
    }

    [Fact]
    public async Task While_the_store_is_away_pages_open_and_the_api_is_shut()
    {
        var isAway = false;
        var store = SpiedStore.Of(new MemoryStore(_clock), method => isAway && method != "get_Info" ? throw new StoreUnavailableException("away") : null);
        await using var web = await StartAsync(services => services.AddSingleton(store));
        using var browser = await Browser.OpenAsync(web.Address);

        isAway = true;
        (await browser.GetAsync(Web.Prefix + "/")).Status.ShouldBe(200);
        (await browser.GetAsync(Web.Api("me"))).Problem(503, "store_away");
        (await browser.SignOutAsync()).Problem(503, "store_away");
        await browser.OpenAsync();
        isAway = false;

        (await browser.StatusAsync()).ShouldBe(200);
    }

    private static (string Id, long Began, long Seen, string Mac) Parts(string cookie)
    {
        var parts = cookie.Split(';')[0].Split('=')[1].Split('.');
        parts.Length.ShouldBe(4, cookie);
        return (parts[0], long.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), long.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture), parts[3]);
    }

    private static async Task<(string?, string?)[]> AuditAsync(Web web, Browser browser)
        => [.. (await web.GetAsync("audit", browser.Client)).Items().Select(static line => (line.Text("action"), line.Text("target")))];

    /// <summary>So much later, with a request each hour.</summary>
    private async Task ReachAsync(Browser browser, TimeSpan later)
    {
        for (var at = ManualClock.Start + later; _clock.Now < at;)
        {
            _clock.Advance(at - _clock.Now is var left && left < Hour ? left : Hour);
            (await browser.StatusAsync()).ShouldBe(200);
        }
    }

    private Task<Web> StartAsync(Action<IServiceCollection>? services = null, string? file = null)
        => Web.StartAsync(file is null ? StoreKind.Memory : StoreKind.Sqlite, setup =>
        {
            setup.Access = static endpoints => endpoints.RequireToken(Browser.Token);
            setup.File = file;
            setup.Services = all =>
            {
                all.AddSingleton<TimeProvider>(_clock);
                services?.Invoke(all);
            };
        });
}
