using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.AspNetCore.Tests;

/// <summary>Queues, workers, failed jobs, status and figures.</summary>
[Trait("Part", "web")]
public sealed class WholeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_queue_is_counted_paused_resumed_and_cleared(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        await web.AddAsync(options: new() { Queue = "a/b" });
        await web.AddAsync(options: new() { Queue = "a/b", Delay = TimeSpan.FromHours(1) });

        var all = await web.GetAsync("queues");
        var queue = all.Items().ShouldHaveSingleItem();
        (queue.Text("name"), queue.Number("rank"), queue.Number("due"), queue.Number("scheduled"), queue.Flag("paused")).ShouldBe(("a/b", 3, 1, 1, false));
        all.Items("unhandled").ShouldHaveSingleItem().Text("name").ShouldBe("greet");
        (await web.PostAsync("queues/a%2Fb/pause", new { reason = "r" })).Ok().GetRawText().ShouldBe("""{"queue":"a/b","paused":true}""");
        (await web.GetAsync("queues")).Items()[0].Flag("paused").ShouldBeTrue();
        (await web.PostAsync("queues/a%2Fb/resume")).Ok().Flag("paused").ShouldBeFalse();
        (await web.PostAsync("queues/a%2Fb/clear")).Ok().Number("deleted").ShouldBe(2);
        (await web.PostAsync("queues/a%20b/pause")).Problem(422, "invalid_value");
        (await web.GetAsync("audit")).Items().Select(static line => line.Text("action")).ShouldBe(["clear queue", "resume queue", "pause queue"]);
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_worker_is_listed_and_takes_orders(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"], Name = "box:1", Queues = ["a", "b"] });

        var shown = (await web.GetAsync("workers")).Items().ShouldHaveSingleItem();
        (shown.Text("id"), shown.Text("name"), shown.Text("state"), shown.Number("running")).ShouldBe((worker.Session.ToString(), "box:1", "active", 0));
        (await web.PostAsync($"workers/{worker.Session}/quiet")).Ok().Text("order").ShouldBe("quiet");
        worker.Beat().Order.ShouldBe(WorkerOrder.Quiet);
        (await web.PostAsync($"workers/{worker.Session}/stop")).Ok();
        worker.Beat().Order.ShouldBe(WorkerOrder.Stop);
        (await web.PostAsync("workers/restart")).Ok().Number("workers").ShouldBe(1);
        foreach (var id in (string[])["0000000000000001", "x", "-000000000000001", $"{worker.Session}0"])
            (await web.PostAsync($"workers/{id}/quiet")).Problem(404, "not_found");
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task Failed_jobs_are_grouped_by_what_went_wrong_and_retried_by_group(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        foreach (var message in (string[])["No file '/a/1.jpg' after 12 ms", "No file '/b/2.jpg' after 7 ms", "Disk full"])
        {
            var id = await web.AddAsync();
            await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Failed, settlement => settlement with { Error = new JobError("IOException", message, "stack") });
        }

        var answer = await web.GetAsync("failed/groups");
        answer.Flag("complete").ShouldBeTrue();
        var groups = answer.Items("groups");
        groups.Select(static group => (group.Number("count"), group.Text("message"))).ShouldBe([(2L, "No file '…' after # ms"), (1L, "Disk full")]);
        groups[0].Items("jobs").Length.ShouldBe(2);
        (await web.GetAsync("failed")).Items().Length.ShouldBe(3);

        (await web.PostAsync("failed/retry", new { group = groups[0].Text("group"), dryRun = true })).Ok().Number("matched").ShouldBe(2);
        (await web.PostAsync("failed/retry", new { group = groups[0].Text("group"), reason = "mounted" })).Ok().Number("done").ShouldBe(2);
        (await web.GetAsync("failed")).Items().Length.ShouldBe(1);
        (await web.SendAsync(HttpMethod.Delete, "failed?queue=other")).Ok().Number("deleted").ShouldBe(0);
        (await web.SendAsync(HttpMethod.Delete, "failed")).Ok().Number("deleted").ShouldBe(1);
        (await web.GetAsync("failed/groups")).Items("groups").ShouldBeEmpty();
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task The_status_has_its_seeds_shape(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        var id = await web.AddAsync(options: new() { Queue = "ingest" });
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"], Group = 7 });
        await worker.ClaimOneAsync(id);
        await web.AddAsync(options: new() { Queue = "ingest-preview", Delay = TimeSpan.FromHours(1) });
        await web.AddAsync(options: new() { Queue = "other" });

        var status = await web.GetAsync("status?queue=*ingest*");

        status.EnumerateObject().Select(static member => member.Name).ShouldBe(["horizon", "jobs", "worker", "updated_at"]);
        status.GetProperty("horizon").GetRawText().ShouldBe("""{"installed":true,"status":"running"}""");
        status.GetProperty("jobs").GetRawText().ShouldBe($$"""{"driver":"{{web.Store.Info.Driver}}","pending":2,"reserved":1,"failed":0,"matching_pending":1}""");
        status.GetProperty("worker").GetRawText().ShouldBe("""{"status":"processing","likely_running":true,"hint":"Jobs are being processed","color":"green"}""");
        (await web.GetAsync("status")).GetProperty("jobs").Has("matching_pending").ShouldBeFalse();
    }

    [Fact]
    public async Task The_health_checks_speak_for_the_queue()
    {
        await using var web = await Web.StartAsync(change: static setup =>
        {
            setup.Services = static services => services.AddHealthChecks().AddCheck<LonghaulHealthCheck>("longhaul");
            setup.Before = static app => app.MapHealthChecks("/health");
        });

        (await web.Anonymous.GetStringAsync("/health", Cancel)).ShouldBe("Healthy");
    }

    [Fact]
    public async Task Figures_count_what_ended_between_two_looks()
    {
        await using var web = await Web.StartAsync();
        var stats = web.Services.GetRequiredService<LonghaulHttp>().Stats;
        await stats.LookAsync(Cancel);
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        for (var i = 0; i < 3; i++)
            await worker.EndAsync(await worker.ClaimOneAsync(await web.AddAsync()), i < 2 ? Outcome.Completed : Outcome.Failed, static settlement => settlement.Outcome == Outcome.Failed ? settlement with { Error = new JobError("E", "m") } : settlement);
        await web.AddAsync();
        await stats.LookAsync(Cancel);

        var figures = await web.GetAsync("stats?window=5m");

        (figures.Number("window"), figures.Number("step")).ShouldBe((300, 5));
        var points = figures.Items("points");
        points.Sum(static point => point.Number("completed")).ShouldBe(2);
        points.Sum(static point => point.Number("failed")).ShouldBe(1);
        points[^1].Number("due").ShouldBe(1);
    }

    [Fact]
    public async Task The_caller_learns_what_it_may_and_what_this_host_does()
    {
        await using var web = await Web.StartAsync();
        using var bob = web.As("bob", "view", "bobs");

        var me = await web.GetAsync("me", bob);

        (me.Text("user"), me.Text("owner"), me.Text("antiForgeryHeader")).ShouldBe(("bob", "bobs", "X-Longhaul-Request"));
        me.Items("roles").Select(static role => role.GetString()).ShouldBe(["view"]);
        me.Items("handlers").Select(static handler => (handler.Text("name"), handler.Text("queue"))).ShouldBe([("greet", "default"), ("login", "logins")]);
        var store = await web.GetAsync("store");
        (store.Text("driver"), store.Items("problems").Length).ShouldBe(("memory", 0));
        store.Items("capabilities").Select(static each => each.GetString()).ShouldContain("Records");
    }
}
