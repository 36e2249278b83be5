using StorageMigration.Migration;
using StorageMigration.Objects;
using StorageMigration.Tests.Campaign;
using StorageMigration.Tests.Urls;

namespace StorageMigration.Tests.Objects;

/// <summary>The command line of the migration, as processes.</summary>
[Trait("Part", "samples")]
public sealed class MigrateCommandTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "StorageMigration.dll");

    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Dictionary<string, string> Settings => new() { ["Root"] = _folder.Of("storage"), ["Source"] = _folder.Of("from"), ["Target"] = _folder.Of("to") };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_follows_the_migration_to_its_end_and_can_be_watched_afterwards()
    {
        await new FolderStore(_folder.Of("from")).FillAsync();
        using var worker = new MigrationProcess(Program, Settings, "work");
        using var migrate = new MigrationProcess(Program, Settings, "s3-spaces-migration/image-migration/migrate", "--dryRun=1", "--skipBackup");

        var (code, lines, error) = await migrate.EndAsync(Patience, Cancel);

        code.ShouldBe(0, error);
        lines[0].ShouldMatch("^queue-[0-9]+-[0-9a-f]{6} is job [0-9]+");
        lines[^1].ShouldContain("\"copied\":15");
        Directory.Exists(_folder.Of("to")).ShouldBeFalse("it was a dry run");

        using var monitor = new MigrationProcess(Program, Settings, "s3-spaces-migration/image-migration/monitor");
        var (ended, shown, _) = await monitor.EndAsync(Patience, Cancel);
        ended.ShouldBe(0);
        shown.ShouldHaveSingleItem().ShouldMatch(@"^queue-\S+ image-migration/migrate completed 100\.0%");
    }

    [Theory]
    [InlineData("--checkpointId=migration-1-a", "There must be a checkpoint")]
    [InlineData("--resume=perhaps", "--resume must be 1 or 0")]
    [InlineData("--resume", "There must be a checkpoint")]
    [InlineData("--force", "not --force")]
    public async Task Wrong_use_is_told(string argument, string words)
    {
        var result = await Verb.RunAsync(MigrationStarter.Command, [argument], [.. Settings.Select(static setting => ($"Migration:{setting.Key}", (string?)setting.Value))]);

        result.Exit.ShouldBe(2);
        result.Errors.ShouldContain(words);
    }

    [Fact]
    public async Task The_program_ends_with_the_exit_code_of_wrong_use()
    {
        using var migrate = new MigrationProcess(Program, Settings, "image-migration/migrate", "--force");

        var (code, _, error) = await migrate.EndAsync(Patience, Cancel);

        code.ShouldBe(2);
        error.ShouldContain("not --force");
    }
}
