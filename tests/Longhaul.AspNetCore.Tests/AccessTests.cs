using Longhaul.AspNetCore.Access;
using Longhaul.AspNetCore.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.AspNetCore.Tests;

/// <summary>Who may call what.</summary>
[Trait("Part", "web")]
public sealed class AccessTests
{
    /// <summary>Every route and its role: a new one fails until it is listed here.</summary>
    private static readonly Dictionary<string, string> Roles = new()
    {
        ["GET /api/jobs"] = "view",
        ["GET /api/jobs/{id}"] = "view",
        ["GET /api/jobs/{id}/payload"] = "view",
        ["GET /api/jobs/{id}/result"] = "view",
        ["GET /api/jobs/{id}/logs"] = "view",
        ["GET /api/jobs/{id}/traces"] = "view",
        ["GET /api/jobs/{id}/attempts"] = "view",
        ["GET /api/jobs/{id}/items"] = "view",
        ["GET /api/jobs/{id}/checkpoints"] = "view",
        ["GET /api/jobs/{id}/checkpoints/{checkpoint}"] = "view",
        ["GET /api/jobs/{id}/children"] = "view",
        ["GET /api/jobs/{id}/events"] = "view",
        ["POST /api/jobs/{id}/link"] = "operate",
        ["POST /api/jobs"] = "operate",
        ["POST /api/jobs/bulk"] = "operate",
        ["POST /api/jobs/{id}/clone"] = "operate",
        ["POST /api/jobs/{id}/cancel"] = "operate",
        ["POST /api/jobs/{id}/retry"] = "operate",
        ["POST /api/jobs/{id}/retry-items"] = "operate",
        ["POST /api/jobs/{id}/release"] = "operate",
        ["POST /api/jobs/{id}/pause"] = "operate",
        ["POST /api/jobs/{id}/resume"] = "operate",
        ["POST /api/jobs/{id}/restart"] = "operate",
        ["DELETE /api/jobs/{id}"] = "admin",
        ["POST /api/jobs/actions"] = "operate",
        ["GET /api/failed"] = "view",
        ["GET /api/failed/groups"] = "view",
        ["POST /api/failed/retry"] = "operate",
        ["DELETE /api/failed"] = "admin",
        ["GET /api/queues"] = "view",
        ["POST /api/queues/{name}/pause"] = "operate",
        ["POST /api/queues/{name}/resume"] = "operate",
        ["POST /api/queues/{name}/clear"] = "admin",
        ["GET /api/workers"] = "view",
        ["POST /api/workers/{id}/quiet"] = "operate",
        ["POST /api/workers/{id}/stop"] = "admin",
        ["POST /api/workers/restart"] = "admin",
        ["GET /api/traces"] = "view",
        ["GET /api/status"] = "view",
        ["GET /api/stats"] = "view",
        ["GET /api/store"] = "view",
        ["GET /api/me"] = "view",
        ["GET /api/audit"] = "view",
        ["GET /api/events"] = "view",
        ["GET /api/openapi.json"] = "view",
        ["* /api/{**rest}"] = "view",
        ["GET /p/{token}"] = "nobody",
        ["GET /p/{token}/events"] = "nobody",
        ["GET /p/longhaul-progress.js"] = "nobody",
        ["GET /p/progress.js"] = "nobody",
        ["GET /p/progress.css"] = "nobody",
        ["GET /"] = "view",
        ["GET /assets/{**path}"] = "view",
        ["GET /{**page:nonfile}"] = "view",
    };

