using Longhaul.Cli.Tests.Support;

namespace Longhaul.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Verbs => [.. AllVerbs.Create().Select(static verb => verb.Name)];

    private static Task<CliRun> RunAsync(params string[] args)
        => new Terminal().RunAsync(null!, args, TestContext.Current.CancellationToken);

    [Theory, MemberData(nameof(Verbs))]
    public async Task The_help_of_a_verb_has_examples_and_its_other_names(string name)
    {
        var verb = AllVerbs.Create().Single(verb => verb.Name == name);

        var run = (await RunAsync(name, "--help")).Ends(0);

        run.Error.ShouldBeEmpty();
        run.Out.ShouldContain(verb.Description!);
        run.Out.ShouldContain("Examples\n  ");
        foreach (var alias in verb.AlsoKnownAs)
            run.Out.ShouldContain(alias);
        foreach (var option in verb.Options)
        {
            run.Out.ShouldContain(option.Name);
            option.Description.ShouldNotBeNullOrEmpty();
        }
    }

    [Theory, MemberData(nameof(Verbs))]
    public void Every_example_can_be_parsed(string name)
    {
        foreach (var example in AllVerbs.Create().Single(verb => verb.Name == name).Examples)
        {
            var start = example.IndexOf(" | longhaul ", StringComparison.Ordinal);
            var own = (start < 0 ? example : example[(start + " | longhaul ".Length)..]).Split(" > ")[0];

            CliApp.ParseErrors(Words.Of(own)).ShouldBeEmpty(example);
        }
    }

    [Fact]
    public async Task The_list_names_every_verb_and_no_alias()
    {
        var run = (await RunAsync("--help")).Ends(0);

        foreach (var verb in AllVerbs.Create())
        {
            run.Out.ShouldContain($"\n  {verb.Name} ");
            foreach (var alias in verb.AlsoKnownAs)
                run.Out.ShouldNotContain($"\n  {alias} ");
        }
    }

    [Fact]
    public async Task Help_can_be_asked_for_as_a_verb()
        => (await RunAsync("help", "retry")).Ends(0).Out.ShouldBe((await RunAsync("retry", "-h")).Out);

    [Theory]
    [InlineData("work", "queue:work", "queue/listen", "queue-worker", "worker", "horizon", "worker:multi")]
    [InlineData("run", "queue/run")]
    [InlineData("restart", "queue:restart")]
    [InlineData("info", "queue/info")]
    [InlineData("failed", "queue:failed")]
    [InlineData("retry", "queue:retry")]
    [InlineData("forget", "queue:forget")]
    [InlineData("flush", "queue:flush")]
    [InlineData("clear", "queue:clear")]
    [InlineData("release", "queue/release")]
    [InlineData("migrate", "queue:table", "queue:failed-table")]
    public void People_find_the_names_they_know(string verb, params string[] names)
        => AllVerbs.Create().Single(v => v.Name == verb).AlsoKnownAs.ShouldBe(names, ignoreOrder: true);
}
