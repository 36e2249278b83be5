using System.Runtime.Versioning;
using Longhaul.Processes;

namespace Longhaul.Tests.Processes;

public sealed class ProcessCatalogTests
{
    private readonly ProcessEntry _entry = new()
    {
        Executable = "/bin/echo",
        Arguments = { "run", "--file={file}", "{name}", "--from", "{cursor}" },
        Parameters = { ["file"] = "(?s).*", ["name"] = "[^/]*" },
    };

    [Fact]
    public void Values_become_arguments_as_they_are()
    {
        const string Odd = "a b'\"; rm -rf / $(id) `id` \n\\ * --x";

        var command = Catalog(("job", _entry)).Resolve(Job("job", ("file", Odd), ("name", "n; $(id)")), null);

        command.Arguments.ShouldBe(["run", $"--file={Odd}", "n; $(id)", "--from"]);
    }

    [Fact]
    public void An_argument_without_a_value_is_left_out()
        => Catalog(("job", _entry)).Resolve(Job("job"), "k7").Arguments.ShouldBe(["run", "--from", "k7"]);

    [Theory]
    [InlineData("name", "--help", "-")]
    [InlineData("name", "-", "-")]
    [InlineData("name", "a/b", "must match")]
    [InlineData("file", "a\0b", "must match")]
    [InlineData("other", "a", "file, name")]
    public void Values_that_are_not_allowed_are_refused(string name, string value, string says)
        => Should.Throw<FailNowException>(() => Catalog(("job", _entry)).Resolve(Job("job", (name, value)), null)).Message.ShouldContain(says);

    [Theory]
    [InlineData("jab", "\"job\"")]
    [InlineData("/bin/sh", "Longhaul:Processes")]
    [InlineData("", "allow-list")]
    [InlineData("job/more", "allow-list")]
    public void A_command_that_is_not_on_the_list_is_refused(string command, string says)
        => Should.Throw<FailNowException>(() => Catalog(("job", _entry)).Resolve(Job(command), null)).Message.ShouldContain(says);

    [Theory]
    [InlineData("replace/scan", "scan")]
    [InlineData("replace/deep/replace-json", "deep/replace-json")]
    public void An_entry_may_stand_for_all_below_it(string command, string rest)
        => Catalog(("replace/*", Below())).Resolve(Job(command), null).Arguments.ShouldBe([command, rest]);

    [Theory]
    [InlineData("replace")]
    [InlineData("replace/")]
    [InlineData("replace/*")]
    [InlineData("replace/../x")]
    [InlineData("replace/-x")]
    [InlineData("replace/a b")]
    [InlineData("replace/a//b")]
    [InlineData("replace/a\nb")]
    [InlineData("other/scan")]
    public void What_leads_elsewhere_is_not_below(string command)
        => Should.Throw<FailNowException>(() => Catalog(("replace/*", Below())).Resolve(Job(command), null));

    [Fact]
    public void The_nearest_entry_is_taken()
    {
        var catalog = Catalog(("a/*", Below()), ("a/b/*", new() { Executable = "/bin/echo", Arguments = { "near" } }), ("a/b/c", new() { Executable = "/bin/echo", Arguments = { "exact" } }));

        catalog.Resolve(Job("a/b/c"), null).Arguments.ShouldBe(["exact"]);
        catalog.Resolve(Job("a/b/d"), null).Arguments.ShouldBe(["near"]);
        catalog.Resolve(Job("a/x"), null).Arguments.ShouldBe(["a/x", "x"]);
    }

    [Fact]
    public void An_entry_that_does_not_hold_is_told_at_the_start()
    {
        Problem(new() { Executable = "echo" }).ShouldContain("absolute path");
        Problem(new() { Executable = "/bin/none" }).ShouldContain("there is none");
        Problem(new() { Executable = "/etc/passwd" }).ShouldContain("chmod +x");
        Problem(new() { Executable = "/bin/echo", Arguments = { "{name" } }).ShouldContain("close each brace");
        Problem(new() { Executable = "/bin/echo", Arguments = { "{name}" } }).ShouldContain("Add its pattern");
        Problem(new() { Executable = "/bin/echo", Parameters = { ["a"] = "(" } }).ShouldContain("regular expression");
        Problem(new() { Executable = "/bin/echo", WorkingFolder = "/none" }).ShouldContain("WorkingFolder");
        Problem(new() { Executable = "/bin/echo", TimeLimit = TimeSpan.Zero }).ShouldContain("TimeLimit");
        Problem(new() { Executable = "/bin/echo", TimeLimit = TimeSpan.FromDays(50) }).ShouldContain("49 days");
        Problem(new() { Executable = "/bin/echo", TimeLimit = null }).ShouldBe("");
        Problem(new() { Executable = "/bin/echo", Grace = TimeSpan.FromSeconds(-1) }).ShouldContain("Grace");
        Problem(new() { Executable = "/bin/echo", Phases = { ["a"] = double.NaN } }).ShouldContain("share");
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public void A_program_that_everybody_can_change_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("longhaul-");
        try
        {
            var program = Path.Combine(folder.FullName, "tool");
            File.WriteAllText(program, "#!/bin/sh\n");
            File.SetUnixFileMode(program, (UnixFileMode)0b111_101_111);
            Problem(new() { Executable = program }).ShouldContain("chmod o-w");

            File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
            Problem(new() { Executable = program }).ShouldBe("");
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_111_111);
            Problem(new() { Executable = program }).ShouldContain("folder");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static ProcessEntry Below() => new() { Executable = "/bin/echo", Arguments = { "{command}", "{*}" } };

    private static string Problem(ProcessEntry entry)
    {
        var problems = new List<string>();
        _ = new ProcessCatalog([new("job", entry)], problems);
        return string.Join('\n', problems);
    }

    private static ProcessCatalog Catalog(params (string Name, ProcessEntry Entry)[] entries)
    {
        var problems = new List<string>();
        var catalog = new ProcessCatalog(entries.Select(static one => KeyValuePair.Create(one.Name, one.Entry)), problems);
        problems.ShouldBeEmpty();
        return catalog;
    }

    private static RunProcess Job(string command, params (string Name, string Value)[] arguments)
        => new(command, arguments.ToDictionary(static one => one.Name, static one => one.Value));
}
