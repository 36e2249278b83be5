using Longhaul.Testing;
using Microsoft.Extensions.Options;
using StorageMigration.Migration;
using StorageMigration.Objects;

namespace StorageMigration.Tests.Objects;

[Trait("Part", "samples")]
public sealed class StoreListingTests : IDisposable
{
    private const int Objects = 7;

    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string List => _folder.Of("list.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_after_the_finished_list_was_moved_it_goes_on_with_that_list()
    {
        await FillAsync();
        (await RunAsync()).Outcome.ShouldBe(JobTestOutcome.Completed);
        var whole = await File.ReadAllTextAsync(List, Cancel);
        var stopped = await RunAsync(new JobTestOptions { StopAfterItems = 2 });
        stopped.Outcome.ShouldBe(JobTestOutcome.HandedBack);
        File.Delete(List + ".part"); // as if it had ended and moved the list, and the kill had come before that was saved

        var run = await RunAsync(new JobTestOptions { RunNumber = 2 }, stopped);

        run.Outcome.ShouldBe(JobTestOutcome.Completed, run.Error?.Message);
        (await File.ReadAllTextAsync(List, Cancel)).ShouldBe(whole);
    }

    [Fact]
    public async Task A_list_that_was_lost_is_an_error_and_no_list_of_nothing()
    {
        await FillAsync();
        var stopped = await RunAsync(new JobTestOptions { StopAfterItems = 2 });
        File.Delete(List + ".part");

        var run = await RunAsync(new JobTestOptions { RunNumber = 2 }, stopped);

        run.Error.ShouldBeOfType<InvalidDataException>();
        File.Exists(List).ShouldBeFalse();
    }

    private async Task FillAsync()
    {
        await using var store = new FolderStore(_folder.Of("store"));
        for (var i = 0; i < Objects; i++)
            await store.PutAsync($"{i}", [1, 2, 3], ObjectFacts.None);
    }

    private Task<JobTestRun> RunAsync(JobTestOptions? options = null, JobTestRun? from = null) => JobTest.RunAsync<MigrateImages>(
        async (_, context, _) =>
        {
            var states = new MigrationStates(Options.Create(new MigrationOptions { Root = _folder.Path }), TimeProvider.System);
            await using var state = StateKeeper.Start(states, new MigrationState("queue-1-a", "1", "list", ""), TimeProvider.System);
            await using var store = new FolderStore(_folder.Of("store"));
            await context.PhaseAsync("list", 1, phase => new StoreListing(new Patience(TimeProvider.System), state, batchSize: 2).CountAsync(phase, store, List));
        },
        new MigrateImages("queue-1-a"), options, from, Cancel);
}
