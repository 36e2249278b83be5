using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.AspNetCore.Tests;

/// <summary>Live events.</summary>
[Trait("Part", "web")]
public sealed class EventTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_job_is_followed_from_its_enqueue_to_its_end(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        await using var events = await EventListener.OpenAsync(web.Admin, "events");
        (await events.NextAsync("hello")).Data.Flag("resumed").ShouldBeFalse();
        var id = await web.AddAsync();

        (await events.JobAsync(id, "pending")).Data.Has("payload").ShouldBeFalse();
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        var run = await worker.ClaimOneAsync(id);
        await events.JobAsync(id, "running");
        await worker.WriteAsync(run, static update => update with { Progress = new ProgressRecord { Fraction = 0.25 } });
        await events.NextAsync("progress", heard => heard.Name == "job" && heard.Data.Has("progress") && heard.Data.GetProperty("progress").GetProperty("fraction").GetDouble() == 0.25);
        await worker.EndAsync(run, Outcome.Completed);
        await events.JobAsync(id, "completed");
        await web.Store.ActAsync(JobAction.Delete, [id], default, Cancel);
        (await events.NextAsync("gone")).Data.Number("id").ShouldBe(id.Value);
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task Who_follows_one_job_gets_its_log_and_traces_and_nothing_of_others(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        var (id, other) = (await web.AddAsync(), await web.AddAsync());
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, static update => update with { Logs = [new LogLine(DateTimeOffset.UnixEpoch, 2, "before")] });
        await using var events = await EventListener.OpenAsync(web.Admin, $"jobs/{id}/events");
        (await events.NextAsync("log")).Data.Items("lines").ShouldHaveSingleItem().Text("text").ShouldBe("before");

        await web.Store.ActAsync(JobAction.Delete, [other], default, Cancel);
        await worker.WriteAsync(run, static update => update with
        {
            Logs = [new LogLine(DateTimeOffset.UnixEpoch, 2, "after")],
            Traces = [new TraceRecord { At = DateTimeOffset.UnixEpoch, Type = "t", Subject = "s", Success = true }],
        });

        var (first, second) = (await events.NextAsync("log or traces", IsTold), await events.NextAsync("the other", IsTold));
        var (log, traces) = first.Name == "log" ? (first, second) : (second, first);
        log.Data.Items("lines").ShouldHaveSingleItem().Text("text").ShouldBe("after");
        traces.Data.Items("traces").ShouldHaveSingleItem().Text("subject").ShouldBe("s");
        worker.OrdersFor(run).ShouldContain(static order => order.Kind == RunOrderKind.Watch);
        await worker.EndAsync(run, Outcome.Completed);
        var end = await events.NextAsync("an event of another job, or the end", heard => heard.Data.TryGetProperty("id", out var about) && (about.GetInt64() != id.Value || heard.Data.Text("state") == "completed"));
        end.Data.Number("id").ShouldBe(id.Value);
    }

    [Fact]
    public async Task A_host_may_be_stopped_twice()
    {
        await using var web = await Web.StartAsync();
        await using var events = await EventListener.OpenAsync(web.Admin, "events");
        var http = web.Services.GetRequiredService<LonghaulHttp>();

        for (var i = 0; i < 2; i++)
        {
            await http.StoppingAsync(Cancel);
            await http.StopAsync(Cancel);
        }

        (await web.Anonymous.GetAsync(new Uri("/", UriKind.Relative), Cancel)).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound, "only the host itself ends the server");
    }

    [Fact]
    public async Task Text_of_a_job_stays_inside_its_event()
    {
        await using var web = await Web.StartAsync();
        const string Evil = "a\r\n\r\nevent: status\r\ndata: {}\n\nid: 1\u2028<script>alert(1)</script>";
        var id = await web.AddAsync(options: new() { Description = "b\n\nevent: gone" });
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, static update => update with
        {
            Progress = new ProgressRecord { Note = Evil },
            Logs = [new LogLine(DateTimeOffset.UnixEpoch, 2, Evil)],
        });

        await using var events = await EventListener.OpenAsync(web.Admin, $"jobs/{id}/events");

        string[] seen = [(await events.NextAsync("anything", static _ => true)).Name, (await events.NextAsync("anything", static _ => true)).Name, (await events.NextAsync("anything", static _ => true)).Name];
        seen.ShouldBe(["hello", "job", "log"], ignoreOrder: true);
    }

    private static bool IsTold(Heard heard) => heard.Name is "log" or "traces";

    [Fact]
    public async Task Counts_workers_and_the_badge_are_told_when_they_change()
    {
        await using var web = await Web.StartAsync();
        await using var events = await EventListener.OpenAsync(web.Admin, "events?topics=queues,workers,status");
        (await events.NextAsync("status")).Data.GetProperty("worker").Text("status").ShouldBe("unknown");

        await web.AddAsync();
        await events.NextAsync("queues with one due", static heard => heard.Name == "queues" && heard.Data.Items() is [var queue] && queue.Number("due") == 1);
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["greet"] });
        await events.NextAsync("workers with one", static heard => heard.Name == "workers" && heard.Data.Items() is [_]);
        await worker.ClaimOneAsync();
        await events.NextAsync("processing", static heard => heard.Name == "status" && heard.Data.GetProperty("worker").Text("status") == "processing");
    }

    [Fact]
    public async Task Who_comes_back_gets_what_changed_since_then()
    {
        await using var web = await Web.StartAsync();
        var (one, two) = (await web.AddAsync(), await web.AddAsync());
        long seen;
        await using (var events = await EventListener.OpenAsync(web.Admin, "events"))
        {
            await events.JobAsync(two, "pending"); // the newest comes first
            seen = (await events.JobAsync(one, "pending")).Id;
        }

        await web.Store.ActAsync(JobAction.Cancel, [one], default, Cancel);
        await using var again = await EventListener.OpenAsync(web.Admin, "events", seen);
        await again.JobAsync(one, "cancelled");

        await using var late = await EventListener.OpenAsync(web.Admin, "events", 1);
        (await late.NextAsync("hello")).Data.Flag("resumed").ShouldBeFalse();
        await late.JobAsync(two, "pending");
    }

    [Fact]
    public async Task Several_hosts_on_one_store_tell_the_same()
    {
        var file = Path.Combine(Path.GetTempPath(), $"longhaul-{Environment.ProcessId}-{Random.Shared.Next():x}.db");
        try
        {
            await using var first = await Web.StartAsync(StoreKind.Sqlite, setup => setup.File = file);
            await using var second = await Web.StartAsync(StoreKind.Sqlite, setup => setup.File = file);
            await using var one = await EventListener.OpenAsync(first.Admin, "events");
            await using var two = await EventListener.OpenAsync(second.Admin, "events");

            var id = await first.AddAsync();
            await one.JobAsync(id, "pending");
            await two.JobAsync(id, "pending");
            (await second.PostAsync($"jobs/{id}/cancel")).Ok();
            await one.JobAsync(id, "cancelled");
            await two.JobAsync(id, "cancelled");
        }
        finally
        {
            foreach (var each in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(file) + "*"))
                File.Delete(each);
        }
    }

    [Fact]
    public async Task A_caller_with_an_owner_hears_of_own_jobs_only()
    {
        await using var web = await Web.StartAsync();
        using var caller = web.As("bob", "view", "bobs");
        var others = await web.AddAsync(options: new() { Owner = "anns" });
        await using var events = await EventListener.OpenAsync(caller, "events");

        var own = await web.AddAsync(options: new() { Owner = "bobs" });

        (await events.NextAsync("anything but hello", static heard => heard.Name != "hello")).Data.Number("id").ShouldBe(own.Value);
        (await Web.Read(await caller.GetAsync(Web.Api($"jobs/{others}/events"), Cancel))).Problem(404, "not_found");
        (await Web.Read(await caller.GetAsync(Web.Api($"events?job={others}"), Cancel))).Problem(404, "not_found");
    }

    [Fact]
    public async Task More_clients_than_may_listen_are_sent_away()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Http = static http => http.MaxEventClients = 1);
        await using var events = await EventListener.OpenAsync(web.Admin, "events");
        await events.NextAsync("hello");

        var answer = await Web.Read(await web.Admin.GetAsync(Web.Api("events"), Cancel));

        answer.Problem(503, "busy");
        answer.Headers["Retry-After"].ShouldBe("10");
    }
}
