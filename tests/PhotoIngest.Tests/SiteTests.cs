using System.Net;
using System.Net.NetworkInformation;
using System.Text;
using System.Text.Json;

namespace PhotoIngest.Tests;

/// <summary>What holds for the site as a whole: headers, who may change something, the dashboard.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class SiteTests : IAsyncLifetime
{
    private static readonly string[] Paths = ["", "app.js", "style.css", "icon.svg", "api/photos", "api/status", "nowhere", "photos/00000000-0000-0000-0000-000000000000/preview", "longhaul/", "longhaul/api/status"];

    private readonly TempFolder _folder = new();
    private Site _site = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _site = await Site.StartAsync(Path.Combine(_folder.Path, "out"));

    [Fact]
    public async Task Every_answer_tells_the_browser_to_trust_nothing_else()
    {
        foreach (var path in Paths)
        {
            using var response = await _site.Client.GetAsync(path, Cancel);

            var policy = response.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem(path);
            policy.ShouldStartWith("default-src 'none'; script-src 'self'", customMessage: path);
            policy.ShouldNotContain("unsafe", customMessage: path);
            policy.ShouldNotContain("http", customMessage: path);
            response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"], path);
            response.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"], path);
            response.Headers.GetValues("Cross-Origin-Resource-Policy").ShouldBe(["same-origin"], path);
            response.Headers.CacheControl.ShouldNotBeNull(path);
            response.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse(path);
            response.Headers.Server.ShouldBeEmpty(path);
        }
    }

    [Theory]
    [InlineData("no header", null, null, null)]
    [InlineData("another origin", "1", "https://elsewhere.example", null)]
    [InlineData("another port", "1", "http://127.0.0.1:1", null)]
    [InlineData("no origin", "1", "null", null)]
    [InlineData("another site", "1", null, "cross-site")]
    [InlineData("another port of the same site", "1", null, "same-site")]
    [InlineData("typed by hand", "1", null, "none")]
    public async Task A_change_that_another_page_makes_a_browser_send_is_refused(string why, string? header, string? origin, string? fetchSite)
    {
        foreach (var path in (string[])["api/uploads", "api/confirm", "api/photos/00000000-0000-0000-0000-000000000000/enhance"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _site.Address + path) { Content = new StringContent("""{"all":true}""", Encoding.UTF8, "application/json") };
            Add(Site.Header, header);
            Add("Origin", origin);
            Add("Sec-Fetch-Site", fetchSite);
            using var plain = new HttpClient();
            using var response = await plain.SendAsync(request, Cancel);

            response.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{why}: {path}");
            JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancel)).GetProperty("detail").GetString()
                .ShouldBe($"A change must come from this site's own page, with the header {Site.Header}: 1.");

            void Add(string name, string? value)
            {
                if (value is not null)
                    request.Headers.Add(name, value);
            }
        }
    }

    [Theory]
    [InlineData("elsewhere.example")]
    [InlineData("127.0.0.1.elsewhere.example")]
    public async Task A_name_that_was_made_to_lead_here_is_not_answered(string host)
    {
        foreach (var path in Paths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = host;
            using var response = await _site.Client.SendAsync(request, Cancel);

            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, path);
        }
    }

    [Fact]
    public void Only_this_machine_can_reach_it()
    {
        var port = new Uri(_site.Address).Port;

        IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(listener => listener.Port == port).Select(static listener => listener.Address).ShouldBe([IPAddress.Loopback]);
    }

    [Fact]
    public async Task The_dashboard_is_at_its_prefix_and_where_people_know_it_from()
    {
        using var redirect = await _site.Client.GetAsync("admin/ingest-traces-page", Cancel);
        redirect.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        redirect.Headers.Location!.ToString().ShouldBe("/longhaul/?pattern=*ingest*");

        (await _site.Client.GetStringAsync(redirect.Headers.Location, Cancel)).ShouldContain("data-prefix=\"/longhaul\"");
    }

    [Fact]
    public async Task The_status_has_the_words_that_people_know()
    {
        await using var idle = await Site.StartAsync(Path.Combine(_folder.Path, "idle"), ("Photos:RunsJobs", "false"));
        await Pictures.SceneAsync(_folder.File("a.jpg"), 1);
        await idle.UploadAsync(("a.jpg", await File.ReadAllBytesAsync(_folder.File("a.jpg"), Cancel)));

        var status = await idle.GetAsync("api/status");

        status.GetProperty("horizon").ToString().ShouldBe("""{"installed":false,"status":"inactive"}""");
        status.GetProperty("jobs").ToString().ShouldBe("""{"driver":"sqlite","pending":1,"reserved":0,"ingest_pending":1,"failed":0}""");
        status.GetProperty("worker").GetProperty("likely_running").GetBoolean().ShouldBeFalse();
        foreach (var key in (string[])["status", "hint"])
            status.GetProperty("worker").GetProperty(key).GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task The_page_is_sent_once_and_then_asked_for_by_its_tag()
    {
        using var first = await _site.Client.GetAsync("", Cancel);
        first.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        using var request = new HttpRequestMessage(HttpMethod.Get, "");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await _site.Client.SendAsync(request, Cancel);

        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _folder.Dispose();
    }
}
