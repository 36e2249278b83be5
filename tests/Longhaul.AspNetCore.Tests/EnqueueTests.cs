using System.Text;
using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.AspNetCore.Tests;

/// <summary>New jobs over HTTP.</summary>
[Trait("Part", "web")]
public sealed class EnqueueTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_job_is_enqueued_with_all_that_is_said_of_it(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);

        var answer = await web.PostAsync("jobs", """
            {"name":"login","payload":{"user":"ann","pin":"1","apiKey":"k"},"queue":"q/1","priority":7,"delay":"PT1H30M","tags":["a","b"],"owner":"o","maxAttempts":9,
             "retryDelay":5,"timeout":"P1D","uniqueKey":"u","uniqueScope":"window","uniqueFor":60,"description":"Hello {user}","retention":0}
            """);

        answer.Status.ShouldBe(201);
        var id = answer.Json.Number("id");
        answer.Json.Flag("created").ShouldBeTrue();
        answer.Headers["Location"].ShouldBe($"{Web.Prefix}/api/jobs/{id}");
        var job = (await web.Store.GetJobAsync(new JobId(id), Cancel))!;
        (job.Queue, (int)job.Priority, job.Owner, job.Description, job.UniqueKey, job.Derived).ShouldBe(("q/1", 7, "o", "Hello ann", "u", DerivedState.Scheduled));
        job.Tags.ShouldBe(["a", "b"]);
        (job.DueAt - job.CreatedAt).ShouldBe(TimeSpan.FromMinutes(90));
        job.Policy.ShouldBe(new JobPolicy { MaxAttempts = 9, RetryDelay = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromDays(1), Retention = TimeSpan.Zero });

        var again = await web.PostAsync("jobs", """{"name":"login","payload":{"user":"bob","pin":"1","apiKey":"k"},"owner":"o","uniqueKey":"u","uniqueScope":"window","uniqueFor":60}""");
        again.Status.ShouldBe(200);
        again.Json.GetRawText().ShouldBe($$"""{"id":{{id}},"created":false}""");
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_payload_is_kept_byte_for_byte(StoreKind store)
    {
        await using var web = await Web.StartAsync(store, static setup => setup.Http = static http => http.AcceptUnknownNames = true);
        const string Payload = """{ "a":1e400, "b":18446744073709551617,"c":-0, "d":0.12345678901234567890, "e":"\u0041" , "b2": [ ] }""";

        var id = (await web.PostAsync("jobs", $$"""{"payload":{{Payload}},"name":"any.thing"}""")).Ok().Number("id");

        Encoding.UTF8.GetString((await web.Store.GetJobAsync(new JobId(id), Cancel))!.Payload.Span).ShouldBe(Payload);
        (await Web.Read(await web.Admin.GetAsync(Web.Api($"jobs/{id}/payload"), Cancel))).Text.ShouldBe(Payload);
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task Letters_beyond_the_basic_plane_are_letters(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);

        var id = (await web.PostAsync("jobs", """{"name":"greet","payload":{"name":"x"},"tags":["🙂"],"uniqueKey":"🙂","description":"𝔄 🙂"}""")).Ok().Number("id");

        (await web.GetAsync("jobs?tag=%F0%9F%99%82")).Ids().ShouldBe([id]);
        (await web.GetAsync("jobs?text=%F0%9F%99%82")).Ids().ShouldBe([id]);
        (await web.PostAsync("jobs", """{"name":"greet","payload":{"name":"x"},"tags":["\ud83d"]}""")).Status.ShouldBeOneOf(400, 422);
    }

    [Fact]
    public async Task A_name_that_a_living_worker_handles_is_known()
    {
        await using var web = await Web.StartAsync();
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["elsewhere"] });

        (await web.PostAsync("jobs", """{"name":"elsewhere","payload":{}}""")).Status.ShouldBe(201);
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task A_request_that_is_repeated_under_its_key_is_one_request(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        const string Body = """{"name":"greet","payload":{"name":"Ann"}}""";

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => KeyedAsync(web, "jobs", "k1", Body)));

        answers.ShouldAllBe(static answer => answer.Status == 201 || answer.Status == 200);
        var id = answers.Select(static answer => answer.Json.Number("id")).Distinct().ShouldHaveSingleItem();
        (await web.GetAsync("jobs")).Ids().ShouldBe([id]);
        (await KeyedAsync(web, "jobs", "k1", Body.Replace("Ann", "Bob", StringComparison.Ordinal))).Problem(422, "idempotency");
        (await KeyedAsync(web, "jobs", "k2", Body)).Ok().Number("id").ShouldNotBe(id);
        await web.Store.ActAsync(JobAction.Delete, [new JobId(id)], default, Cancel);
        (await KeyedAsync(web, "jobs", "k1", Body)).Ok().Number("id").ShouldBe(id); // it was done, and is gone
        (await web.Store.GetJobAsync(new JobId(id), Cancel)).ShouldBeNull();
        (await KeyedAsync(web, "jobs", new string('k', 201), Body)).Problem(422, "invalid_value");
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task Many_jobs_are_written_all_or_none(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        object Job(int i) => new { name = "greet", payload = new { name = $"G{i}" } };

        var answer = await web.PostAsync("jobs/bulk", new { jobs = Enumerable.Range(0, 500).Select(Job) });
        answer.Status.ShouldBe(201);
        answer.Json.Number("created").ShouldBe(500);
        answer.Json.Items("ids").Length.ShouldBe(500);

        var bad = await web.PostAsync("jobs/bulk", new { jobs = Enumerable.Range(0, 500).Select(i => i == 321 ? new { name = "greet", payload = new { nam = "x" } } : Job(i)) });
        bad.Problem(422, "invalid_value").Number("index").ShouldBe(321);
        (await web.PostAsync("jobs/bulk", """{"jobs":[]}""")).Problem(422, "invalid_value");
        (await web.PostAsync("jobs/bulk", """{"jobs":[null]}""")).Problem(422, "invalid_value");
        (await web.PostAsync("jobs/bulk", new { jobs = Enumerable.Range(0, 10_001).Select(Job) })).Problem(413, "too_large");
        (await web.Store.ListQueuesAsync(Cancel)).Sum(static queue => queue.Due).ShouldBe(500);

        var body = """{"jobs":[{"name":"greet","payload":{"name":"a"}},{"name":"greet","payload":{"name":"b"}}]}""";
        var ids = (await KeyedAsync(web, "jobs/bulk", "k", body)).Ok().GetProperty("ids").GetRawText();
        (await KeyedAsync(web, "jobs/bulk", "k", body)).Ok().GetProperty("ids").GetRawText().ShouldBe(ids);
        (await web.Store.ListQueuesAsync(Cancel)).Sum(static queue => queue.Due).ShouldBe(502);
    }

    [Fact]
    public async Task A_clone_takes_over_the_secrets_that_the_editor_did_not_see()
    {
        await using var web = await Web.StartAsync();
        var id = await web.AddAsync(new Login("ann", "1234", "k-5678"), new() { Tags = ["t"], MaxAttempts = 8, Priority = 3 });

        var plain = (await web.PostAsync($"jobs/{id}/clone")).Ok().Number("id");
        var edited = (await web.PostAsync($"jobs/{id}/clone", """{"payload":{"user":"bob","pin":"***","apiKey":"new"},"queue":"other"}""")).Ok().Number("id");
        var stolen = (await web.PostAsync($"jobs/{id}/clone", """{"payload":{"user":"***","pin":"9","apiKey":"***"}}""")).Ok().Number("id");

        (await PayloadAsync(plain)).ShouldBe("""{"user":"ann","pin":"1234","apiKey":"k-5678"}""");
        (await PayloadAsync(edited)).ShouldBe("""{"user":"bob","pin":"1234","apiKey":"new"}""");
        (await PayloadAsync(stolen)).ShouldBe("""{"user":"***","pin":"9","apiKey":"k-5678"}""");
        var copy = (await web.Store.GetJobAsync(new JobId(edited), Cancel))!;
        (copy.Queue, (int)copy.Priority, copy.Policy?.MaxAttempts).ShouldBe(("other", 3, 8));
        copy.Tags.ShouldBe(["t"]);
        async Task<string> PayloadAsync(long job) => Encoding.UTF8.GetString((await web.Store.GetJobAsync(new JobId(job), Cancel))!.Payload.Span);
    }

    private static async Task<Answer> KeyedAsync(Web web, string path, string key, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Web.Api(path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", key);
        return await Web.Read(await web.Admin.SendAsync(request, Cancel));
    }
}
