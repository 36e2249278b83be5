using Longhaul.AspNetCore.Tests.Support;

namespace Longhaul.AspNetCore.Tests;

/// <summary>Changes that another site's page makes a browser send are refused.</summary>
[Trait("Part", "web")]
public sealed class ForgeryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", 200)] // a program
    [InlineData("Cookie: a=b", 403)]
    [InlineData("Cookie: a=b|X-Longhaul-Request: 1", 200)]
    [InlineData("User-Agent: Mozilla/5.0", 403)]
    [InlineData("Referer: http://127.0.0.1/", 403)]
    [InlineData("Sec-Fetch-Site: same-origin", 403)]
    [InlineData("Sec-Fetch-Site: same-origin|X-Longhaul-Request: 1", 200)]
    [InlineData("Sec-Fetch-Site: none|X-Longhaul-Request: 1", 200)]
    [InlineData("Sec-Fetch-Site: cross-site|X-Longhaul-Request: 1", 403)]
    [InlineData("Sec-Fetch-Site: same-site|X-Longhaul-Request: 1", 403)]
    [InlineData("Origin: http://evil.example|X-Longhaul-Request: 1|Cookie: a=b", 403)]
    [InlineData("Origin: null|X-Longhaul-Request: 1", 403)]
    [InlineData("Origin: OWN|X-Longhaul-Request: 1", 200)]
    [InlineData("Origin: OWN", 403)]
    public async Task A_change_from_a_browser_must_come_from_our_own_page(string headers, int status)
    {
        await using var web = await Web.StartAsync();
        var id = await web.AddAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, Web.Api($"jobs/{id}/cancel"));
        foreach (var header in headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = header.Split(": ");
            request.Headers.TryAddWithoutValidation(parts[0], parts[1] == "OWN" ? web.Address.GetLeftPart(UriPartial.Authority) : parts[1]);
        }

        var answer = await Web.Read(await web.Admin.SendAsync(request, Cancel));

        answer.Status.ShouldBe(status, answer.Text);
        answer.Headers.Keys.ShouldNotContain("Access-Control-Allow-Origin");
        (await web.GetAsync($"jobs/{id}")).Text("state").ShouldBe(status == 200 ? "cancelled" : "pending");
    }

    [Fact]
    public async Task No_preflight_is_answered()
    {
        await using var web = await Web.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, Web.Api("jobs"));
        request.Headers.Add("Origin", "http://evil.example");
        request.Headers.Add("Access-Control-Request-Method", "POST");

        var answer = await Web.Read(await web.Admin.SendAsync(request, Cancel));

        answer.Status.ShouldNotBe(200);
        answer.Headers.Keys.ShouldNotContain("Access-Control-Allow-Origin");
    }
}
