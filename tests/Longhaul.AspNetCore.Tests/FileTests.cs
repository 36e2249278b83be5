using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Longhaul.AspNetCore.Tests.Support;
using Microsoft.AspNetCore.Builder;

namespace Longhaul.AspNetCore.Tests;

/// <summary>The dashboard's files, and links for end users.</summary>
[Trait("Part", "web")]
public sealed class FileTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_is_served_at_its_paths_with_its_prefix_and_nothing_inline()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Prefix = "/ops/queue/");
        var page = await Web.Read(await web.Admin.GetAsync("/ops/queue", Cancel));

        page.Status.ShouldBe(200);
        page.Headers["Content-Type"].ShouldBe("text/html; charset=utf-8");
        page.Text.ShouldContain("data-prefix=\"/ops/queue\"");
        page.Text.ShouldNotContain("%PREFIX%");
        page.Text.ShouldNotContain("<style");
        page.Text.ShouldNotContain(" style=");
        page.Text.ShouldNotMatch("<script(?![^>]* src=)");
        page.Text.ShouldNotContain("http://");
        page.Text.ShouldNotContain("https://");
        foreach (var path in (string[])["/ops/queue/", "/ops/queue/jobs", "/ops/queue/jobs/42", "/ops/queue/failed"])
            (await Web.Read(await web.Admin.GetAsync(path, Cancel))).Text.ShouldBe(page.Text);
        (await Web.Read(await web.Admin.GetAsync("/ops/queue/assets/../../secret.js", Cancel))).Status.ShouldBe(404);
        (await Web.Read(await web.Admin.GetAsync("/ops/queue/assets/nothing.js", Cancel))).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Below_a_path_base_pages_addresses_and_links_begin_with_it()
    {
        await using var web = await Web.StartAsync(change: static setup => setup.Before = static app =>
        {
            app.UsePathBase("/shop floor");
            app.UseRouting();
        });
        const string Below = "/shop%20floor" + Web.Prefix;

        var page = (await Web.Read(await web.Admin.GetAsync(Below + "/jobs", Cancel))).Text;
        page.ShouldContain($"data-prefix=\"{Below}\"");
        page.ShouldContain($"src=\"{Below}/assets/app.js\"");
        (await Web.Read(await web.Admin.GetAsync(Below + "/assets/app.js", Cancel))).Status.ShouldBe(200);

        var enqueued = await Web.Read(await web.Admin.PostAsJsonAsync(Below + "/api/jobs", new { name = "greet", payload = new { name = "Ann" } }, Cancel));
        enqueued.Ok();
        var job = enqueued.Headers["Location"];
        job.ShouldStartWith(Below + "/api/jobs/");
        var link = (await Web.Read(await web.Admin.PostAsync(job + "/link", null, Cancel))).Ok().Text("url")!;
        link.ShouldStartWith(Below + "/p/");
        (await Web.Read(await web.Anonymous.GetAsync(link, Cancel))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_file_is_compressed_and_sent_once()
    {
        await using var web = await Web.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, Web.Prefix + "/");
        request.Headers.AcceptEncoding.ParseAdd("gzip, br;q=0");
        using var response = await web.Admin.SendAsync(request, Cancel);
        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        response.Headers.Vary.ShouldBe(["Accept-Encoding"]);
        await using var body = new GZipStream(await response.Content.ReadAsStreamAsync(Cancel), CompressionMode.Decompress);
        using var reader = new StreamReader(body);
        (await reader.ReadToEndAsync(Cancel)).ShouldContain("<html");

        using var again = new HttpRequestMessage(HttpMethod.Get, Web.Prefix + "/");
        again.Headers.IfNoneMatch.Add(new EntityTagHeaderValue(response.Headers.ETag!.Tag));
        ((int)(await web.Admin.SendAsync(again, Cancel)).StatusCode).ShouldBe(304);
    }

    [Fact]
    public async Task A_signed_link_shows_the_progress_of_its_job_and_nothing_else()
    {
        // Without a login also where the application asks everybody for one.
        await using var web = await Web.StartAsync(change: static setup => setup.Services = static services => Microsoft.Extensions.DependencyInjection.PolicyServiceCollectionExtensions.AddAuthorization(
            services, static options => options.FallbackPolicy = options.GetPolicy("admin")));
        var id = await web.AddAsync(new Login("ann", "1234", "k-5678"), new() { Description = "Your import", Owner = "a", Tags = ["internal"] });

        var url = (await web.PostAsync($"jobs/{id}/link", new { validForSeconds = 60 })).Ok().Text("url")!;

        url.ShouldStartWith(Web.Prefix + "/p/");
        (await Web.Read(await web.Anonymous.GetAsync(url, Cancel))).Ok().GetRawText().ShouldBe("""{"state":"pending","description":"Your import"}""");
        var changed = url[..^3] + (url[^3] == 'A' ? 'B' : 'A') + url[^2..];
        foreach (var wrong in (string[])[changed, Web.Prefix + "/p/x", Web.Prefix + "/p/" + new string('A', 600)])
            (await Web.Read(await web.Anonymous.GetAsync(wrong, Cancel))).Problem(404, "not_found");
        foreach (var seconds in (double[])[0, -1, 1e12])
            (await web.PostAsync($"jobs/{id}/link", new { validForSeconds = seconds })).Problem(422, "invalid_value");
        foreach (var file in (string[])["longhaul-progress.js", "progress.js", "progress.css"])
            (await Web.Read(await web.Anonymous.GetAsync($"{Web.Prefix}/p/{file}", Cancel))).Status.ShouldBe(EmbeddedBytes.Names.Contains("wwwroot/" + file) ? 200 : 404);
        (await Web.Read(await web.Anonymous.GetAsync(Web.Prefix + "/p/index.html", Cancel))).Problem(404, "not_found");

        await using var events = await EventListener.OpenAsync(web.Anonymous, new Uri(url + "/events", UriKind.Relative));
        (await events.NextAsync("anything but hello", static heard => heard.Name != "hello")).ShouldSatisfyAllConditions(
            static heard => heard.Name.ShouldBe("progress"),
            static heard => heard.Data.GetRawText().ShouldBe("""{"state":"pending","description":"Your import"}"""));
    }

    [Fact]
    public async Task A_link_ends_with_its_time()
    {
        var clock = new Conformance.ManualClock();
        var links = new Sharing.ProgressLinks(new Microsoft.AspNetCore.DataProtection.EphemeralDataProtectionProvider(), null, clock) { Prefix = "/x" };
        var token = links.Create(new JobId(7), TimeSpan.FromMinutes(1))["/x/p/".Length..];

        links.Read(token).ShouldBe(new JobId(7));
        clock.Advance(TimeSpan.FromMinutes(1));
        links.Read(token).ShouldBeNull();
        Should.Throw<ArgumentOutOfRangeException>(() => links.Create(new JobId(7), TimeSpan.Zero));
        await Task.CompletedTask;
    }
}
