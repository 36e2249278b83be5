using Longhaul.Cli.Hosting;
using Longhaul.Cli.Tests.Support;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Cli.Tests;

/// <summary>B68, B69: wrong use ends with 2, says what may have been meant on stderr, and leaves stdout empty.</summary>
public sealed class WrongUseTests
{
    private static Task<CliRun> RunAsync(params string[] args)
        => new Terminal().RunAsync(new NoStore(), args, TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("jbos", "did you mean 'jobs'?")]
    [InlineData("queue:wrok", "did you mean 'queue:work'?")]
    [InlineData("frobnicate", "unknown verb 'frobnicate'")]
    [InlineData("jobs --limt 3", "did you mean '--limit'?")]
    [InlineData("jobs --bogus", "unknown option '--bogus'")]
    [InlineData("jobs --limit abc", "--limit: expected a whole number from 1 to 1000000, but was 'abc'")]
    [InlineData("jobs --limit 0", "--limit")]
    [InlineData("jobs --limit -1", "--limit")]
    [InlineData("jobs --limit 99999999999999999999", "--limit")]
    [InlineData("jobs --state runing", "--state: expected one of waiting, pending")]
    [InlineData("jobs --queue a{b}", "--queue: expected 1 to 128 characters")]
    [InlineData("jobs --since yesterday", "--since")]
    [InlineData("jobs extra", "unknown argument 'extra'")]
    [InlineData("show", "ID")]
    [InlineData("show abc", "ID: expected a whole number")]
    [InlineData("show 0", "ID: expected a whole number")]
    [InlineData("show 9007199254740992", "ID: expected a whole number")]
    [InlineData("cancel 1 2 x", "but was 'x'")]
    [InlineData("retry", "which jobs?")]
    [InlineData("retry 1 all", "do not go together")]
    [InlineData("retry x", "expected all or a whole number")]
    [InlineData("retry 1 --items --from-start", "do not go together")]
    [InlineData("pause", "pause what?")]
    [InlineData("pause 1 --queue q", "do not go together")]
    [InlineData("push", "NAME")]
    [InlineData("push n --delay 5x", "--delay: expected seconds such as 90")]
    [InlineData("push n --delay 5 --run-at 2027-01-31T08:00:00Z", "do not go together")]
    [InlineData("push n --run-at 2027-01-31T08:00:00", "--run-at: expected a moment with its offset")]
    [InlineData("push n --priority 256", "from 0 to 255")]
    [InlineData("push n --unique-for 5m", "need --unique KEY")]
    [InlineData("push n --max-attempts 0", "from 1 to 1000")]
    [InlineData("work --concurrency 0", "--concurrency")]
    [InlineData("work --timeout 0", "--timeout: expected more than zero")]
    [InlineData("work --processes x", "--processes")]
    [InlineData("recover --older-than 0", "--older-than")]
    [InlineData("", "no verb was given")]
    public async Task Wrong_use_says_what_was_meant(string line, string expected)
    {
        var run = await RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        run.Ends(2);
        run.Out.ShouldBeEmpty();
        run.Error.ShouldContain(expected);
        run.Error.TrimEnd().ShouldNotContain('\n');
        run.Error.ShouldStartWith("longhaul: ");
    }

    [Theory]
    [InlineData("jobs --limit abc --json")]
    [InlineData("--json jbos")]
    public async Task With_json_wrong_use_is_json_too(string line)
    {
        var run = (await RunAsync(line.Split(' '))).Ends(2);

        var error = run.Json.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("wrong_use");
        error.GetProperty("exitCode").GetInt32().ShouldBe(2);
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_word_with_an_at_sign_is_no_response_file()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "--json", TestContext.Current.CancellationToken);

        var run = await RunAsync("jobs", "@" + file);

        run.Ends(2);
        run.Error.ShouldContain("unknown argument '@");
        File.Delete(file);
    }

    [Fact]
    public async Task What_was_typed_is_shown_escaped()
    {
        var run = await RunAsync("jo\u001b[2Jbs");

        run.Ends(2);
        run.Error.ShouldNotContain('\u001b');
        run.Error.ShouldContain(@"\x1b[2J");
    }

    /// <summary>Wrong use must be found before a store is looked for.</summary>
    private sealed class NoStore : IApplication
    {
        public bool IsAlone => true;

        public IServiceProvider Services(string? storeUrl, bool create) => throw new InvalidOperationException("a store was asked for");

        public void AddTo(IHostApplicationBuilder builder, string? storeUrl) => throw new InvalidOperationException("a store was asked for");
    }
}
