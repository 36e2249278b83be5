using Longhaul.AspNetCore.Tests.Support;

namespace Longhaul.AspNetCore.Tests;

/// <summary>Who may call what.</summary>
[Trait("Part", "web")]
public sealed class AccessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_caller_with_an_owner_finds_nothing_of_another(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        using var bob = web.As("bob", "view operate admin", "bobs");
        var theirs = await web.AddAsync(options: new() { Owner = "anns" });
        var own = await web.AddAsync(options: new() { Owner = "bobs" });

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
}
