using Longhaul.Cli.Hosting;
using Longhaul.Cli.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Cli.Tests;

/// <summary>The command line inside an application: whose store it is, and which arguments are whose.</summary>
public sealed class InsideTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longhaul-cli-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Where_settings_name_the_store_the_option_wins()
    {
        var other = "sqlite:" + Path.Combine(_folder.FullName, "other.db");

        (await RunAsync(BySettings, $"push mail.welcome --store {other}")).Ends(0);

        (await RunAsync(BySettings, $"jobs --store {other}")).Ends(0).Out.ShouldContain("mail.welcome");
        (await RunAsync(BySettings, "jobs")).Ends(0).Out.ShouldBeEmpty();
        (await RunAsync(BySettings, "jobs --store nonsense")).Ends(2).Error.ShouldContain("--store: ");
    }

    [Fact]
    public async Task Where_code_names_it_the_option_is_refused()
        => (await RunAsync(longhaul => longhaul.UseMemory(), "jobs --store memory:")).Ends(2).Error.ShouldContain("names its store itself");

    [Theory]
    [InlineData(true, "work")]
    [InlineData(true, "--json", "info")]
    [InlineData(true, "--store", "sqlite:app.db", "info")]
    [InlineData(true, "--store=sqlite:app.db", "info")]
    [InlineData(false)]
    [InlineData(false, "--urls", "http://127.0.0.1:5000")]
    public void Arguments_that_begin_with_a_verb_or_an_option_of_every_verb_are_for_it(bool expected, params string[] args)
        => CliApp.IsForIt(args).ShouldBe(expected);

    private static void BySettings(LonghaulBuilder longhaul) => longhaul.AddSqlite();

    private async Task<CliRun> RunAsync(Action<LonghaulBuilder> setUp, string line)
    {
        var configuration = new ConfigurationManager { ["LONGHAUL_STORE"] = "sqlite:" + Path.Combine(_folder.FullName, "own.db") };
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLonghaul(setUp);
        await using var provider = services.BuildServiceProvider();
        return await new Terminal().RunAsync(new HostApplication(provider), Words.Of(line), TestContext.Current.CancellationToken);
    }
}
