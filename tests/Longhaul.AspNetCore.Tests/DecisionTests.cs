using System.Net.Http.Headers;
using Longhaul.AspNetCore.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Logging;

namespace Longhaul.AspNetCore.Tests;

/// <summary>The decision who may call, and what each kind of it means.</summary>
[Trait("Part", "web")]
public sealed class DecisionTests
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_decision_the_application_stops_at_its_start()
    {
        var error = await Should.ThrowAsync<InvalidOperationException>(() => Web.StartAsync(change: static setup => setup.Access = null));

        error.Message.ShouldContain("RequireAuthorization");
    }

    [Theory]
    [InlineData("Production", true)]
    [InlineData("Staging", true)]
    [InlineData("Development", false)]
    public async Task Everybody_is_let_in_in_development_only(string environment, bool refused)
    {
        Task<Web> Start() => Web.StartAsync(change: setup => (setup.Environment, setup.Access) = (environment, static endpoints => endpoints.AllowAnonymousForDevelopment()));
        if (refused)
        {
            (await Should.ThrowAsync<InvalidOperationException>(Start)).Message.ShouldContain(environment);
            return;
        }

        await using var web = await Start();
        (await web.GetAsync("me", web.Anonymous)).Items("roles").Length.ShouldBe(3);
    }

    [Fact]
    public async Task Allow_anonymous_of_aspnetcore_is_no_decision()
        => (await Should.ThrowAsync<InvalidOperationException>(() => Web.StartAsync(change: static setup => setup.Access = static endpoints => endpoints.RequireAuthorization("view").AllowAnonymous())))
            .Message.ShouldContain("AllowAnonymous");

    [Fact]
    public async Task An_application_without_authorisation_of_its_own_starts()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddLonghaul(static longhaul => longhaul.UseMemory().AddHttp());
        await using var app = builder.Build(); // which puts authorisation into its pipeline by itself where it finds its services
        app.MapLonghaul().AllowLocalOnly();

        await app.StartAsync(Cancel);

        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        ((int)(await client.GetAsync(Web.Api("me"), Cancel)).StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task Two_decisions_are_refused()
        => await Should.ThrowAsync<InvalidOperationException>(() => Web.StartAsync(change: static setup => setup.Access = static endpoints => endpoints.AllowLocalOnly().RequireAuthorization("view")));

    [Fact]
    public async Task One_policy_grants_all_three_roles()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Access = static endpoints => endpoints.RequireAuthorization("operate"));
        using var ann = web.As("ann", "operate");

        (await web.GetAsync("me", ann)).Items("roles").Select(static role => role.GetString()).ShouldBe(["view", "operate", "admin"]);
    }

    [Fact]
    public async Task A_guard_of_the_applications_own_group_is_a_decision()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Access = static endpoints => AuthorizationEndpointConventionBuilderExtensions.RequireAuthorization(endpoints, "admin"));
        using var viewer = web.As("eve", "view");

        ((int)(await web.Anonymous.GetAsync(Web.Api("jobs"), Cancel)).StatusCode).ShouldBe(401);
        ((int)(await viewer.GetAsync(Web.Api("jobs"), Cancel)).StatusCode).ShouldBe(403);
        (await web.GetAsync("jobs")).Items().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, null, 200)]
    [InlineData("X-Forwarded-For", "127.0.0.1", 403)]
    [InlineData("X-Forwarded-For", "::1", 403)]
    [InlineData("Forwarded", "for=127.0.0.1", 403)]
    [InlineData("X-Real-IP", "127.0.0.1", 403)]
    [InlineData("X-Original-For", "127.0.0.1", 403)]
    [InlineData("Via", "1.1 proxy", 403)]
    [InlineData("Host", "queue.example.org", 403)]
    [InlineData("Host", "localhost.example.org", 403)]
    [InlineData("Host", "localhost:1", 200)]
    [InlineData("Host", "[::1]:5000", 200)]
    public async Task Local_is_who_is_on_this_machine_without_a_proxy(string? header, string? value, int status)
    {
        foreach (var trustsProxies in (bool[])[false, true])
        {
            await using var web = await Web.StartAsync(change: setup =>
            {
                setup.Access = static endpoints => endpoints.AllowLocalOnly();
                if (trustsProxies)
                    setup.Before = static app => app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All });
            });
            using var request = new HttpRequestMessage(HttpMethod.Get, Web.Api("me"));
            if (header is not null)
                request.Headers.TryAddWithoutValidation(header, value);

            ((int)(await web.Anonymous.SendAsync(request, Cancel)).StatusCode).ShouldBe(status);
        }
    }

    [Fact]
    public async Task The_token_opens_as_bearer_and_by_an_address_that_becomes_a_cookie()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Access = static endpoints => endpoints.RequireToken(Token));
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = web.Address };

        var none = await Web.Read(await client.GetAsync(Web.Api("me"), Cancel));
        none.Problem(401, "unauthenticated");
        none.Headers["WWW-Authenticate"].ShouldBe("Bearer");
        ((int)(await client.GetAsync(Web.Api("me?token=" + Token), Cancel)).StatusCode).ShouldBe(401);
        ((int)(await client.GetAsync(Web.Prefix + "/?token=" + Token + "x", Cancel)).StatusCode).ShouldBe(401);

        using var bearer = new HttpRequestMessage(HttpMethod.Post, Web.Api("jobs"));
        bearer.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        bearer.Content = new StringContent("""{"name":"greet","payload":{"name":"x"}}""", null, "application/json");
        ((int)(await client.SendAsync(bearer, Cancel)).StatusCode).ShouldBe(201);

        var opened = await Web.Read(await client.GetAsync(Web.Prefix + "/?token=" + Token, Cancel));
        opened.Status.ShouldBe(302);
        opened.Headers["Location"].ShouldNotContain(Token);
        opened.Headers["Set-Cookie"].ShouldNotContain(Token);
        opened.Headers["Cache-Control"].ShouldBe("no-store");
        var cookie = opened.Headers["Set-Cookie"];
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=strict");
        using var page = new HttpRequestMessage(HttpMethod.Get, Web.Api("me"));
        page.Headers.Add("Cookie", cookie.Split(';')[0]);
        ((int)(await client.SendAsync(page, Cancel)).StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task A_token_that_can_be_guessed_is_refused()
        => (await Should.ThrowAsync<ArgumentException>(() => Web.StartAsync(change: static setup => setup.Access = static endpoints => endpoints.RequireToken("secret")))).Message.ShouldContain("22");

    [Fact]
    public async Task An_owner_that_is_no_owner_lets_nobody_in()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Http = static http => http.OwnerOf = static _ => "a b");

        (await web.SendAsync(HttpMethod.Get, "jobs")).Problem(403, "owner_forbidden");
    }

    [Fact]
    public async Task Map_without_add_says_what_to_do()
    {
        var app = WebApplication.CreateSlimBuilder().Build();

        Should.Throw<InvalidOperationException>(() => app.MapLonghaul("/x")).Message.ShouldContain("AddHttp");
        await app.DisposeAsync();
    }
}
