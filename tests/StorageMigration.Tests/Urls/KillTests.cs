namespace StorageMigration.Tests.Urls;

[Trait("Part", "samples")]
public sealed class KillTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_again_and_again_on_sqlite_no_row_is_changed_twice_and_none_missed()
    {
        using var folder = new TempFolder();

        await RunAsync("sqlite:" + folder.File("site.db"), folder.Path);
    }

    [Fact]
    public async Task Killed_again_and_again_on_postgres_no_row_is_changed_twice_and_none_missed()
    {
        using var folder = new TempFolder();

        await RunAsync(await SiteUnderTest.NewPostgresAsync(), folder.Path);
    }

    private static async Task RunAsync(string database, string folder)
    {
        var scenario = new UrlReplacementScenario
        {
            Database = database,
            Root = Path.Combine(folder, "root"),
            Program = Path.Combine(AppContext.BaseDirectory, "StorageMigration.dll"),
            Rows = 4000,
            Kills = 3,
            Batch = 5,
        };

        var outcome = await scenario.RunAsync(Cancel).WaitAsync(TimeSpan.FromMinutes(3), Cancel);

        outcome.Kills.ShouldBe(3, "it must have been at work when it was killed");
        outcome.RowsChanged.ShouldBeGreaterThan(2000);
    }
}
