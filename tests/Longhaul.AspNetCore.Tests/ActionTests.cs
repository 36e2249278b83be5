using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Tests;

/// <summary>Actions on one job, and on all that match.</summary>
[Trait("Part", "web")]
public sealed class ActionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_job_is_steered_through_its_life(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        var id = await web.AddAsync();

        await ExpectAsync("pause", "done", "paused");
        await ExpectAsync("pause", "already_there", "paused");
        await ExpectAsync("resume", "done", "pending");
        await ExpectAsync("resume", "already_there", "pending");
        await ExpectAsync("cancel", "done", "cancelled");
        await ExpectAsync("cancel", "already_terminal", "cancelled");
        (await web.GetAsync($"jobs/{id}")).Text("reason").ShouldBe("because (by ann)");
        (await web.PostAsync($"jobs/{id}/release")).Problem(409, "wrong_state").Text("state").ShouldBe("cancelled");
        await ExpectAsync("retry", "done", "pending");
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        var run = await worker.ClaimOneAsync(id);
        (await web.PostAsync($"jobs/{id}/retry")).Problem(409, "wrong_state").Text("state").ShouldBe("running");
        await ExpectAsync("cancel", "ordered", "running");
        (await web.GetAsync($"jobs/{id}")).Text("order").ShouldBe("cancel");
        (await worker.EndAsync(run, Outcome.HandedBack)).ShouldBe(JobState.Cancelled);
        await ExpectAsync("restart", "done", "pending");
        var deleted = (await web.SendAsync(HttpMethod.Delete, $"jobs/{id}?reason=old")).Ok();
        (deleted.Text("status"), deleted.Has("state")).ShouldBe(("done", false));
        (await web.SendAsync(HttpMethod.Delete, $"jobs/{id}")).Problem(404, "not_found");
        (await web.GetAsync("audit?limit=1")).Items()[0].Text("reason").ShouldBe("old");

        async Task ExpectAsync(string action, string status, string state)
        {
            var answer = (await web.PostAsync($"jobs/{id}/{action}", new { reason = "because" })).Ok();
            (answer.Number("id"), answer.Text("action"), answer.Text("status"), answer.Text("state")).ShouldBe((id.Value, action, status, state));
        }
    }

    [Fact]
    public async Task A_release_may_reset_attempts_and_nothing_else_may()
    {
        await using var web = await Web.StartAsync();
        var id = await web.AddAsync();
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        var run = await worker.ClaimOneAsync(id);
        await worker.EndAsync(run, Outcome.Retry, static settlement => settlement with { Error = new JobError("E", "m"), Delay = TimeSpan.FromHours(1) });
        (await web.GetAsync($"jobs/{id}")).Number("attempt").ShouldBe(2);

        (await web.PostAsync($"jobs/{id}/cancel", new { resetAttempts = true })).Problem(422, "invalid_value");
        (await web.PostAsync($"jobs/{id}/release", new { resetAttempts = true })).Ok().Text("status").ShouldBe("done");

        (await web.GetAsync($"jobs/{id}")).Number("attempt").ShouldBe(1);
        (await web.PostAsync($"jobs/{id}/cancel", new { reason = new string('x', 1_001) })).Problem(422, "invalid_value");
    }

    [Fact]
    public async Task A_revival_whose_unique_key_is_taken_names_the_holder()
    {
        await using var web = await Web.StartAsync();
        var first = await web.AddAsync(options: new() { UniqueKey = "k" });
        await web.PostAsync($"jobs/{first}/cancel");
        var second = await web.AddAsync(options: new() { UniqueKey = "k" });

        (await web.PostAsync($"jobs/{first}/retry")).Problem(409, "key_taken").Number("keyHolder").ShouldBe(second.Value);
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task All_that_match_are_counted_first_and_acted_on_at_once_when_few(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        for (var i = 0; i < 6; i++)
            await web.AddAsync(options: new() { Queue = i < 4 ? "a" : "b" });

        (await web.PostAsync("jobs/actions", new { action = "cancel", filter = new { queue = "a" }, dryRun = true })).Ok().GetRawText().ShouldBe("""{"matched":4,"exact":true}""");
        (await web.GetAsync("jobs?state=cancelled")).Items().ShouldBeEmpty();
        var done = (await web.PostAsync("jobs/actions", new { action = "cancel", filter = new { queue = "a" }, reason = "r" })).Ok();
        (done.Number("matched"), done.Number("done"), done.Number("ordered"), done.Number("skipped")).ShouldBe((4, 4, 0, 0));
        (await web.GetAsync("jobs?state=cancelled")).Items().Length.ShouldBe(4);
        (await web.PostAsync("jobs/actions", new { action = "delete", filter = new { all = true } })).Ok().Number("done").ShouldBe(6);
    }

    [Theory]
    [InlineData("""{"action":"explode","filter":{"all":true}}""")]
    [InlineData("""{"action":"cancel"}""")]
    [InlineData("""{"action":"cancel","filter":{}}""")]
    [InlineData("""{"action":"cancel","filter":{"all":true,"queue":"a"}}""")]
    [InlineData("""{"action":"cancel","filter":{"ids":[]}}""")]
    [InlineData("""{"action":"cancel","filter":{"ids":[0]}}""")]
    [InlineData("""{"action":"cancel","filter":{"states":["done"]}}""")]
    [InlineData("""{"action":"cancel","filter":{"group":"XYZ"}}""")]
    public async Task A_filter_must_say_which_jobs(string body)
    {
        await using var web = await Web.StartAsync();
        await web.AddAsync();

        (await web.PostAsync("jobs/actions", body)).Problem(422, "invalid_value");

        (await web.GetAsync("jobs?state=pending")).Items().Length.ShouldBe(1);
    }

    [Fact]
    public async Task To_delete_many_takes_an_admin()
    {
        await using var web = await Web.StartAsync();
        using var operate = web.As("bob", "view operate");
        await web.AddAsync();

        (await web.PostAsync("jobs/actions", new { action = "delete", filter = new { all = true } }, operate)).Problem(403, "forbidden");
        (await web.GetAsync("jobs")).Items().Length.ShouldBe(1);
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task Many_are_acted_on_by_a_job_even_where_no_worker_runs(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        await web.Jobs.EnqueueManyAsync(Enumerable.Range(0, 1_500).Select(static i => new Greet($"{i}")), cancellationToken: Cancel);

        var answer = await web.PostAsync("jobs/actions", new { action = "cancel", filter = new { name = "greet" }, reason = "all" });

        answer.Status.ShouldBe(202);
        var id = new JobId(answer.Json.Number("job"));
        var job = await web.Jobs.WaitAsync(id, TimeSpan.FromMinutes(2), Cancel);
        job.State.ShouldBe(JobState.Completed, job.Error?.Message);
        (await web.GetAsync($"jobs/{id}")).GetProperty("result").GetRawText().ShouldBe("""{"done":1500,"ordered":0,"skipped":0}""");
        (await web.Store.ListQueuesAsync(Cancel)).Single(static queue => queue.Name == JobDefaults.Queue).Cancelled.ShouldBe(1_500);
    }
}
