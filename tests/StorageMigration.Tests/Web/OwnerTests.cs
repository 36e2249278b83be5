using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace StorageMigration.Tests.Web;

/// <summary>Who may use it, and whose jobs are whose: the host decides.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class OwnerTests(GuardedSite guarded, IdleSite idle) : IClassFixture<GuardedSite>, IClassFixture<IdleSite>
{
    private readonly Site _site = guarded.Site;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_caller_s_jobs_are_not_there()
    {
        using var ann = Visitor("ann");
        using var bob = Visitor("bob@example.org");
        var (job, migration) = await QueueAsync(ann);
        var (hers, _) = await QueueAsync(bob);

        (await _site.GetAsync($"{Site.Action("get-queue-status")}?jobId={job}", ann)).Status.ShouldBe(HttpStatusCode.OK);
        (await _site.GetAsync($"{Site.Action("get-migration-progress")}?migrationId={migration}", ann)).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var path in (string[])[$"{Site.Action("get-queue-status")}?jobId={job}", $"{Site.Action("get-migration-progress")}?migrationId={migration}", $"api/jobs/{job}"])
        {
            var (status, body) = await _site.GetAsync(path, bob);
            status.ShouldBe(HttpStatusCode.NotFound, path);
            body.GetProperty("success").GetBoolean().ShouldBeFalse();
        }

        foreach (var action in (string[])["cancel", "resume"])
        {
            var (token, _) = await _site.SignInAsync(bob, _site.Address);
            using var refused = await Site.SendAsync(bob, Site.Request($"api/jobs/{job}/{action}", "{}", "application/json", token));
            refused.StatusCode.ShouldBe(HttpStatusCode.NotFound, action);
        }

        (await ListedAsync(ann)).ShouldBe([job]);
        (await ListedAsync(bob)).ShouldBe([hers]);
        (await _site.Store.GetJobAsync(new Longhaul.JobId(job), Cancel))!.Owner.ShouldBe("ann");
        (await _site.Store.GetJobAsync(new Longhaul.JobId(hers), Cancel))!.Owner.ShouldBe("bob:40example.org");

        async Task<IEnumerable<long>> ListedAsync(HttpClient who)
            => (await _site.GetAsync(Site.Action("get-queue-jobs"), who)).Body.GetProperty("jobs").EnumerateArray().Select(static one => one.GetProperty("id").GetInt64());
    }

    [Fact]
    public async Task A_job_of_another_stays_unknown_when_its_record_is_gone()
    {
        using var carl = Visitor("carl");
        using var dora = Visitor("dora");
        var (job, _) = await QueueAsync(carl);
        await _site.Jobs.CancelAsync(new Longhaul.JobId(job), "the test", Cancel);
        await _site.Store.ActAsync(Longhaul.Storage.JobAction.Delete, [new Longhaul.JobId(job)], new Longhaul.Storage.ActionContext("the test"), Cancel);

        (await _site.GetAsync($"{Site.Action("get-queue-status")}?jobId={job}", carl)).Status.ShouldBe(HttpStatusCode.OK);
        (await _site.GetAsync($"{Site.Action("get-queue-status")}?jobId={job}", dora)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("guest")]
    [InlineData(null)]
    public async Task Whom_the_host_s_policy_refuses_gets_nothing(string? user)
    {
        using var client = Visitor(user);

        foreach (var path in (string[])["", Site.Action("get-queue-jobs"), Site.Action("get-queue-status?jobId=1"), Site.Action("get-migration-progress?migrationId=queue-1-abcdef"), "api/commands", "api/jobs/1"])
        {
            var (status, body) = await _site.GetAsync(path, client);
            status.ShouldBe(HttpStatusCode.Forbidden, path);
            body.GetProperty("success").GetBoolean().ShouldBeFalse();
        }

        foreach (var action in (string[])["run-command-queue", "run-command"])
        {
            using var refused = await Site.SendAsync(client, Site.Request(Site.Action(action), """{"command":"test/speak"}""", "application/json", "x"));
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await Site.ReadAsync(refused)).GetProperty("error").GetString()!.ShouldContain("access");
        }
    }

    [Theory]
    [InlineData("X-Forwarded-For", "192.0.2.1")]
    [InlineData("Forwarded", "for=192.0.2.1")]
    [InlineData("Via", "1.1 proxy")]
    public async Task Without_a_policy_only_callers_on_this_machine_are_let_in(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Site.Action("get-queue-jobs"));
        request.Headers.TryAddWithoutValidation(header, value);

        using var response = await idle.Site.Client.SendAsync(request, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    private HttpClient Visitor(string? user)
    {
        var client = new HttpClient { BaseAddress = new Uri(_site.Address) };
        if (user is not null)
            client.DefaultRequestHeaders.Add("X-Test-User", user);
        return client;
    }

    private async Task<(long Job, string Migration)> QueueAsync(HttpClient who)
    {
        var (token, _) = await _site.SignInAsync(who, _site.Address);
        using var response = await Site.SendAsync(who, Site.Request(Site.Action("run-command-queue"), """{"command":"test/speak"}""", "application/json", token));
        var answer = await Site.ReadAsync(response);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, answer.ToString());
        return (answer.GetProperty("jobId").GetInt64(), answer.GetProperty("migrationId").GetString()!);
    }
}

/// <summary>With users and a policy of the host.</summary>
public sealed class GuardedSite : SharedSite
{
    private protected override Task<Site> StartAsync(string root) => Site.StartAsync(
        root,
        static builder =>
        {
            builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, NameInHeader>("test", null);
            builder.Services.AddAuthorization(static options => options.AddPolicy("staff", static policy => policy.RequireAuthenticatedUser().RequireAssertion(static context => context.User.Identity!.Name != "guest")));
        },
        Site.NoWorker, ("Migration:Policy", "staff"));

    private sealed class NameInHeader(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers["X-Test-User"] is [{ } name]
            ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "test")), "test"))
            : AuthenticateResult.NoResult());
    }
}
