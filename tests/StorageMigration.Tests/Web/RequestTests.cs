using System.Net;

namespace StorageMigration.Tests.Web;

/// <summary>What a command must be to be taken.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class RequestTests(IdleSite idle) : IClassFixture<IdleSite>
{
    private readonly Site _site = idle.Site;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(403, """{"command":"rm/-rf"}""", "allowed")]
    [InlineData(403, """{"command":"trees/copy"}""", "allowed")]
    [InlineData(403, """{"command":"image-migration/migrate; ls"}""", "allowed")]
    [InlineData(403, """{"command":"Image-Migration/Migrate"}""", "allowed")]
    [InlineData(400, """{"command":"image-migration/migrate","args":{"force":true}}""", "skipBackup")]
    [InlineData(400, """{"command":"image-migration/migrate","args":{"checkpointId":"../../etc/passwd"}}""", "checkpointId")]
    [InlineData(400, """{"command":"image-migration/migrate","args":{"checkpointId":"--cursor"}}""", "checkpointId")]
    [InlineData(400, """{"command":"image-migration/migrate","args":{"skipBackup":"perhaps"}}""", "skipBackup")]
    [InlineData(400, """{"command":"image-migration/migrate","args":{"skipBackup":{"a":1}}}""", "skipBackup")]
    [InlineData(400, """{"command":"test/speak","args":{"text":"a\u0000b"}}""", "text")]
    [InlineData(400, """{"command":"test/speak","args":{"cursor":"5"}}""", "cursor")]
    [InlineData(400, """{"command":"test/speak","args":["text"]}""", "args")]
    [InlineData(400, """{"command":"test/speak","args":"text"}""", "args")]
    [InlineData(400, """{"command":"test/speak","dryRun":"yes"}""", "dryRun")]
    [InlineData(400, """{"command":"test/speak","args":{"dryRun":"yes"}}""", "dryRun")]
    [InlineData(400, """{"command":"test/speak","dryrun":true}""", "dryrun")]
    [InlineData(400, """{"command":"test/speak","command":"test/flood"}""", "JSON")]
    [InlineData(400, """{"command":""}""", "command")]
    [InlineData(400, """{"command":7}""", "command")]
    [InlineData(400, """{}""", "command")]
    [InlineData(400, """[]""", "object")]
    [InlineData(400, """{"command":""", "JSON")]
    [InlineData(400, "", "JSON")]
    public async Task What_is_not_allowed_is_refused_with_its_reason_and_makes_no_job(int expected, string body, string said)
    {
        var before = await JobsAsync();
        foreach (var action in (string[])["run-command-queue", "run-command"])
        {
            var (status, answer) = await _site.PostAsync(Site.Action(action), body);

            ((int)status).ShouldBe(expected, $"{action}: {answer}");
            answer.EnumerateObject().Select(static property => property.Name).ShouldBe(["success", "error"]);
            answer.GetProperty("success").GetBoolean().ShouldBeFalse();
            answer.GetProperty("error").GetString()!.ShouldContain(said);
        }

        (await JobsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        var (status, answer) = await _site.PostAsync(Site.Action("run-command-queue"), new { command = "test/speak", args = new { text = new string('a', 70_000) } });

        ((int)status, answer.GetProperty("success").GetBoolean()).ShouldBe((400, false));
    }

    [Theory]
    [InlineData(null, 200)]
    [InlineData("text/plain;charset=UTF-8", 200)]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData("multipart/form-data; boundary=x", 400)]
    [InlineData("application/xml", 400)]
    public async Task JSON_is_taken_as_a_bare_fetch_sends_it(string? type, int expected)
    {
        var (status, answer) = await _site.PostAsync(Site.Action("run-command-queue"), """{"command":"test/speak"}""", type);

        ((int)status).ShouldBe(expected, answer.ToString());
        answer.GetProperty("success").GetBoolean().ShouldBe(expected == 200);
    }

    [Theory]
    [InlineData("none", "")]
    [InlineData("invented", "CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("another visitor's", "other")]
    public async Task A_change_without_the_page_s_own_token_is_refused(string why, string token)
    {
        var before = await JobsAsync();
        if (token == "other")
        {
            using var other = new HttpClient();
            (token, _) = await _site.SignInAsync(other, _site.Address);
        }

        foreach (var path in (string[])[Site.Action("run-command-queue"), Site.Action("run-command"), "api/jobs/1/cancel", "api/jobs/1/resume"])
        {
            var (status, answer) = await _site.PostAsync(path, """{"command":"test/speak"}""", token: token);

            status.ShouldBe(HttpStatusCode.Forbidden, $"{why}: {path}");
            answer.GetProperty("success").GetBoolean().ShouldBeFalse();
            answer.GetProperty("error").GetString()!.ShouldContain("X-CSRF-Token");
        }

        (await JobsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task The_token_without_its_cookie_is_worth_nothing()
    {
        using var bare = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(_site.Address) };
        using var response = await Site.SendAsync(bare, Site.Request(Site.Action("run-command-queue"), """{"command":"test/speak"}""", "application/json", _site.Token));

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_cookie_stays_with_this_site()
    {
        using var bare = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        using var page = await bare.GetAsync(new Uri(_site.Address), Cancel);

        var cookie = page.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldContain("samesite=strict", Case.Insensitive);
        cookie.ShouldContain("httponly", Case.Insensitive);
        page.Headers.CacheControl!.NoStore.ShouldBeTrue("a kept page has another's token");
    }

    [Fact]
    public async Task A_change_that_is_asked_for_by_GET_is_refused_and_says_how()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Site.Action("run-command-queue"));
        request.Headers.Add("X-CSRF-Token", _site.Token);
        using var with = await _site.Client.SendAsync(request, Cancel);
        using var without = await _site.Client.GetAsync(Site.Action("run-command-queue"), Cancel);

        (with.StatusCode, without.StatusCode).ShouldBe((HttpStatusCode.BadRequest, HttpStatusCode.Forbidden));
        (await Site.ReadAsync(with)).GetProperty("error").GetString()!.ShouldContain("POST");
    }

    [Fact]
    public async Task Arguments_reach_the_command_as_data_and_yes_is_1()
    {
        using var folder = new TempFolder();
        await using var works = await Site.StartAsync(folder.Path);
        const string Evil = """$(id) `id`; "quoted" 'single' && --loud=1 %PATH% {cursor}""";

        var (_, spoken) = await works.PostAsync(Site.Action("run-command"), new { command = "test/speak", args = new { text = Evil, loud = true, exit = (string?)null }, dryRun = true });
        var (_, among) = await works.PostAsync(Site.Action("run-command"), new { command = "test/speak", args = new { text = "--exit=3", loud = false, dryRun = true } });
        var (_, real) = await works.PostAsync(Site.Action("run-command"), new { command = "test/speak", args = Array.Empty<int>() });

        spoken.GetProperty("success").GetBoolean().ShouldBeTrue(spoken.ToString());
        spoken.GetProperty("output").GetString().ShouldBe($"text {Evil}\nloud 1\ndry run True\n");
        among.GetProperty("output").GetString().ShouldBe("text --exit=3\nloud 0\ndry run True\n");
        real.GetProperty("output").GetString().ShouldBe("text none\nloud none\ndry run False\n");
    }

    [Fact]
    public async Task The_page_is_told_what_may_be_run()
    {
        var (_, answer) = await _site.GetAsync("api/commands");

        var names = answer.GetProperty("commands").EnumerateArray().Select(static command => command.GetProperty("name").GetString()!).ToList();
        names.ShouldContain("image-migration/migrate");
        names.ShouldContain("url-replacement/replace-s3-urls");
        names.ShouldNotContain(static name => name.StartsWith("trees/", StringComparison.Ordinal));
    }

    private async Task<int> JobsAsync() => (await _site.Store.ListJobsAsync(Longhaul.Storage.JobFilter.All, new Longhaul.Storage.PageRequest(1_000), Cancel)).Items.Count;
}
