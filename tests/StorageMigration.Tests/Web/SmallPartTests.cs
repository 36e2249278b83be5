using System.Text;
using Microsoft.Extensions.DependencyInjection;
using StorageMigration.Commands;
using StorageMigration.Logs;
using StorageMigration.Web;

namespace StorageMigration.Tests.Web;

/// <summary>Parts that need no application around them.</summary>
[Trait("Part", "samples")]
public sealed class SmallPartTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_log_file_that_is_full_is_put_aside_and_few_are_kept()
    {
        var file = new LogFile(_folder.File("logs/web.log"), mostBytes: 1_000, kept: 3);

        for (var line = 0; line < 200; line++)
            file.Append($"{line:000} {new string('x', 95)}\n");

        var files = Directory.GetFiles(_folder.File("logs")).Order(StringComparer.Ordinal).Select(Path.GetFileName);
        files.ShouldBe(["web.log", "web.log.1", "web.log.2"]);
        Directory.GetFiles(_folder.File("logs")).ShouldAllBe(static path => new FileInfo(path).Length <= 1_100);
        var kept = string.Concat(((string[])["web.log.2", "web.log.1", "web.log"]).Select(name => File.ReadAllText(_folder.File($"logs/{name}"))));
        kept.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => int.Parse(line[..3], System.Globalization.CultureInfo.InvariantCulture))
            .ShouldBe(Enumerable.Range(170, 30));
    }

    [Fact]
    public async Task A_spool_gives_all_that_was_written_however_the_two_meet()
    {
        using var spool = new Spool();
        var read = new StringBuilder();
        var reading = Task.Run(async () =>
        {
            var buffer = new byte[7];
            for (int count; (count = await spool.ReadAsync(buffer, Cancel)) > 0;)
                read.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }, Cancel);
        var expected = new StringBuilder();
        for (var i = 0; i < 500; i++)
        {
            var text = new string((char)('a' + (i % 26)), i % 23);
            expected.Append(text);
            await spool.WriteAsync(Encoding.ASCII.GetBytes(text), Cancel);
            if (i % 50 == 0)
                await Task.Yield();
        }

        await spool.EndAsync();
        await reading.WaitAsync(TimeSpan.FromMinutes(1), Cancel);

        read.ToString().ShouldBe(expected.ToString());
    }

    [Fact]
    public void The_migration_takes_from_callers_what_it_takes_on_its_command_line()
    {
        using var host = MigrationApp.Build(("Migration:RunsJobs", "false"), ("Migration:Root", _folder.Path));
        var commands = host.Services.GetRequiredService<CommandLine>();

        new CommandBook(commands).TryFind(CommandBook.Migrate, out var allowed).ShouldBeTrue();

        allowed!.Parameters.ShouldBe(commands.Find(CommandBook.Migrate)!.Parameters);
        allowed.Check("skipBackup", "yes");
    }

    [Fact]
    public void A_spool_has_no_name_and_nobody_else_may_read_it()
    {
        const string Prefix = "migration-";
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("it is asked of /proc");
            return;
        }

        using var spool = new Spool();

        var open = Directory.GetFiles("/proc/self/fd").Select(static fd => (Path: fd, Leads: new FileInfo(fd).LinkTarget))
            .Where(static fd => Path.GetFileName(fd.Leads) is { } name && name.StartsWith(Prefix, StringComparison.Ordinal) && name.Skip(Prefix.Length).TakeWhile(char.IsAsciiHexDigit).Count() == 32).ToList();

        open.ShouldNotBeEmpty();
        open.ShouldAllBe(static fd => fd.Leads!.EndsWith(" (deleted)", StringComparison.Ordinal));
        File.GetUnixFileMode(open[0].Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData("""{"phase":"copy","done":3,"total":9}""", "copy", 3L, 9L)]
    [InlineData("""{"phase":"copy","done":3,"total":9}|noise|{"done":4}""", "copy", 4L, 9L)]
    [InlineData("""{"phase":"copy","done":9,"total":9}|{"phase":"verify"}""", "verify", 0L, null)]
    [InlineData("""{"note":"x"}|{broken}|{"done":-1}|{"done":"4"}""", null, null, null)]
    public void What_a_command_said_last_is_read_from_its_lines(string lines, string? phase, long? done, long? total)
        => CommandReport.Last(lines.Split('|')).ShouldBe(new CommandReport(phase, done, total));

    public void Dispose() => _folder.Dispose();
}
