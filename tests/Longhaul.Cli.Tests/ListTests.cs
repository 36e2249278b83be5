using Longhaul.Cli.Tests.Support;
using Longhaul.Storage;

namespace Longhaul.Cli.Tests;

/// <summary><c>jobs</c> and <c>failed</c>.</summary>
public sealed class ListTests : IAsyncDisposable
{
    private readonly World _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Jobs_in_a_pipe_are_lines_with_tabs()
    {
        var first = await _world.AddAsync(job => job with { Name = "mail.welcome", Queue = "emails" });
        var second = await _world.AddAsync(job => job with { Delay = TimeSpan.FromMinutes(5), Description = "later" });

        var run = (await _world.RunAsync("jobs")).Ends(0);

        run.Lines.Length.ShouldBe(2);
        run.Lines[0].Split('\t').ShouldBe([second.ToString(), "test.job", "default", "scheduled", "-", "1/3", "2026-01-15T12:00:00Z", "2026-01-15T12:05:00Z", "-", "-", "later"]);
        run.Lines[1].Split('\t')[..5].ShouldBe([first.ToString(), "mail.welcome", "emails", "pending", "-"]);
        run.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Jobs_on_a_terminal_are_a_table()
    {
        using var worker = await _world.WorkerAsync();
        var id = await _world.AddAsync();
        var run = await worker.ClaimOneAsync(id);
        await worker.WriteAsync(run, update => update with { Progress = new ProgressRecord { Fraction = 0.65, Done = 650, Total = 1_000, Note = "copying" } });

        var shown = (await _world.LookAsync("jobs")).Ends(0);

        shown.Out.ShouldContain("Name");
        shown.Out.ShouldContain("██████░░░░");
        shown.Out.ShouldContain("65.0%");
        shown.Out.ShouldContain("copying");
        shown.Out.ShouldContain("\u001b[");
    }

    [Fact]
    public async Task No_jobs_are_said_on_a_terminal_and_nothing_in_a_pipe()
    {
        (await _world.LookAsync("jobs")).Ends(0).Out.ShouldContain("No jobs.");
        (await _world.RunAsync("jobs")).Ends(0).Out.ShouldBeEmpty();
        (await _world.RunAsync("jobs --json")).Ends(0).Json.GetProperty("jobs").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Jobs_as_json_have_the_shape_of_the_api()
    {
        var id = await _world.AddAsync(job => job with
        {
            Description = "about",
            Owner = "ann",
            Tags = ["a", "b"],
            Policy = new JobPolicy { MaxAttempts = 5 },
        });

        var job = (await _world.RunAsync("jobs --json")).Ends(0).Json.GetProperty("jobs")[0];

        job.EnumerateObject().Select(static property => property.Name).ShouldBeSubsetOf([.. ExpectedOfTheApi, .. Beside]);
        foreach (var name in ExpectedOfTheApi)
            job.TryGetProperty(name, out _).ShouldBeTrue(name);
        job.GetProperty("id").GetInt64().ShouldBe(id.Value);
        job.GetProperty("state").GetString().ShouldBe("pending");
        job.GetProperty("attempt").GetInt32().ShouldBe(1);
        job.GetProperty("maxAttempts").GetInt32().ShouldBe(5);
        job.GetProperty("waitsFor").GetString().ShouldBe("no worker for this job");
        job.GetProperty("tags").GetArrayLength().ShouldBe(2);
    }

    private static readonly string[] ExpectedOfTheApi =
    [
        "id", "name", "description", "queue", "state", "derived", "waitsFor", "progress", "attempt", "maxAttempts", "run", "worker", "owner", "tags",
        "createdAt", "availableAt", "startedAt", "updatedAt", "finishedAt", "error", "result", "checkpoint",
    ];

    private static readonly string[] Beside =
        ["lostRuns", "priority", "uniqueKey", "expiresAt", "order", "reason", "itemFailures", "continueFrom", "enqueuedBy"];

    [Theory]
    [InlineData("jobs --queue 'ingest*'", 2)]
    [InlineData("jobs --name mail.welcome", 1)]
    [InlineData("jobs --owner ann", 1)]
    [InlineData("jobs --tag rush", 1)]
    [InlineData("jobs --state scheduled", 1)]
    [InlineData("jobs --state pending", 4)]
    [InlineData("jobs --state running", 0)]
    [InlineData("jobs --since 30m", 1)]
    [InlineData("jobs --until 2026-01-15T12:30:00Z", 3)]
    [InlineData("jobs --limit 2", 2)]
    [InlineData("queue:failed", 0)]
    public async Task Filters_choose_jobs(string line, int expected)
    {
        await _world.AddAsync(job => job with { Queue = "ingest", Owner = "ann" });
        await _world.AddAsync(job => job with { Queue = "ingest-preview", Tags = ["rush"] });
        await _world.AddAsync(job => job with { Name = "mail.welcome" });
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await _world.AddAsync(job => job with { Delay = TimeSpan.FromHours(1) });

        (await _world.RunAsync(line)).Ends(0).Lines.Length.ShouldBe(expected);
    }

    [Fact]
    public async Task A_list_goes_on_where_the_last_one_ended()
    {
        for (var i = 0; i < 5; i++)
            await _world.AddAsync();

        var first = (await _world.RunAsync("jobs --limit 2 --oldest-first --json")).Ends(0).Json;
        var second = (await _world.RunAsync(["jobs", "--limit", "2", "--oldest-first", "--json", "--after", first.GetProperty("next").GetString()!])).Ends(0).Json;

        first.GetProperty("jobs").EnumerateArray().Select(static job => job.GetProperty("id").GetInt64()).ShouldBe([1L, 2]);
        second.GetProperty("jobs").EnumerateArray().Select(static job => job.GetProperty("id").GetInt64()).ShouldBe([3L, 4]);
    }

    [Fact]
    public async Task A_cursor_that_no_list_gave_is_wrong_use()
        => (await _world.RunAsync("jobs --after nonsense")).Ends(2).Error.ShouldContain("--after");

    [Fact]
    public async Task A_list_longer_than_a_page_is_whole()
    {
        for (var i = 0; i < 1_100; i++)
            await _world.AddAsync();

        (await _world.RunAsync("jobs --limit 100000")).Ends(0).Lines.Length.ShouldBe(1_100);
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("queue:failed")]
    public async Task Failed_jobs_show_their_error(string verb)
    {
        await _world.AddAsync();
        var id = await _world.AddFailedAsync(job => job with { Name = "photos.preview", Queue = "ingest-preview" });

        var run = (await _world.RunAsync(verb)).Ends(0);

        run.Lines.ShouldHaveSingleItem().Split('\t')
            .ShouldBe([id.ToString(), "photos.preview", "ingest-preview", "TestException: it went wrong", "2026-01-15T12:00:00Z"]);
        (await _world.LookAsync(verb)).Out.ShouldContain("it went wrong");
        (await _world.RunAsync(verb + " --json")).Json.GetProperty("jobs")[0].GetProperty("error").GetProperty("message").GetString().ShouldBe("it went wrong");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(79)]
    public async Task A_narrow_terminal_crashes_nothing(int width)
    {
        await _world.AddFailedAsync(job => job with { Name = new string('n', 128), Queue = new string('q', 128), Description = new string('d', 200) }, new string('e', 2_000));

        foreach (var line in new[] { "jobs", "failed", "show 1 --history", "info", "workers", "monitor", "doctor", "--help" })
            (await _world.LookAsync(line == "monitor" ? "monitor --json" : line, width)).ExitCode.ShouldBeLessThan(2, line);
    }

    [Theory]
    [InlineData("failed", 40, "mail.of.the.month,the-queue-of-mails,it went wrong")]
    [InlineData("jobs", 40, "mail.of.the.month,the-queue-of-mails,failed")]
    [InlineData("info", 40, "the-queue-of-mails,Waiting,Failed,Done")]
    public async Task A_narrow_terminal_hides_nothing(string line, int width, string expected)
    {
        var id = await _world.AddFailedAsync(job => job with { Name = "mail.of.the.month", Queue = "the-queue-of-mails" });

        var shown = (await _world.LookAsync(line, width)).Ends(0);

        var text = Visible(shown.Out);
        foreach (var word in expected.Split(','))
            text.ShouldContain(word);
        if (line != "info")
            text.ShouldMatch($@"ID +{id}\b");
        text.Split('\n').ShouldAllBe(one => one.TrimEnd().Length <= width);

        static string Visible(string text) => System.Text.RegularExpressions.Regex.Replace(text, @"\u001b\[[0-9;]*m", "", System.Text.RegularExpressions.RegexOptions.NonBacktracking);
    }

    [Fact]
    public async Task NO_COLOR_and_the_C_locale_are_obeyed()
    {
        using var worker = await _world.WorkerAsync();
        var run = await worker.ClaimOneAsync(await _world.AddAsync());
        await worker.WriteAsync(run, update => update with { Progress = new ProgressRecord { Fraction = 0.5 } });
        _world.Terminal = _world.Terminal.With("NO_COLOR", "1").With("LANG", "C");

        var shown = (await _world.LookAsync("jobs")).Ends(0);

        shown.Out.ShouldNotContain("\u001b[3");
        shown.Out.ShouldContain("#####-----");
        shown.Out.ShouldAllBe(static c => c < 128);
    }

    [Fact]
    public async Task A_dumb_terminal_gets_no_escape_sequences()
    {
        await _world.AddAsync();
        _world.Terminal = _world.Terminal.With("TERM", "dumb");

        (await _world.LookAsync("jobs")).Ends(0).Out.ShouldNotContain('\u001b');
    }
}
