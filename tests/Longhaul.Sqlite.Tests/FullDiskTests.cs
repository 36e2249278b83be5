using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Sqlite.Tests;

/// <summary>No room: new jobs are refused, running ones end, and all goes on by itself once there is room.</summary>
public sealed class FullDiskTests : IAsyncDisposable
{
    private static readonly string Big = new('x', 20_000);

    private readonly StoreFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task When_the_disk_is_full_running_jobs_end_and_new_ones_wait_for_room()
    {
        using var disk = SmallDisk.Mount(_folder.In("disk"), megabytes: 6);
        var store = await _folder.OpenAsync(options => options.Path = disk.In("jobs.db"));
        await store.AddAsync(100);
        using var worker = await TestWorker.OpenAsync(store);
        var runs = await worker.ClaimAsync(100);
        disk.Fill();
        var taken = await FillAsync(store);

        (await store.SettleAsync([.. runs.Select(static run => Make.Settlement(run, Outcome.Completed))], Cancel)).ShouldAllBe(static answer => answer.Status == SettleStatus.Settled);
        (await Should.ThrowAsync<StoreException>(() => store.AddAsync())).Message.ShouldContain("is full");
        foreach (var id in taken)
            (await store.GetJobAsync(id, Cancel)).ShouldNotBeNull();

        disk.Free();
        await TakenAgainAsync(store);
        await store.ShouldBeSoundAsync();
        File.Exists(disk.In("jobs.db-reserve")).ShouldBeTrue("it is set aside anew");
    }

    [Fact]
    public async Task A_disk_that_is_full_at_the_start_is_told()
    {
        using var disk = SmallDisk.Mount(_folder.In("disk"), megabytes: 4);
        disk.Fill();

        (await Should.ThrowAsync<StoreException>(() => _folder.OpenAsync(options => options.Path = disk.In("jobs.db")))).Message.ShouldContain("is full");

        disk.Free();
        await (await _folder.OpenAsync(options => options.Path = disk.In("jobs.db"))).AddAsync();
    }

    [Fact]
    public async Task A_disk_that_becomes_read_only_is_told()
    {
        using var disk = SmallDisk.Mount(_folder.In("disk"), megabytes: 6);
        await (await _folder.OpenAsync(options => options.Path = disk.In("jobs.db"))).AddAsync();
        await _folder.CloseAllAsync();
        disk.MakeReadOnly();

        (await Should.ThrowAsync<StoreException>(() => _folder.OpenAsync(options => options.Path = disk.In("jobs.db")))).Message.ShouldContain("read-only");
        (await Should.ThrowAsync<StoreException>(() => _folder.OpenAsync(options => options.Path = disk.In("new.db")))).Message.ShouldContain("new.db");
    }

    [Fact]
    public async Task On_a_full_disk_new_jobs_are_refused_and_reading_goes_on()
    {
        var store = await _folder.OpenAsync(static options => options.MaxPages = 80);
        var taken = new List<JobId>();
        StoreException? full = null;
        for (var i = 0; i < 50 && full is null; i++)
        {
            try
            {
                taken.AddRange(await store.AddAsync(1, (job, _) => job with { Payload = Make.Json($"\"{Big}\"") }));
            }
            catch (StoreException refused)
            {
                full = refused;
            }
        }

        full.ShouldNotBeNull().Message.ShouldContain("is full");
        taken.ShouldNotBeEmpty();
        foreach (var id in taken)
            (await store.GetJobAsync(id, Cancel)).ShouldNotBeNull();
        (await store.ActAsync(JobAction.Delete, taken, default, Cancel)).ShouldAllBe(static answer => answer.Status == ActionStatus.Done);
        await store.AddAsync();
        await store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_full_disk_leaves_the_other_calls_of_a_group_alone()
    {
        var store = await _folder.OpenAsync(static options => options.MaxPages = 80);
        var huge = new string('x', 500_000);

        var calls = Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                await store.AddAsync(1, (job, _) => i % 2 == 0 ? job with { Payload = Make.Json($"\"{huge}\"") } : job);
                return true;
            }
            catch (StoreException)
            {
                return false;
            }
        });

        (await Task.WhenAll(calls)).Count(static written => written).ShouldBe(10);
    }

    /// <summary>Adds jobs until one is refused.</summary>
    private static async Task<List<JobId>> FillAsync(SqliteStore store)
    {
        var taken = new List<JobId>();
        while (taken.Count < 1_000)
        {
            try
            {
                taken.AddRange(await store.AddAsync(1, static (job, _) => job with { Payload = Make.Json($"\"{Big}\"") }));
            }
            catch (StoreException refused)
            {
                refused.Message.ShouldContain("is full");
                return taken;
            }
        }

        throw new InvalidOperationException("The disk should have been full by now.");
    }

    /// <summary>Looked for once a second, so that a full disk is not asked with every call.</summary>
    private static async Task TakenAgainAsync(SqliteStore store)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        while (true)
        {
            try
            {
                await store.AddAsync();
                return;
            }
            catch (StoreException refused) when (refused.Message.Contains("is full", StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
            }
        }
    }
}
