using StorageMigration.Tests.Trees.Proof;

namespace StorageMigration.Tests.Trees;

[Trait("Part", "samples"), Trait("Store", "sqlite")]
public sealed class TreeTrialTests : IDisposable
{
    private readonly TreeFolder _folder = new();

    [Fact]
    public async Task Killed_on_the_way_it_copies_each_file_once_and_does_not_list_again_from_the_start()
    {
        const int files = 1_200;
        const int kills = 2;
        using var trial = new TreeTrial(
            new()
            {
                Folder = _folder.Path,
                Program = Path.Combine(AppContext.BaseDirectory, "StorageMigration.dll"),
                Files = files,
                LargeFiles = 1,
                MostBytes = 20_000,
                Kills = kills,
                Parallelism = 2,
                BytesPerSecond = 5_000_000, // slow enough to be killed in the middle,
                FlushInterval = TimeSpan.FromMilliseconds(200), // which is saved
            },
            TimeProvider.System,
            TestContext.Current.CancellationToken);

        var outcome = await trial.RunAsync();

        outcome.Wrong.ShouldBe(0, outcome.FirstWrong);
        outcome.WentOn.ShouldBe(kills);
        outcome.Copied.ShouldBeInRange(files, files + (kills * 2), "those in flight at a kill may count twice");
        outcome.PeakBytes.ShouldBeGreaterThan(0);
        outcome.Listed.ShouldBeLessThan(files + (kills * 100), "only what was not saved yet is listed again");
    }

    [Fact]
    public async Task Copies_by_jobs_and_by_a_plain_loop_are_timed_in_turn()
    {
        const int Pairs = 2;
        var speed = new TreeSpeed(_folder.Path, Path.Combine(AppContext.BaseDirectory, "StorageMigration.dll"), files: 200, TimeProvider.System, TestContext.Current.CancellationToken) { Syncs = false };

        var (pairs, wrong, peak) = await speed.RunAsync(Pairs);

        wrong.ShouldBeNull();
        peak.ShouldBeGreaterThan(0);
        pairs.Count.ShouldBe(Pairs);
        pairs.ShouldAllBe(static pair => pair.Copy > TimeSpan.Zero && pair.Plain > TimeSpan.Zero);
    }

    public void Dispose() => _folder.Dispose();
}
