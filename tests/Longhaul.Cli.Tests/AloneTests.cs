using System.Runtime.Versioning;
using Longhaul.Cli.Hosting;
using Longhaul.Cli.Tests.Support;

namespace Longhaul.Cli.Tests;

/// <summary>The command line by itself, on a SQLite file: each line is an invocation of its own.</summary>
public sealed class AloneTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-cli-");

    private string File => Path.Combine(_folder.FullName, "app.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Invocations_share_the_file()
    {
        var id = (await RunAsync("push mail.welcome --queue emails")).Ends(0).Out.Trim();

        (await RunAsync("jobs")).Ends(0).Out.ShouldStartWith($"{id}\tmail.welcome\temails\tpending\t");
        (await RunAsync($"cancel {id}")).Ends(0);
        (await RunAsync($"show {id} --json")).Ends(0).Json.GetProperty("state").GetString().ShouldBe("cancelled");
        (await RunAsync($"queue:retry {id}")).Ends(0);
        (await RunAsync("queue/info")).Ends(0).Out.ShouldContain("queue\temails\t1\t");
        (await RunAsync("queue:clear emails --yes")).Ends(0).Out.ShouldContain("1 pending job");
        (await RunAsync("doctor")).Ends(0);
    }

    [Theory]
    [InlineData("jobs")]
    [InlineData("info")]
    [InlineData("show 1")]
    [InlineData("clear --yes")]
    [InlineData("monitor")]
    public async Task Looking_makes_no_store(string line)
    {
        (await RunAsync(line)).Ends(3).Error.ShouldContain("there is no store");

        _folder.GetFiles().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("migrate")]
    [InlineData("queue:table")]
    [InlineData("queue:failed-table")]
    public async Task Migrate_makes_the_store(string verb)
    {
        (await RunAsync(verb)).Ends(0).Out.ShouldContain("is up to date");
        (await RunAsync(verb)).Ends(0);
        (await RunAsync("jobs")).Ends(0);
    }

    [Fact]
    public async Task The_schema_is_printed_without_a_store()
    {
        (await RunAsync("migrate --print")).Ends(0).Out.ShouldContain("CREATE TABLE");
        _folder.GetFiles().ShouldBeEmpty();
        (await RunAsync("migrate --print --store memory:")).Ends(0).Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_is_no_store_is_refused()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 5_000), TestContext.Current.CancellationToken);

        var run = (await RunAsync("jobs")).Ends(3);
        run.Error.TrimEnd().ShouldNotContain('\n');
        run.Error.ShouldContain("app.db");
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_refused()
        => (await RunAsync("push n --store sqlite:/no/such/folder/app.db")).Ends(3).Error.ShouldContain("/no/such/folder");

    [Fact]
    public async Task The_store_comes_from_the_option_then_the_variable_then_the_settings()
    {
        var terminal = new Terminal();
        (await RunPlainAsync(terminal, "jobs")).Ends(2).Error.ShouldContain("no store is named");

        await System.IO.File.WriteAllTextAsync(Path.Combine(_folder.FullName, "appsettings.json"), """{"Longhaul":{"Store":"sqlite:/no/settings.db"}}""", TestContext.Current.CancellationToken);
        (await RunPlainAsync(terminal, "jobs")).Ends(3).Error.ShouldContain("/no/settings.db");
        terminal = terminal.With("LONGHAUL_STORE", "sqlite:/no/variable.db");
        (await RunPlainAsync(terminal, "jobs")).Ends(3).Error.ShouldContain("/no/variable.db");
        (await RunPlainAsync(terminal, "jobs --store memory:")).Ends(0);
    }

    [Theory]
    [InlineData("QUEUE_CONNECTION", "array", 0, "")]
    [InlineData("QUEUE_DRIVER", "array", 0, "")]
    [InlineData("QUEUE_CONNECTION", "sqs", 2, "sqs cannot")]
    [InlineData("QUEUE_CONNECTION", "database", 2, "DATABASE_URL")]
    [InlineData("QUEUE_DRIVER", "redis", 2, "redis")]
    public async Task The_variables_of_the_seeds_name_a_store_too(string variable, string value, int exitCode, string expected)
    {
        var run = (await RunPlainAsync(new Terminal().With(variable, value).With("REDIS_PASSWORD", "s3cret"), "jobs")).Ends(exitCode);

        run.Error.ShouldContain(expected);
        run.Error.ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData("jobs --store sqlite:", "must name a file")]
    [InlineData("push n --store sqlite:", "must name a file")]
    [InlineData("push n --store sqlite:never-made.db?bogus=1", "but one is bogus")]
    [InlineData("jobs --store nonsense", "--store: The address of a store must begin with its kind")]
    public async Task An_address_that_names_no_store_is_wrong_use(string line, string expected)
    {
        var run = (await RunPlainAsync(new Terminal(), line)).Ends(2);

        run.Error.ShouldContain(expected);
        run.Error.ShouldNotContain("LONGHAUL_STORE");
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public async Task The_options_of_the_address_are_obeyed()
    {
        (await RunAsync("migrate")).Ends(0);
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        (await RunAsync("jobs")).Ends(3).Error.ShouldContain("must be closed to other users");
        (await RunAsync($"jobs --store sqlite:{File}?allowOthersToRead=true")).Ends(0);
    }

    /// <summary>B79.</summary>
    [Theory]
    [InlineData("""{"Longhaul":{"Worker":{"Leese":30}}}""", "Lease")]
    [InlineData("""{"Longhaul":{"DefaultQueu":"x"}}""", "DefaultQueue")]
    public async Task Settings_that_do_not_hold_are_refused_by_name(string settings, string expected)
    {
        await System.IO.File.WriteAllTextAsync(Path.Combine(_folder.FullName, "appsettings.json"), settings, TestContext.Current.CancellationToken);

        var run = (await RunAsync("jobs --store memory:")).Ends(2);
        run.Error.ShouldContain(expected);
    }

    [Theory]
    [InlineData("work")]
    [InlineData("queue:work --queue emails")]
    [InlineData("queue/listen")]
    [InlineData("queue-worker emails")]
    [InlineData("worker")]
    [InlineData("horizon")]
    [InlineData("worker:multi")]
    [InlineData("run")]
    [InlineData("queue/run")]
    public async Task Alone_there_is_nothing_to_work_with(string line)
    {
        var run = (await RunAsync(line)).Ends(2);

        run.Out.ShouldBeEmpty();
        run.Error.ShouldContain("no handlers");
        run.Error.ShouldContain("RunLonghaulAsync");
    }

    private Task<CliRun> RunAsync(string line)
        => RunPlainAsync(new Terminal().With("LONGHAUL_STORE", "sqlite:" + File), line);

    private Task<CliRun> RunPlainAsync(Terminal terminal, string line)
    {
        // As the process gives it: the application reads folder and variables through the same console.
        var console = terminal.Open(new StringWriter(), new StringWriter());
        return terminal.RunAsync(new AloneApplication(console, _folder.FullName), Words.Of(line), TestContext.Current.CancellationToken);
    }
}
