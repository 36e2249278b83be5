using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using Longhaul;

namespace StorageMigration.Tests.Web;

/// <summary>What holds for the site as a whole.</summary>
[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class SiteTests(IdleSite idle) : IClassFixture<IdleSite>, IDisposable
{
    private static readonly string[] Paths =
        ["", "index.html", "app.js", "style.css", "icon.svg", "nowhere", Site.Action("get-queue-jobs"), Site.Action("nothing"), "api/commands", "api/jobs/1", "longhaul/", "longhaul/api/status"];

    private readonly TempFolder _folder = new();
    private readonly Site _site = idle.Site;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

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

    [Fact]
    public async Task A_name_that_was_made_to_lead_here_is_not_answered()
    {
        foreach (var path in Paths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = "elsewhere.example";
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
    public async Task The_page_has_the_token_of_its_visitor_and_nothing_left_to_fill_in()
    {
        foreach (var path in (string[])["", "index.html"])
        {
            var page = await _site.Client.GetStringAsync(path, Cancel);

            page.ShouldContain("name=\"CSRF_TOKEN\"");
            page.ShouldNotContain("{{");
        }
    }

    [Fact]
    public async Task A_token_holds_when_the_application_is_started_again()
    {
        await using var site = await Site.StartAsync(_folder.Path, Site.NoWorker);
        var page = site.Address;
        using var visitor = new HttpClient();
        var (token, _) = await site.SignInAsync(visitor, page);
        await site.DisposeAsync();
        await using var again = await Site.StartAsync(_folder.Path, Site.NoWorker, ("Migration:Port", $"{new Uri(page).Port}"));

        using var response = await Site.SendAsync(visitor, Site.Request(again.Address + Site.Action("run-command-queue"), """{"command":"test/speak"}""", "application/json", token));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_dashboard_is_there()
        => (await _site.Client.GetStringAsync("longhaul/", Cancel)).ShouldContain("data-prefix=\"/longhaul\"");

    [Fact]
    public async Task What_was_asked_for_stands_in_the_log()
    {
        var job = await _site.QueueAsync("test/speak", dryRun: true);

        var log = await File.ReadAllTextAsync(Path.Combine(idle.Root, "logs", "web.log"), Cancel);
        log.ShouldContain($"local runs test/speak as job {job}");
        log.ShouldContain("a dry run");
    }

    [Fact]
    public async Task A_job_that_failed_stands_in_the_queue_s_log()
    {
        await using var works = await Site.StartAsync(_folder.File("works"));
        var job = await works.QueueAsync("test/speak", new { exit = 9 });
        await works.UntilStatusAsync(job, "failed");

        var log = await Site.UntilAsync(() => ReadAsync(_folder.File("works/logs/queue.log")), static text => text.Contains("exit code 0", StringComparison.Ordinal), "the log of the failure");
        log.ShouldContain($"{job}");
        (await ReadAsync(_folder.File("works/logs/web.log"))).ShouldNotContain("exit code 0");

        static async Task<string> ReadAsync(string file) => File.Exists(file) ? await File.ReadAllTextAsync(file, Cancel) : "";
    }

    [Fact]
    public void Every_command_is_a_program_that_is_allowed_with_its_own_time_limit()
    {
        var entries = new Dictionary<string, ProcessEntry>(StringComparer.Ordinal);
        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        builder.Configuration["Migration:TimeLimits:test/steps"] = "06:00:00";
        TestCommands.Add(builder);
        MigrationApp.Configure(builder, [("Migration:Root", _folder.File("entries")), ("Migration:Database", "sqlite:here.db")]);

        Commands.CommandEntries.Fill(entries, builder);

        var steps = entries["test/steps"];
        (steps.TimeLimit, entries["test/speak"].TimeLimit).ShouldBe((TimeSpan.FromHours(6), TimeSpan.FromHours(2)));
        steps.Executable.ShouldBe(Environment.ProcessPath);
        steps.Arguments.Where(static argument => argument.Contains('{', StringComparison.Ordinal)).ShouldBe(
            ["{command}", "--count={count}", "--milliseconds={milliseconds}", "--waitAt={waitAt}", "--gate={gate}", "--failWithout={failWithout}", "--dryRun={dryRun}", "--cursor={cursor}"]);
        (steps.Environment["Migration__Root"], steps.Environment["Migration__Database"]).ShouldBe((_folder.File("entries"), "sqlite:here.db"));
        steps.Environment["Longhaul__Store"].ShouldContain("longhaul.db");
        builder.Configuration["Migration:Database"].ShouldBe("sqlite:here.db", "the look at the commands must leave the host's settings alive");
    }

    [Fact]
    public async Task Without_a_verb_the_program_serves_and_works()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "StorageMigration.dll")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Migration__Root"] = _folder.File("program");
        start.Environment["Migration__Port"] = "0";
        using var program = Process.Start(start)!;
        try
        {
            string? address = null;
            while (address is null && await program.StandardOutput.ReadLineAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromMinutes(1), Cancel) is { } line)
                address = line.Contains("Now listening on: ", StringComparison.Ordinal) ? line[line.IndexOf("http", StringComparison.Ordinal)..] : null;
            using var client = new HttpClient { BaseAddress = new Uri(address.ShouldNotBeNull()) };

            (await client.GetStringAsync("/", Cancel)).ShouldContain("Storage migration");
            var workers = await Site.UntilAsync(() => client.GetStringAsync("/longhaul/api/workers", Cancel), static body => body.Contains("\"id\"", StringComparison.Ordinal), "its worker");
            workers.ShouldNotBeNull();
        }
        finally
        {
            program.Kill(entireProcessTree: true);
            await program.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => _folder.Dispose();
}
