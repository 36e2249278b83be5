using System.Net.Http.Headers;
using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Tests;

/// <summary>What must hold of every route, tried on every route.</summary>
[Trait("Part", "web")]
public sealed class RouteTests
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_is_listed_with_its_role_and_its_reach()
    {
        await using var web = await Web.StartAsync();

        RouteTable.Of(web).Select(static route => (route.Name, route.Rule.Role.ToString().ToLowerInvariant(), route.Rule.OfTheWhole))
            .ShouldBe(RouteTable.Rows.Select(static row => (row.Name, row.Role, row.Reach == Reach.Whole)), ignoreOrder: true);
    }

    [Fact]
    public async Task Every_route_lets_in_its_role_and_no_other()
    {
        await using var web = await Web.StartAsync();
        string[] all = ["view", "operate", "admin"];

        foreach (var row in RouteTable.Guarded)
        {
            using var right = web.As("ann", row.Role);
            using var wrong = web.As("bob", string.Join(' ', all.Where(each => each != row.Role)));

            (await StatusAsync(web.Anonymous, row)).ShouldBe(401, row.Name);
            (await StatusAsync(wrong, row)).ShouldBe(403, row.Name);
            (await StatusAsync(right, row)).ShouldNotBeOneOf(401, 403, 500);
        }
    }

    [Fact]
    public async Task Every_route_asks_for_the_token()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Access = static endpoints => endpoints.RequireToken(Token));
        using var wrong = new HttpClient { BaseAddress = web.Address };
        wrong.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token[..^1] + "0");
        using var other = new HttpClient { BaseAddress = web.Address };
        other.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Token);
        using var unsigned = new HttpClient { BaseAddress = web.Address };
        unsigned.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ."); // a JWT with alg none
        using var right = new HttpClient { BaseAddress = web.Address };
        right.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);

        foreach (var row in RouteTable.Guarded)
        {
            foreach (var client in (HttpClient[])[web.Anonymous, wrong, other, unsigned])
                (await StatusAsync(client, row)).ShouldBe(401, row.Name);
            (await StatusAsync(right, row)).ShouldNotBeOneOf(401, 403, 500);
        }
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task No_route_reaches_another_owners_jobs(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        using var bob = web.As("bob", "view operate admin", "bobs");
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        var theirs = new List<JobId>();
        foreach (var owner in (string?[])["anns", null])
            theirs.Add(await FailedAsync(web, worker, owner));
        foreach (var owner in (string?[])["anns", null])
            theirs.Add(await web.AddAsync(new Greet("canary"), new() { Owner = owner, Description = "canary", Tags = ["canary"] }));

        var before = await StatesAsync(web, theirs);

        foreach (var row in RouteTable.Guarded)
        {
            foreach (var id in theirs)
            {
                using var response = await bob.SendAsync(row.Request(id), HttpCompletionOption.ResponseHeadersRead, Cancel);
                var status = (int)response.StatusCode;
                switch (row.Reach)
                {
                    case Reach.Job:
                        status.ShouldBe(404, row.Name);
                        break;
                    case Reach.Whole:
                        status.ShouldBe(403, row.Name);
                        break;
                    default:
                        status.ShouldBeOneOf(200, 201, 404);
                        break;
                }

                if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
                    (await response.Content.ReadAsStringAsync(Cancel)).ShouldNotContain("canary", customMessage: row.Name);
            }
        }

        (await StatesAsync(web, theirs)).ShouldBe(before);
    }

    [Fact]
    public async Task Another_owners_job_and_one_that_never_was_are_told_alike()
    {
        await using var web = await Web.StartAsync();
        using var bob = web.As("bob", "view operate admin", "bobs");
        var theirs = await web.AddAsync(options: new() { Owner = "anns" });

        foreach (var row in RouteTable.Rows.Where(static row => row.Reach == Reach.Job))
        {
            var found = await Web.Read(await bob.SendAsync(row.Request(theirs), Cancel));
            var none = await Web.Read(await bob.SendAsync(row.Request(new JobId(999_999)), Cancel));
            (found.Status, found.Text).ShouldBe((none.Status, none.Text), row.Name);
            found.Headers.Where(static header => header.Key != "Date").ShouldBe(none.Headers.Where(static header => header.Key != "Date"), ignoreOrder: true);
        }
    }

    [Fact]
    public async Task Every_change_from_a_browser_needs_the_pages_header_and_every_change_is_in_the_audit()
    {
        await using var web = await Web.StartAsync();

        foreach (var row in RouteTable.Guarded.Where(static row => row.Changes))
        {
            var id = await web.AddAsync();
            using var forged = row.Request(id);
            forged.Headers.Add("Cookie", "session=1");
            (await Web.Read(await web.Admin.SendAsync(forged, Cancel))).Problem(403, "forgery");
            (await LastAsync(web)).Text("outcome").ShouldBe("forgery", row.Name);
            (await web.GetAsync($"jobs/{id}")).Text("state").ShouldBe("pending", row.Name);

            using var own = row.Request(id);
            own.Headers.Add("Cookie", "session=1");
            own.Headers.Add("X-Longhaul-Request", "1");
            (await Web.Read(await web.Admin.SendAsync(own, Cancel))).Status.ShouldBeOneOf(200, 201, 404, 409);
            var told = await LastAsync(web);
            told.Text("by").ShouldBe("ann");
            told.Text("outcome").ShouldNotBe("forgery", row.Name);
        }
    }

    [Fact]
    public async Task Every_refused_change_is_in_the_audit()
    {
        await using var web = await Web.StartAsync();
        using var eve = web.As("eve", "view");

        foreach (var row in RouteTable.Guarded.Where(static row => row.Changes && row.Role != "view"))
        {
            (await Web.Read(await eve.SendAsync(row.Request(), Cancel))).Problem(403, "forbidden");
            var told = await LastAsync(web);
            (told.Text("by"), told.Text("action"), told.Text("outcome"), told.Text("from")).ShouldBe(("eve", row.Method.Method, "forbidden", "127.0.0.1"), row.Name);
        }
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers()
    {
        await using var web = await Web.StartAsync();

        foreach (var row in RouteTable.Rows)
        {
            foreach (var client in (HttpClient[])[web.Anonymous, web.Admin])
            {
                using var response = await client.SendAsync(row.Request(), HttpCompletionOption.ResponseHeadersRead, Cancel);
                string Header(string name) => string.Join(", ", response.Headers.TryGetValues(name, out var values) ? values : []);
                Header("X-Content-Type-Options").ShouldBe("nosniff", row.Name);
                Header("Content-Security-Policy").ShouldStartWith("default-src 'none'; script-src 'self';");
                Header("Content-Security-Policy").ShouldContain("frame-ancestors 'none'");
                Header("Content-Security-Policy").ShouldNotContain("unsafe");
                Header("X-Frame-Options").ShouldBe("DENY", row.Name);
                Header("Referrer-Policy").ShouldBe("same-origin", row.Name);
                Header("Cross-Origin-Opener-Policy").ShouldBe("same-origin", row.Name);
                Header("Cross-Origin-Resource-Policy").ShouldBe("same-origin", row.Name);
                Header("Access-Control-Allow-Origin").ShouldBeEmpty(row.Name);
                if (row.IsApi)
                    Header("Cache-Control").ShouldContain("no-store", customMessage: row.Name);
            }
        }
    }

    [Fact]
    public async Task A_get_changes_nothing()
    {
        await using var web = await Web.StartAsync();
        var id = await web.AddAsync();
        var before = (await web.GetAsync($"jobs/{id}")).GetRawText();

        foreach (var row in RouteTable.Rows.Where(static row => !row.Changes))
        {
            using var response = await web.Admin.SendAsync(row.Request(id), HttpCompletionOption.ResponseHeadersRead, Cancel);
        }

        (await web.GetAsync($"jobs/{id}")).GetRawText().ShouldBe(before);
        (await web.GetAsync("audit")).Items().ShouldBeEmpty();
    }

    private static async Task<JobId> FailedAsync(Web web, TestWorker worker, string? owner)
    {
        var id = await web.AddAsync(new Greet("canary"), new() { Owner = owner, Description = "canary" });
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, static update => update with { Traces = [new TraceRecord { At = DateTimeOffset.UnixEpoch, Type = "t", Subject = "canary", Success = true }] });
        await worker.EndAsync(run, Outcome.Failed, static settlement => settlement with { Error = new JobError("E", "canary") });
        return id;
    }

    private static async Task<(JobState? State, string? Text)[]> StatesAsync(Web web, IEnumerable<JobId> ids)
    {
        var states = new List<(JobState?, string?)>();
        foreach (var id in ids)
        {
            var job = await web.Store.GetJobAsync(id, Cancel);
            states.Add((job?.State, $"{job?.Order} {job?.RunNumber} {job?.UpdatedAt:O}"));
        }

        return [.. states];
    }

    private static async Task<System.Text.Json.JsonElement> LastAsync(Web web) => (await web.GetAsync("audit?limit=1")).Items().ShouldHaveSingleItem();

    private static async Task<int> StatusAsync(HttpClient client, RouteRow row)
    {
        using var response = await client.SendAsync(row.Request(), HttpCompletionOption.ResponseHeadersRead, Cancel);
        return (int)response.StatusCode;
    }
}
