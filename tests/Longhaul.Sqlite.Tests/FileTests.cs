using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Sqlite.Tests;

/// <summary>What can happen to a file: taken away, put back, cut off, filled with something else.</summary>
public sealed class FileTests : IAsyncDisposable
{
    private readonly StoreFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task A_file_that_was_deleted_is_missed_and_one_that_is_put_back_is_used()
    {
        var store = await _folder.OpenAsync();
        var id = (await store.AddAsync())[0];
        var copy = _folder.In("copy.db");
        _folder.Run($"VACUUM INTO '{copy}'");
        StoreFolder.CloseToOthers(copy);
        foreach (var file in new[] { _folder.Path, _folder.Path + "-wal", _folder.Path + "-shm" })
            File.Delete(file);

        await Should.ThrowAsync<StoreUnavailableException>(() => store.AddAsync());
        await Should.ThrowAsync<StoreUnavailableException>(() => store.GetJobAsync(id, Cancel));
        File.Exists(_folder.Path).ShouldBeFalse("an empty store in place of a lost one would hide the loss");
        File.Move(copy, _folder.Path);

        (await store.GetJobAsync(id, Cancel)).ShouldNotBeNull();
        await store.AddAsync();
        await store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_file_that_was_replaced_is_noticed()
    {
        var store = await _folder.OpenAsync();
        using var worker = await TestWorker.OpenAsync(store);
        worker.Beat();
        var other = new SqliteStore(new() { Path = _folder.In("other.db") });
        await other.OpenAsync(migrate: true, Cancel);
        await other.DisposeAsync();
        File.Move(_folder.In("other.db"), _folder.Path, overwrite: true);
        File.Delete(_folder.Path + "-wal");
        File.Delete(_folder.Path + "-shm");

        Should.Throw<StoreUnavailableException>(() => worker.Beat(renew: false)).Message.ShouldContain("deleted or replaced");
        worker.Beat().Lease.ShouldBe(LeaseReply.Lost, "the other file knows nothing of this session");
        await store.AddAsync();
        _folder.Ask("SELECT count(*) FROM lh_job").ShouldBe(1);
    }

    [Theory]
    [InlineData(5_000)] // something after the last commit
    [InlineData(-100)] // the last commit is cut
    [InlineData(-3_000)]
    public async Task A_torn_log_loses_its_end_and_nothing_else(int change)
    {
        var store = await _folder.OpenAsync();
        var ids = new List<JobId>();
        for (var i = 0; i < 20; i++)
            ids.AddRange(await store.AddAsync());
        var torn = _folder.In("torn.db");
        File.Copy(_folder.Path, torn);
        File.Copy(_folder.Path + "-wal", torn + "-wal");
        await using (var log = new FileStream(torn + "-wal", FileMode.Open))
        {
            if (change < 0)
                log.SetLength(log.Length + change);
            log.Seek(0, SeekOrigin.End);
            new Random(change).NextBytes(Garbage);
            await log.WriteAsync(Garbage.AsMemory(0, Math.Max(0, change)), Cancel);
        }

        var found = await _folder.OpenAsync(options => options.Path = torn);

        await found.ShouldBeSoundAsync();
        var kept = 0;
        while (kept < ids.Count && await found.GetJobAsync(ids[kept], Cancel) is not null)
            kept++;
        kept.ShouldBeGreaterThanOrEqualTo(change < 0 ? ids.Count - 1 : ids.Count);
        (await found.AddAsync(5)).ShouldNotContain(id => ids.Take(kept).Contains(id));
    }

    [Fact]
    public async Task A_file_that_is_overwritten_while_open_is_told_to_be_damaged()
    {
        var store = await _folder.OpenAsync();
        await store.AddAsync(50);
        await _folder.CloseAsync(store);
        await using (var file = new FileStream(_folder.Path, FileMode.Open))
        {
            file.Seek(4_096, SeekOrigin.Begin);
            await file.WriteAsync(Garbage.AsMemory(0, (int)file.Length - 4_096), Cancel);
        }

        var refused = await Should.ThrowAsync<StoreException>(async () => await (await _folder.OpenAsync()).AddAsync());

        refused.Message.ShouldContain("damaged");
    }

    private static byte[] Garbage { get; } = new byte[1 << 20];
}
