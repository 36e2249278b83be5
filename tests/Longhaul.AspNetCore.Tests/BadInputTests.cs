using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Longhaul.AspNetCore.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Longhaul.AspNetCore.Tests;

/// <summary>Bad input gets an answer that says what must hold, and nothing is stored.</summary>
[Trait("Part", "web")]
public sealed class BadInputTests
{
    private const string Odd = "{}[]\",:0-9eE+.\\u\0ÿ\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_that_is_not_right_is_refused_with_its_place()
    {
        await using var web = await Web.StartAsync();
        (string Body, string Code, string Says)[] cases =
        [
            ("", "body", "empty"),
            ("{\"name\":", "body", "line 1"),
            ("{\"name\":\"greet\",\"payload\":{}} x", "body", "line 1, byte"),
            ("[]", "body", "line 1"),
            ("7", "body", "line 1"),
            ("null", "body", "null"),
            (string.Concat(Enumerable.Repeat("[", 10_000)), "body", "line 1"),
            ($$"""{"name":"greet","payload":{{string.Concat(Enumerable.Repeat("{\"a\":", 1_000))}}""", "body", "line 1"),
            ("{\"name\":\"greet\",\"name\":\"greet\",\"payload\":{}}", "duplicate_member", "\"name\""),
            ("{\"name\":\"greet\",\"payload\":{},\"maxAttemps\":3}", "unknown_member", "\"maxAttemps\""),
            ("{\"Name\":\"greet\",\"payload\":{}}", "unknown_member", "\"Name\""),
            ("{\"name\":\"greet\",\"payload\":{},\"state\":\"completed\"}", "unknown_member", "\"state\""),
            ("{\"name\":\"greet\",\"payload\":{},\"attempt\":1}", "unknown_member", "\"attempt\""),
            ("{\"name\":\"greet\",\"payload\":{},\"fence\":1}", "unknown_member", "\"fence\""),
            ("{\"name\":\"greet\",\"payload\":{},\"createdBy\":\"x\"}", "unknown_member", "\"createdBy\""),
            ("{\"name\":\"greet\",\"payload\":{},\"maxAttempts\":\"3\"}", "body", "maxAttempts"),
            ("{\"name\":7,\"payload\":{}}", "body", "name"),
        ];

        foreach (var (body, code, says) in cases)
        {
            var detail = (await web.PostAsync("jobs", body)).Problem(400, code).Text("detail")!;
            detail.ShouldContain(says, customMessage: body);
        }

        (await web.GetAsync("jobs")).Items().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_value_that_does_not_hold_is_refused_by_its_name()
    {
        await using var web = await Web.StartAsync();
        (string Member, string Value)[] cases =
        [
            ("queue", "\"\""), ("queue", "\"../x y\""), ("queue", "\"  \""), ("queue", "\"\\uD83D\\uDE00\""), ("queue", $"\"{new string('q', 300)}\""), ("queue", "\"{}\""), ("queue", "\"a\\r\\nb\""),
            ("priority", "256"), ("priority", "-1"),
            ("runAt", "\"2026-11-28T20:15:00\""), ("runAt", "\"0001-01-01T00:00:00Z\""), ("runAt", "\"9999-01-01T00:00:00Z\""), ("runAt", "\"tomorrow\""),
            ("delay", "\"PT-5S\""), ("delay", "\"P1M\""), ("delay", "\"1h\""), ("delay", "-1"), ("delay", "1e999"), ("delay", "\"P\""), ("delay", "\"PT\""), ("delay", "\"P1W\""),
            ("uniqueKey", "\"\""), ("uniqueKey", $"\"{new string('k', 1_000)}\""), ("uniqueKey", "\"a\\u0001b\""), ("uniqueScope", "\"never\""),
            ("tags", "[\"\"]"), ("tags", $"[{string.Join(',', Enumerable.Repeat("\"x\"", 17))}]"), ("maxAttempts", "0"), ("owner", "\"a b\""), ("retryJitter", "2"), ("continueFrom", "99"),
        ];

        foreach (var (member, value) in cases)
        {
            var problem = (await web.PostAsync("jobs", $$"""{"name":"greet","payload":{"name":"x"},"{{member}}":{{value}}}""")).Problem(422, "invalid_value");
            problem.GetProperty("errors").TryGetProperty(member, out _).ShouldBeTrue($"{member}: {value}: {problem.GetRawText()}");
        }

        (await web.PostAsync("jobs", """{"name":"gret","payload":{}}""")).Problem(422, "unknown_name");
        (await web.PostAsync("jobs", """{"payload":{}}""")).Problem(422, "invalid_value").GetProperty("errors").Has("name").ShouldBeTrue();
        (await web.PostAsync("jobs", """{"name":"greet"}""")).Problem(422, "invalid_value").GetProperty("errors").Has("payload").ShouldBeTrue();
        (await web.PostAsync("jobs", """{"name":"greet","payload":{"nam":"x"}}""")).Problem(422, "invalid_value").GetProperty("errors").Has("payload").ShouldBeTrue();
        (await web.GetAsync("jobs")).Items().ShouldBeEmpty();
        (await web.PostAsync("jobs", """{"name":"greet","payload":{"name":"x"},"runAt":"2020-01-01T00:00:00+02:00"}""")).Status.ShouldBe(201); // past: due now
    }

    [Theory]
    [InlineData("jobs/0")]
    [InlineData("jobs/-1")]
    [InlineData("jobs/abc")]
    [InlineData("jobs/1.5")]
    [InlineData("jobs/9007199254740992")]
    [InlineData("jobs/12345")]
    [InlineData("jobs/12345/logs")]
    [InlineData("workers/zz/none")]
    [InlineData("nothing")]
    public async Task What_is_not_there_is_404(string path)
    {
        await using var web = await Web.StartAsync();

        (await web.SendAsync(HttpMethod.Get, path)).Problem(404, "not_found");
    }

    [Theory]
    [InlineData("jobs?limit=0", 422)]
    [InlineData("jobs?limit=-1", 422)]
    [InlineData("jobs?limit=1000000000", 422)]
    [InlineData("jobs?limit=x", 422)]
    [InlineData("jobs?state=done", 422)]
    [InlineData("jobs?derived=old", 422)]
    [InlineData("jobs?queue=a%20b", 422)]
    [InlineData("jobs?queue=", 422)]
    [InlineData("jobs?id=x", 422)]
    [InlineData("jobs?from=yesterday", 422)]
    [InlineData("jobs?order=random", 422)]
    [InlineData("jobs?text=", 422)]
    [InlineData("jobs?tag=", 422)]
    [InlineData("jobs?statee=failed", 400)]
    [InlineData("jobs/1?x=1", 400)]
    [InlineData("traces?success=maybe", 422)]
    [InlineData("traces?order=random", 422)]
    [InlineData("stats?window=2d", 422)]
    [InlineData("status?queue=a%20b", 422)]
    [InlineData("events?topics=everything", 422)]
    [InlineData("audit?limit=0", 422)]
    public async Task A_parameter_that_does_not_hold_is_refused(string path, int status)
    {
        await using var web = await Web.StartAsync();

        (await web.SendAsync(HttpMethod.Get, path)).Problem(status, status == 400 ? "unknown_parameter" : "invalid_value");
    }

    [Fact]
    public async Task A_search_text_of_10_kB_is_refused()
    {
        await using var web = await Web.StartAsync();

        (await web.SendAsync(HttpMethod.Get, "jobs?text=" + new string('%', 2_000).Replace("%", "%25", StringComparison.Ordinal))).Problem(422, "invalid_value");
    }

    [Theory, InlineData(StoreKind.Memory), InlineData(StoreKind.Sqlite)]
    public async Task What_is_searched_is_text_and_neither_pattern_nor_statement(StoreKind store)
    {
        await using var web = await Web.StartAsync(store);
        var id = await web.AddAsync(options: new() { Tags = ["x"] });
        string[] texts = ["%", "_", "'", "\"", "'; DROP TABLE job; --", "' OR '1'='1", "\\", "* ", "a\" OR \"b", "NEAR(", "🙂"];

        foreach (var text in texts)
        {
            var escaped = Uri.EscapeDataString(text);
            foreach (var path in (string[])[$"jobs?text={escaped}", $"jobs?tag={escaped}", $"failed?text={escaped}", $"traces?subject={escaped}", $"traces?type={escaped}", $"traces?method={escaped}"])
            {
                var found = (await web.GetAsync(path)).Items();
                (found.Length, text).ShouldBe((path == $"jobs?text={escaped}" && text == "\"" ? 1 : 0, text), path); // every payload has quotes
            }
        }

        (await web.GetAsync("jobs")).Ids().ShouldBe([id.Value]);
    }

    [Fact]
    public async Task A_payload_larger_than_is_shown_is_there_to_be_downloaded()
    {
        await using var web = await Web.StartAsync();
        var id = await web.AddAsync(new Greet(new string('x', 100_000)));

        var job = await web.GetAsync($"jobs/{id}");
        (job.Has("payload"), job.Flag("payloadTruncated"), job.Number("payloadBytes")).ShouldBe((false, true, 100_011));
        var payload = await Web.Read(await web.Admin.GetAsync(Web.Api($"jobs/{id}/payload"), Cancel));
        payload.Text.Length.ShouldBe(100_011);
        payload.Headers["Content-Disposition"].ShouldStartWith("attachment");
        payload.Headers["X-Content-Type-Options"].ShouldBe("nosniff");
    }

    [Fact]
    public async Task Line_ends_in_a_header_are_refused()
    {
        await using var web = await Web.StartAsync();
        const string Start = "POST /longhaul/api/jobs HTTP/1.1\r\nHost: x\r\nX-Test-User: ann;operate;\r\nContent-Type: application/json\r\nContent-Length: 2\r\n";

        (await RawAsync(web, Start + "Idempotency-Key: a\rb\r\n\r\n{}")).ShouldStartWith("HTTP/1.1 400");
        (await RawAsync(web, Start + "Idempotency-Key: a\nb\r\n\r\n{}")).ShouldStartWith("HTTP/1.1 400");
        (await RawAsync(web, Start + "Idempotency-Key: a\0b\r\n\r\n{}")).ShouldStartWith("HTTP/1.1 400");
    }

    [Fact]
    public async Task Ten_thousand_requests_that_are_given_up_leave_the_server_up()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Host = static host => host.WebHost.ConfigureKestrel(static kestrel => kestrel.ConfigureEndpointDefaults(static endpoint => endpoint.Protocols = HttpProtocols.Http2)));
        using var client = new HttpClient { BaseAddress = web.Address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        client.DefaultRequestHeaders.Add(TestUser.Header, "ann;view;");
        var given = 0;

        await Parallel.ForAsync(0, 10_000, new ParallelOptions { MaxDegreeOfParallelism = 100, CancellationToken = Cancel }, async (i, cancellationToken) =>
        {
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                var sent = client.GetAsync(Web.Api("events"), HttpCompletionOption.ResponseHeadersRead, giveUp.Token);
                await giveUp.CancelAsync(); // sends RST_STREAM
                (await sent).Dispose();
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException)
            {
                Interlocked.Increment(ref given);
            }
        });

        given.ShouldBeGreaterThan(5_000);
        ((int)(await client.GetAsync(Web.Api("jobs"), Cancel)).StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task Whatever_comes_is_answered_and_never_with_500()
    {
        await using var web = await Web.StartAsync(StoreKind.Sqlite);
        for (var i = 0; i < 3; i++)
            await web.AddAsync();
        var cursor = (await web.GetAsync("jobs?limit=1")).Text("next")!;
        const string Body = """{"name":"greet","payload":{"name":"x","deep":[1,{"a":null}]},"delay":"PT5S","runAt":"2026-11-28T20:15:00Z","tags":["a"],"priority":3}""";
        var random = new Random(7); // a failure repeats

        for (var i = 0; i < 1_500; i++)
        {
            var (method, path, body) = (i % 3) switch
            {
                0 => (HttpMethod.Get, $"jobs?limit=1&after={Uri.EscapeDataString(Mutated(cursor, random))}", null),
                1 => (HttpMethod.Get, $"jobs?from={Uri.EscapeDataString(Mutated("2026-11-28T20:15:00Z", random))}&state={Uri.EscapeDataString(Mutated("failed", random))}", null),
                _ => (HttpMethod.Post, "jobs", Mutated(Body, random)),
            };
            var answer = await web.SendAsync(method, path, body);
            answer.Status.ShouldBeOneOf(200, 201, 400, 422);
        }
    }

    private static string Mutated(string text, Random random)
    {
        var letters = text.ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(letters.Count);
            switch (random.Next(4))
            {
                case 0 when letters.Count > 1:
                    letters.RemoveAt(at);
                    break;
                case 1:
                    letters.Insert(at, Odd[random.Next(Odd.Length)]);
                    break;
                case 2:
                    letters.InsertRange(at, letters.GetRange(at, Math.Min(8, letters.Count - at)));
                    break;
                default:
                    letters[at] = (char)random.Next(1, 0x250);
                    break;
            }
        }

        return string.Concat(letters);
    }

    [Fact]
    public async Task A_body_of_the_wrong_type_or_compressed_is_refused()
    {
        await using var web = await Web.StartAsync();
        const string Body = """{"name":"greet","payload":{"name":"x"}}""";
        foreach (var type in (string?[])[null, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "multipart/form-data"])
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body));
            content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
            (await Web.Read(await web.Admin.PostAsync(Web.Api("jobs"), content, Cancel))).Problem(415, "media_type");
        }

        using var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
            await gzip.WriteAsync(new byte[1 << 20], Cancel);
        using var compressed = new ByteArrayContent(zipped.ToArray());
        compressed.Headers.ContentType = new("application/json");
        compressed.Headers.ContentEncoding.Add("gzip");
        (await Web.Read(await web.Admin.PostAsync(Web.Api("jobs"), compressed, Cancel))).Problem(415, "media_type");
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_before_it_is_read()
    {
        await using var web = await Web.StartAsync();
        (await web.PostAsync("jobs", $$$"""{"name":"greet","payload":{"name":"{{{new string('x', (1 << 20) + (64 << 10))}}}"}}""")).Problem(413, "too_large");
        (await web.PostAsync("jobs", $$$"""{"name":"greet","payload":{"name":"{{{new string('x', 1 << 20)}}}"}}""")).Problem(422, "invalid_value");
        (await web.PostAsync("jobs/actions", $$"""{"action":"cancel","reason":"{{new string('x', 70_000)}}"}""")).Problem(413, "too_large");

        // Announced: 10 GB. Answered at once, though nothing of it was sent.
        (await RawAsync(web, "POST /longhaul/api/jobs HTTP/1.1\r\nHost: x\r\nX-Test-User: ann;operate;\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n")).ShouldStartWith("HTTP/1.1 413");
    }

    [Fact]
    public async Task The_wrong_method_is_405_and_an_override_is_ignored()
    {
        await using var web = await Web.StartAsync();
        var id = await web.AddAsync();

        var wrong = await web.SendAsync(HttpMethod.Get, $"jobs/{id}/cancel");
        wrong.Problem(405, "method");
        wrong.Headers["Allow"].ShouldBe("POST");
        (await web.SendAsync(HttpMethod.Put, "jobs")).Headers["Allow"].ShouldBe("GET, POST");
        (await web.SendAsync(new HttpMethod("TRACE"), "jobs")).Status.ShouldBe(405);
        using var request = new HttpRequestMessage(HttpMethod.Get, Web.Api($"jobs/{id}"));
        request.Headers.Add("X-HTTP-Method-Override", "DELETE");
        (await Web.Read(await web.Admin.SendAsync(request, Cancel))).Ok();
        (await web.GetAsync($"jobs/{id}")).Text("state").ShouldBe("pending");
    }

    [Fact]
    public async Task Headers_and_addresses_that_are_too_long_leave_the_server_up()
    {
        await using var web = await Web.StartAsync();

        (await RawAsync(web, $"GET /longhaul/api/jobs HTTP/1.1\r\nHost: x\r\nX-Long: {new string('x', 64 << 10)}\r\n\r\n")).ShouldStartWith("HTTP/1.1 431");
        (await RawAsync(web, $"GET /longhaul/api/jobs?text={new string('x', 16 << 10)} HTTP/1.1\r\nHost: x\r\n\r\n")).ShouldStartWith("HTTP/1.1 414");
        (await web.GetAsync("jobs")).Items().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_body_that_comes_too_slowly_is_given_up()
    {
        await using var web = await Web.StartAsync();

        (await RawAsync(web, "POST /longhaul/api/jobs HTTP/1.1\r\nHost: x\r\nX-Test-User: ann;operate;\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")).ShouldStartWith("HTTP/1.1 408");
    }

    [Fact]
    public async Task An_unexpected_error_is_told_without_its_text()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Http = static http => http.UserOf = static _ => throw new InvalidOperationException("secret detail"));

        var answer = await web.SendAsync(HttpMethod.Get, "jobs");

        answer.Problem(500, "internal");
        answer.Text.ShouldNotContain("secret");
    }

    private static async Task<string> RawAsync(Web web, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, web.Address.Port, Cancel);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancel);
        var buffer = new byte[256];
        var read = await stream.ReadAsync(buffer, Cancel);
        return Encoding.ASCII.GetString(buffer, 0, read);
    }
}
