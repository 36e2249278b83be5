using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Longhaul.Cli.Hosting;
using Longhaul.Cli.Tests.Support;

namespace Longhaul.Cli.Tests;

/// <summary><c>serve</c>.</summary>
public sealed partial class ServeTests : IDisposable
{
    private const string Given = "0123456789abcdef0123456789abcdef";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task It_serves_the_store_to_who_has_the_printed_token()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var printed = new LineWriter();
        var terminal = new Terminal { Output = printed };
        var running = terminal.RunAsync(Alone(terminal), ["serve", "--store", $"sqlite:{Path.Combine(_folder.FullName, "jobs.db")}", "--urls", "http://127.0.0.1:0"], stop.Token);
        await Task.WhenAny(running, printed.UntilAsync("token="));
        var match = Address.Match(printed.Text);
        match.Success.ShouldBeTrue(printed.Text + (running.IsCompleted ? (await running).Error : ""));
        using var client = new HttpClient();
        var api = match.Groups["url"].Value + "api/me";

        ((int)(await client.GetAsync(api, Cancel)).StatusCode).ShouldBe(401);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", match.Groups["token"].Value);
        (await client.GetStringAsync(api, Cancel)).ShouldContain("\"admin\"");

        await stop.CancelAsync();
        (await running).Ends(0);
    }

    [Fact]
    public async Task It_listens_where_it_was_told_whatever_the_environment_says()
    {
        const string Variable = "Kestrel__Endpoints__Other__Url";
        Environment.SetEnvironmentVariable(Variable, "http://0.0.0.0:0");
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            await using var printed = new LineWriter();
            var terminal = new Terminal { Output = printed };
            var running = terminal.RunAsync(Alone(terminal), ["serve", "--store", $"sqlite:{Path.Combine(_folder.FullName, "jobs.db")}", "--urls", "http://127.0.0.1:0"], stop.Token);
            await Task.WhenAny(running, printed.UntilAsync("token="));

            Address.Count(printed.Text).ShouldBe(1, printed.Text);
            printed.Text.ShouldNotContain("0.0.0.0:");

            await stop.CancelAsync();
            (await running).Ends(0);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Fact]
    public async Task It_works_on_programs_that_its_settings_allow()
    {
        var store = $"sqlite:{Path.Combine(_folder.FullName, "jobs.db")}";
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "appsettings.json"),
            """{"Longhaul":{"Processes":{"greet":{"Executable":"/bin/echo","Arguments":["hello","{whom}"],"Parameters":{"whom":"[a-z]+"}}}}}""",
            Cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var printed = new LineWriter();
        var terminal = new Terminal { Output = printed };
        var running = terminal.RunAsync(Alone(terminal), ["serve", "--store", store, "--urls", "http://127.0.0.1:0"], stop.Token);
        await Task.WhenAny(running, printed.UntilAsync("token="));
        var id = (await RunAsync(new Terminal(), ["push", "process.run", "--payload", """{"command":"greet","arguments":{"whom":"world"}}""", "--store", store])).Ends(0).Out.Trim();

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!(await RunAsync(new Terminal(), ["show", id, "--json", "--store", store])).Ends(0).Out.Contains("\"completed\"", StringComparison.Ordinal))
            await Task.Delay(20, patience.Token);
        (await RunAsync(new Terminal(), ["logs", id, "--store", store])).Ends(0).Out.ShouldContain("hello world");

        await stop.CancelAsync();
        (await running).Ends(0);
    }

    [Fact]
    public async Task Programs_in_its_settings_must_be_there()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "appsettings.json"), """{"Longhaul":{"Processes":{"greet":{"Executable":"/no/such/program"}}}}""", Cancel);

        var run = await RunAsync(new Terminal(), ["serve", "--store", $"sqlite:{Path.Combine(_folder.FullName, "jobs.db")}", "--urls", "http://127.0.0.1:0"]);

        run.Ends(2).Error.ShouldContain("/no/such/program");
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://127.0.0.1:0;http://[::]:0")]
    [InlineData("http://192.0.2.1:0")]
    public async Task It_listens_to_others_only_with_a_given_token(string urls)
    {
        var run = await RunAsync(new Terminal(), ["serve", "--store", $"sqlite:{Path.Combine(_folder.FullName, "jobs.db")}", "--urls", urls]);

        run.Ends(2).Error.ShouldContain("token");
    }

    [Fact]
    public async Task A_given_token_must_be_a_good_one()
    {
        var file = Path.Combine(_folder.FullName, "token");
        await File.WriteAllTextAsync(file, "secret\n", Cancel);
        string[] line = ["serve", "--store", $"sqlite:{Path.Combine(_folder.FullName, "jobs.db")}", "--urls", "http://127.0.0.1:0"];

        (await RunAsync(new Terminal(), [.. line, "--token-file", file])).Ends(2).Error.ShouldContain("22");
        await File.WriteAllTextAsync(file, "\n", Cancel);
        (await RunAsync(new Terminal(), [.. line, "--token-file", file])).Ends(2).Error.ShouldContain("empty");
        (await RunAsync(new Terminal(), [.. line, "--token-file", file + "x"])).Ends(1);
        (await RunAsync(new Terminal().With("LONGHAUL_TOKEN", "short"), line)).Ends(2).Error.ShouldNotContain(Given);
    }

    [Fact]
    public async Task Without_a_store_or_inside_an_application_it_says_what_to_do()
    {
        (await RunAsync(new Terminal(), ["serve", "--urls", "http://127.0.0.1:0"])).Ends(2).Error.ShouldContain("--store");
        await using var world = new World();
        (await world.RunAsync("serve")).Ends(2).Error.ShouldContain("MapLonghaul");
    }

    private Task<CliRun> RunAsync(Terminal terminal, string[] args) => terminal.RunAsync(Alone(terminal), args, Cancel);

    private AloneApplication Alone(Terminal terminal) => new(terminal.Open(TextWriter.Null, TextWriter.Null), _folder.FullName);

    [GeneratedRegex(@"(?<url>http://127\.0\.0\.1:\d+/longhaul/)\?token=(?<token>[0-9a-f]{32})", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Address { get; }
}
