using System.Text.Json;
using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Tests;

/// <summary>Reading jobs, one and many.</summary>
[Trait("Part", "web")]
public sealed class JobTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_job_is_told_with_its_payload_masked(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        var id = await web.AddAsync(new Login("ann", "1234", "k-5678"), new() { Tags = ["x"], Owner = "a", MaxAttempts = 7, Description = "Login of {user}", Timeout = TimeSpan.FromMinutes(2) });

        var job = await web.GetAsync($"jobs/{id}");

        job.Number("id").ShouldBe(id.Value);
        job.Text("name").ShouldBe("login");
        job.Text("queue").ShouldBe("logins");
        job.Text("state").ShouldBe("pending");
        job.Text("waitsFor").ShouldBe("no worker for this job");
        job.Text("owner").ShouldBe("a");
        job.Text("description").ShouldBe("Login of ann");
        job.Number("attempt").ShouldBe(1);
        job.Number("maxAttempts").ShouldBe(7);
        job.GetProperty("policy").GetProperty("timeoutSeconds").GetDouble().ShouldBe(120);
        job.GetProperty("payload").GetRawText().ShouldBe("""{"user":"ann","pin":"***","apiKey":"***"}""");
        job.Items("actions").Select(static action => action.GetString()).ShouldBe(["cancel", "pause", "release", "restart", "clone", "delete"]);
        (await web.GetAsync($"jobs/{id}/payload")).GetRawText().ShouldNotContain("5678");
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_running_job_is_told_with_all_that_it_has_reported(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        var id = await web.AddAsync();
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"], Name = "box:1" });
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, update => update with
        {
            Progress = new ProgressRecord { Done = 5, Total = 10, Fraction = 0.5, Phase = "copy", Note = "<b>five</b>", Rate = 2, TimeLeft = TimeSpan.FromSeconds(2.5) },
            Checkpoint = new CheckpointWrite("""{"after":5}"""u8.ToArray()) { Keep = true, Phase = "copy" },
            Logs = [new LogLine(DateTimeOffset.UnixEpoch.AddYears(50), 2, "one"), new LogLine(DateTimeOffset.UnixEpoch.AddYears(50), 3, "two")],
            Traces = [new TraceRecord { At = DateTimeOffset.UnixEpoch.AddYears(50), Type = "t", Subject = "s", Success = true, ResultInfo = """{"n":1e400}"""u8.ToArray() }],
            ItemFailures = [new ItemFailureRecord { Item = new ItemKey("copy", "5"), Error = new JobError("E", "bad"), At = DateTimeOffset.UnixEpoch.AddYears(50), Label = "five" }],
        });

        var job = await web.GetAsync($"jobs/{id}");
        job.Text("state").ShouldBe("running");
        job.Text("worker").ShouldBe("box:1");
        job.Text("session").ShouldBe(worker.Session.ToString());
        job.GetProperty("progress").GetRawText().ShouldBe("""{"fraction":0.5,"done":5,"total":10,"phase":"copy","note":"\u003Cb\u003Efive\u003C/b\u003E","rate":2,"secondsLeft":2.5}""");
        job.Number("itemFailures").ShouldBe(1);

        (await web.GetAsync($"jobs/{id}/logs")).Items().Select(static line => line.Text("text")).ShouldBe(["one", "two"]);
        (await web.GetAsync($"jobs/{id}/logs?level=3")).Items().ShouldHaveSingleItem().Number("level").ShouldBe(3);
        (await web.GetAsync($"jobs/{id}/logs?last=1")).Items().ShouldHaveSingleItem().Text("text").ShouldBe("two");
        (await web.GetAsync($"jobs/{id}/traces")).Items().ShouldHaveSingleItem().GetProperty("resultInfo").GetRawText().ShouldBe("""{"n":1e400}""");
        (await web.GetAsync("traces?subject=s&success=true")).Items().ShouldHaveSingleItem().Number("job").ShouldBe(id.Value);
        (await web.GetAsync("traces?success=false")).Items().ShouldBeEmpty();
        (await web.GetAsync($"jobs/{id}/items")).Items().ShouldHaveSingleItem().GetProperty("cursor").GetInt32().ShouldBe(5);
        var kept = (await web.GetAsync($"jobs/{id}/checkpoints")).Items().ShouldHaveSingleItem();
        (await web.GetAsync($"jobs/{id}/checkpoints/{kept.Number("id")}")).GetRawText().ShouldBe("""{"after":5}""");
        (await web.GetAsync($"jobs/{id}/checkpoints/current")).GetRawText().ShouldBe("""{"after":5}""");
        (await Web.Read(await web.Admin.GetAsync(Web.Api($"jobs/{id}/checkpoints/999999"), Cancel))).Problem(404, "not_found");

        await worker.EndAsync(run, Outcome.Failed, static settlement => settlement with { Error = new JobError("T", "m", "stack") });
        var ended = await web.GetAsync($"jobs/{id}");
        ended.GetProperty("error").Text("detail").ShouldBe("stack");
        (await web.GetAsync("jobs?state=failed")).Items().ShouldHaveSingleItem().GetProperty("error").Has("detail").ShouldBeFalse();
        (await web.GetAsync($"jobs/{id}/attempts")).Items().ShouldHaveSingleItem().Text("kind").ShouldBe("failed");
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task Traces_of_all_jobs_come_newest_first_and_of_one_oldest_first(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        var id = await web.AddAsync();
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, static update => update with
        {
            Traces = [.. Enumerable.Range(1, 5).Select(static i => new TraceRecord { At = DateTimeOffset.UnixEpoch, Type = "t", Subject = $"s{i}", Success = true })],
        });

        var first = await web.GetAsync("traces?limit=3");
        Subjects(first).ShouldBe(["s5", "s4", "s3"]);
        Subjects(await web.GetAsync($"traces?limit=3&after={first.Text("next")}")).ShouldBe(["s2", "s1"]);
        Subjects(await web.GetAsync("traces?order=oldest&type=t&limit=2")).ShouldBe(["s1", "s2"]);
        Subjects(await web.GetAsync($"jobs/{id}/traces")).ShouldBe(["s1", "s2", "s3", "s4", "s5"]);

        static IEnumerable<string?> Subjects(JsonElement page) => page.Items().Select(static trace => trace.Text("subject"));
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task Lists_are_filtered_and_paged_by_key(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        var ids = new List<long>();
        for (var i = 0; i < 5; i++)
            ids.Add((await web.AddAsync(new Greet($"G{i}"), new() { Tags = [i % 2 == 0 ? "even" : "odd"], Queue = i < 3 ? "low" : "high" })).Value);

        (await web.GetAsync("jobs")).Ids().ShouldBe(Enumerable.Reverse(ids));
        (await web.GetAsync("jobs?order=oldest")).Ids().ShouldBe(ids);
        (await web.GetAsync("jobs?tag=odd")).Ids().ShouldBe([ids[3], ids[1]]);
        (await web.GetAsync("jobs?queue=l*")).Ids().ShouldBe([ids[2], ids[1], ids[0]]);
        (await web.GetAsync("jobs?state=running,failed&state=paused")).Ids().ShouldBeEmpty();
        (await web.GetAsync("jobs?text=G3")).Ids().ShouldBe([ids[3]]);
        (await web.GetAsync($"jobs?id={ids[0]}&id={ids[4]}")).Ids().ShouldBe([ids[4], ids[0]]);
        (await web.GetAsync("jobs?from=2000-01-01T00:00:00Z&before=2001-01-01T00:00:00%2B01:00")).Ids().ShouldBeEmpty();

        var seen = new List<long>();
        var path = "jobs?limit=2&queue=*";
        for (string? next = ""; next is not null;)
        {
            var page = await web.GetAsync(path + (next.Length == 0 ? "" : "&after=" + next));
            seen.AddRange(page.Ids());
            page.Items().ShouldAllBe(static item => !item.Has("payload"));
            next = page.Text("next");
        }

        seen.ShouldBe(Enumerable.Reverse(ids));
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task Jobs_are_found_by_what_their_state_means(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        var stuck = await web.AddAsync(options: new() { StallAfter = TimeSpan.FromMilliseconds(1) });
        await worker.ClaimOneAsync(stuck);
        var busy = await web.AddAsync(options: new() { StallAfter = TimeSpan.FromHours(1) });
        await worker.ClaimOneAsync(busy);
        var retrying = await web.AddAsync();
        var run = await worker.ClaimOneAsync(retrying);
        await worker.EndAsync(run, Outcome.Retry, static settlement => settlement with { Error = new JobError("T", "m"), Delay = TimeSpan.FromHours(1) });
        var scheduled = await web.AddAsync(options: new() { Delay = TimeSpan.FromHours(1) });
        await web.AddAsync();

        await Task.Delay(TimeSpan.FromMilliseconds(2), Cancel); // the millisecond that the first has to be without progress
        (await web.GetAsync("jobs?derived=stuck")).Ids().ShouldBe([stuck.Value]);
        (await web.GetAsync("jobs?derived=retrying")).Ids().ShouldBe([retrying.Value]);
        (await web.GetAsync("jobs?derived=scheduled")).Ids().ShouldBe([scheduled.Value]);
        (await web.GetAsync("jobs?derived=scheduled&state=running")).Ids().ShouldBeEmpty();
        (await web.GetAsync("jobs?derived=stuck&state=running,pending")).Ids().ShouldBe([stuck.Value]);
    }
}
