using System.Collections.Concurrent;
using System.Text;
using Longhaul.AspNetCore.ManyActions;
using Longhaul.AspNetCore.Tests.Support;
using Longhaul.Conformance;
using Longhaul.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longhaul.AspNetCore.Tests;

/// <summary>What nobody may get by a way around, or by reading where it should not stand.</summary>
[Trait("Part", "web")]
public sealed class SecurityTests
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_action_on_many_jobs_cannot_be_forged_as_a_job()
    {
        await using var web = await Web.StartAsync();
        using var operate = web.As("bob", "view operate");
        await web.AddAsync();
        var payload = new { action = "delete", jobs = new { states = Array.Empty<string>(), ids = Array.Empty<long>() }, matched = 1 };
        var real = (await web.Jobs.EnqueueAsync(Delete(owner: null), cancellationToken: Cancel)).Id.Value;

        (await web.PostAsync("jobs", new { name = ActOnJobs.Name, payload }, operate)).Problem(422, "invalid_value");
        (await web.PostAsync("jobs/bulk", new { jobs = new[] { new { name = ActOnJobs.Name, payload } } }, operate)).Problem(422, "invalid_value");
        (await web.PostAsync($"jobs/{real}/clone", client: operate)).Problem(422, "invalid_value");
        (await web.PostAsync($"jobs/{real}/cancel", client: operate)).Ok();
        (await web.PostAsync($"jobs/{real}/retry", client: operate)).Problem(403, "forbidden");
        (await web.PostAsync($"jobs/{real}/restart", client: operate)).Problem(403, "forbidden");
        (await web.GetAsync($"jobs/{real}", operate)).Items("actions").Select(static action => action.GetString()).ShouldBeEmpty();
        (await web.PostAsync($"jobs/{real}/retry")).Ok();
    }

    [Fact]
    public async Task An_action_on_many_jobs_touches_no_other_owners_whatever_its_payload_says()
    {
        await using var web = await Web.StartAsync();
        var (theirs, own) = (await web.AddAsync(options: new() { Owner = "anns" }), await web.AddAsync(options: new() { Owner = "bobs" }));

        var id = await web.Jobs.EnqueueAsync(Delete(owner: null), new() { Owner = "bobs" }, Cancel);
        await web.Services.GetRequiredService<LonghaulHttp>().Actions.EnsureAsync(Cancel);

        (await web.Jobs.WaitAsync(id, TimeSpan.FromMinutes(1), Cancel)).State.ShouldBe(JobState.Completed);
        (await web.Store.GetJobAsync(own, Cancel)).ShouldBeNull();
        (await web.Store.GetJobAsync(theirs, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task One_refusal_is_one_line_of_the_log()
    {
        var lines = new Lines();
        await using var web = await Web.StartAsync(change: setup => (setup.Host, setup.Http) = (lines.AddTo, static http => http.UserOf = static _ => "eve\r\nError: root logged in"));
        using var eve = web.As("eve", "view");

        (await Web.Read(await eve.SendAsync(new HttpRequestMessage(HttpMethod.Delete, Web.Api("jobs/1%0d%0aWarning%3a%20all%20is%20well%1b[2J")), Cancel))).Problem(403, "forbidden");

        var line = lines.Of("Longhaul.Http").ShouldHaveSingleItem();
        line.ShouldContain("jobs/1%0D%0A");
        line.ShouldNotContain("\n");
        line.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task No_secret_is_in_a_log_an_answer_or_an_error()
    {
        var lines = new Lines();
        await using var web = await Web.StartAsync(change: setup => (setup.Host, setup.Access) = (lines.AddTo, static endpoints => endpoints.RequireToken(Token)));
        using var client = new HttpClient { BaseAddress = web.Address };
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + Token);
        var answers = new StringBuilder();
        async Task SendAsync(HttpMethod method, string path, string? body = null) => answers.AppendLine((await web.SendAsync(method, path, body, client)).Text);

        var id = await web.AddAsync(new Login("ann", "canary-pin", "canary-key"));
        using var worker = await TestWorker.OpenAsync(web.Store, static record => record with { Names = ["login"] });
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.Failed, static settlement => settlement with { Error = new JobError("E", "wrong pin") });
        foreach (var row in RouteTable.Rows.Where(static row => row.IsApi && !row.Changes && !row.Name.EndsWith("events", StringComparison.Ordinal)))
            answers.AppendLine((await Web.Read(await client.SendAsync(row.Request(id), Cancel))).Text);
        await SendAsync(HttpMethod.Post, "jobs", """{"name":"login","payload":{"user":"u","pin":"canary-pin","apiKey":"canary-key"},"canary":1""");
        await SendAsync(HttpMethod.Post, "jobs", """{"name":"login","payload":{"user":7,"pin":"canary-pin","apiKey":"canary-key"}}""");
        await SendAsync(HttpMethod.Post, "jobs", """{"name":"login","payload":"canary-pin"}""");
        await SendAsync(HttpMethod.Post, $"jobs/{id}/retry");
        await SendAsync(HttpMethod.Post, $"jobs/{id}/clone", """{"payload":{"user":"***","pin":"***","apiKey":"***"}}""");

        answers.ToString().ShouldNotContain("canary-");
        answers.ToString().ShouldNotContain(Token);
        lines.All.ShouldNotContain(static line => line.Contains("canary-", StringComparison.Ordinal) || line.Contains(Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_searched_in_payloads_does_not_find_secrets()
    {
        await using var web = await Web.StartAsync();
        using var eve = web.As("eve", "view");
        await web.AddAsync(new Login("ann", "canary-pin", "canary-key"));

        (await web.GetAsync("jobs?text=ann", eve)).Items().Length.ShouldBe(1);
        (await web.GetAsync("jobs?text=canary-p", eve)).Items().ShouldBeEmpty();
    }

    [Fact]
    public async Task Over_tls_the_cookie_is_for_tls_alone_and_so_is_the_host()
    {
        await using var web = await Web.StartAsync(change: static setup =>
        {
            setup.Access = static endpoints => endpoints.RequireToken(Token);
            setup.Before = static app => app.Use((context, next) =>
            {
                context.Request.Scheme = "https"; // as a proxy's header that the application trusts would
                return next(context);
            });
        });
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = web.Address };

        var answer = await Web.Read(await client.GetAsync(Web.Prefix + "/?token=" + Token, Cancel));

        answer.Headers["Set-Cookie"].ShouldContain("secure");
        answer.Headers["Strict-Transport-Security"].ShouldContain("max-age=");
    }

    private static ActOnJobs Delete(string? owner) => new("delete", JobSelection.Of(new JobFilter { Owner = owner }, null), "ann", null, 2);

    /// <summary>Keeps what is logged.</summary>
    private sealed class Lines : ILoggerProvider
    {
        private readonly ConcurrentQueue<(string Category, string Line)> _lines = [];

        public IEnumerable<string> All => _lines.Select(static line => line.Line);

        public IEnumerable<string> Of(string category) => _lines.Where(line => line.Category == category).Select(static line => line.Line);

        public void AddTo(WebApplicationBuilder host) => host.Logging.AddProvider(this).SetMinimumLevel(LogLevel.Trace);

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void Dispose()
        {
            // Nothing is held.
        }

        private sealed class Logger(Lines lines, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
                => lines._lines.Enqueue((category, formatter(state, exception) + exception));
        }
    }
}