    /// <summary>What is about all owners' jobs.</summary>
    private static readonly string[] OfTheWhole =
    [
        "DELETE /api/failed", "GET /api/queues", "POST /api/queues/{name}/pause", "POST /api/queues/{name}/resume", "POST /api/queues/{name}/clear", "GET /api/workers",
        "POST /api/workers/{id}/quiet", "POST /api/workers/{id}/stop", "POST /api/workers/restart", "GET /api/status", "GET /api/stats", "GET /api/store", "GET /api/audit",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_is_listed_with_its_role()
    {
        await using var web = await Web.StartAsync();

        Routes(web).ToDictionary(static route => route.Name, static route => route.Rule.Role.ToString().ToLowerInvariant()).ShouldBe(Roles, ignoreOrder: true);
        Routes(web).Where(static route => route.Rule.OfTheWhole).Select(static route => route.Name).ShouldBe(OfTheWhole, ignoreOrder: true);
    }

    [Fact]
    public async Task Every_route_lets_in_its_role_and_no_other()
    {
        await using var web = await Web.StartAsync();
        string[] all = ["view", "operate", "admin"];

        foreach (var (name, role) in Roles.Where(static pair => pair.Value != "nobody"))
        {
            using var right = web.As("ann", role);
            using var wrong = web.As("bob", string.Join(' ', all.Where(each => each != role)));

            (await StatusAsync(web.Anonymous, name)).ShouldBe(401, name);
            (await StatusAsync(wrong, name)).ShouldBe(403, name);
            (await StatusAsync(right, name)).ShouldNotBeOneOf(401, 403);
        }
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_caller_with_an_owner_finds_nothing_of_another(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        using var bob = web.As("bob", "view operate admin", "bobs");
        var theirs = await web.AddAsync(options: new() { Owner = "anns" });
        var nobodys = await web.AddAsync();
        var own = await web.AddAsync(options: new() { Owner = "bobs" });

        foreach (var (name, _) in Roles.Where(static pair => pair.Key.Contains("/jobs/{id}", StringComparison.Ordinal)))
        {
            foreach (var id in (JobId[])[theirs, nobodys])
                (await StatusAsync(bob, name.Replace("{id}", id.ToString(), StringComparison.Ordinal))).ShouldBe(404, name);
        }

        foreach (var name in OfTheWhole)
            (await StatusAsync(bob, name)).ShouldBe(403, name);
        (await web.GetAsync("jobs", bob)).Ids().ShouldBe([own.Value]);
        (await web.SendAsync(HttpMethod.Get, "jobs?owner=anns", client: bob)).Problem(403, "owner_forbidden");
        (await web.SendAsync(HttpMethod.Get, "jobs/999999", client: bob)).Text.ShouldBe((await web.SendAsync(HttpMethod.Get, $"jobs/{theirs}", client: bob)).Text);
        (await web.PostAsync("jobs", new { name = "greet", payload = new { name = "x" }, owner = "anns" }, bob)).Problem(422, "invalid_value");
        (await web.PostAsync("jobs", new { name = "greet", payload = new { name = "x" }, continueFrom = theirs.Value }, bob)).Problem(422, "invalid_value");
        var made = (await web.PostAsync("jobs", new { name = "greet", payload = new { name = "x" } }, bob)).Ok().Number("id");
        (await web.Store.GetJobAsync(new JobId(made), Cancel))!.Owner.ShouldBe("bobs");
        (await web.PostAsync("jobs/actions", new { action = "cancel", filter = new { all = true } }, bob)).Ok().Number("done").ShouldBe(2);
        (await web.Store.GetJobAsync(theirs, Cancel))!.State.ShouldBe(JobState.Pending);
    }

    [Fact]
    public async Task A_cursor_of_another_owner_or_filter_is_refused()
    {
        await using var web = await Web.StartAsync();
        using var bob = web.As("bob", "view", "bobs");
        for (var i = 0; i < 3; i++)
            await web.AddAsync(options: new() { Owner = "bobs" });
        var next = (await web.GetAsync("jobs?limit=1&name=greet")).Text("next")!;

        (await web.GetAsync($"jobs?limit=2&after={next}&name=greet")).Items().Length.ShouldBe(2);
        foreach (var path in (string[])[$"jobs?after={next}&name=gre*", $"failed?after={next}&name=greet", $"jobs?after=x{next}&name=greet", "jobs?after=&name=greet", $"jobs?after={next[..^1]}{(next[^1] == '0' ? '1' : '0')}&name=greet&limit=1"])
            (await web.SendAsync(HttpMethod.Get, path)).Problem(400, "cursor");
        (await web.SendAsync(HttpMethod.Get, $"jobs?after={next}&name=greet", client: bob)).Problem(400, "cursor");
    }

    [Fact]
    public async Task A_refused_change_is_in_the_audit_with_who_and_from_where()
    {
        await using var web = await Web.StartAsync();
        using var viewer = web.As("eve", "view");
        var id = await web.AddAsync();

        (await web.PostAsync($"jobs/{id}/cancel", client: viewer)).Problem(403, "forbidden");
        (await web.PostAsync($"jobs/{id}/cancel", new { reason = "wrong folder" })).Ok();

        var audit = (await web.GetAsync("audit")).Items();
        audit.Length.ShouldBe(2);
        (audit[0].Text("by"), audit[0].Text("action"), audit[0].Text("target"), audit[0].Text("reason"), audit[0].Text("outcome")).ShouldBe(("ann", "cancel", $"{id} greet", "wrong folder", "done"));
        (audit[1].Text("by"), audit[1].Text("outcome"), audit[1].Text("from")).ShouldBe(("eve", "forbidden", "127.0.0.1"));
        (await web.GetAsync($"jobs/{id}/attempts")).Items().ShouldHaveSingleItem().Text("by").ShouldBe("ann");
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers()
    {
        await using var web = await Web.StartAsync();

        foreach (var path in (string[])["", "/jobs/1", "/assets/nothing.js", "/api/jobs", "/api/jobs/77", "/api/nothing", "/api/me", "/p/x", "/p/longhaul-progress.js"])
        {
            foreach (var client in (HttpClient[])[web.Admin, web.Anonymous])
            {
                var answer = await Web.Read(await client.GetAsync(Web.Prefix + path, Cancel));
                answer.Headers["X-Content-Type-Options"].ShouldBe("nosniff", path);
                answer.Headers["Content-Security-Policy"].ShouldContain("default-src 'none'");
                answer.Headers["Content-Security-Policy"].ShouldContain("frame-ancestors 'none'");
                answer.Headers["Content-Security-Policy"].ShouldNotContain("unsafe");
                answer.Headers["X-Frame-Options"].ShouldBe("DENY");
                answer.Headers["Referrer-Policy"].ShouldBe("same-origin");
                answer.Headers["Cross-Origin-Opener-Policy"].ShouldBe("same-origin");
                answer.Headers["Cross-Origin-Resource-Policy"].ShouldBe("same-origin");
                answer.Headers.Keys.ShouldNotContain("Access-Control-Allow-Origin");
                if (path.StartsWith("/api", StringComparison.Ordinal))
                    answer.Headers["Cache-Control"].ShouldBe("no-store");
            }
        }
    }

    [Fact]
    public async Task A_get_changes_nothing()
    {
        await using var web = await Web.StartAsync();
        var id = await web.AddAsync();
        var before = (await web.GetAsync($"jobs/{id}")).GetRawText();

        foreach (var (name, _) in Roles.Where(static pair => pair.Key.StartsWith("GET ", StringComparison.Ordinal)))
            await StatusAsync(web.Admin, name.Replace("{id}", id.ToString(), StringComparison.Ordinal));

        (await web.GetAsync($"jobs/{id}")).GetRawText().ShouldBe(before);
        (await web.GetAsync("audit")).Items().ShouldBeEmpty();
    }

    private static IEnumerable<(string Name, EndpointRule Rule)> Routes(Web web)
        => from source in web.Services.GetServices<EndpointDataSource>()
           from endpoint in source.Endpoints.OfType<RouteEndpoint>()
           let rule = endpoint.Metadata.GetMetadata<EndpointRule>()
           where rule is not null
           let methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"]
           select ($"{methods[0]} /{endpoint.RoutePattern.RawText![Web.Prefix.Length..].TrimStart('/')}", rule);

    private static async Task<int> StatusAsync(HttpClient client, string route)
    {
        var parts = route.Split(' ');
        var path = parts[1].Replace("{id}", "1", StringComparison.Ordinal).Replace("{name}", "q", StringComparison.Ordinal).Replace("{checkpoint}", "current", StringComparison.Ordinal)
            .Replace("{**rest}", "nothing", StringComparison.Ordinal).Replace("{**path}", "x.js", StringComparison.Ordinal).Replace("{**page:nonfile}", "jobs", StringComparison.Ordinal)
            .Replace("{token}", "x", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(parts[0] == "*" ? "GET" : parts[0]), Web.Prefix + path);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        return (int)response.StatusCode;
    }
}
