using Longhaul.Conformance;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;

namespace Longhaul.Sqlite.Tests;

/// <summary>The same file in the hands of other programs: their locks, their open transactions, and transactions of the caller.</summary>
public sealed class LockTests : IAsyncDisposable
{
    private readonly StoreFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task A_write_waits_for_another_programs_lock()
    {
        var store = await _folder.OpenAsync();
        await using var other = _folder.Connect();
        await using var locked = await other.BeginTransactionAsync(Cancel);

        var write = Task.Run(() => store.AddAsync(), Cancel);
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
        write.IsCompleted.ShouldBeFalse();
        await locked.RollbackAsync(Cancel);

        await Await.WithinAsync(write, "the write after the lock was freed");
    }

    [Fact]
    public async Task After_its_time_a_write_says_who_may_hold_the_lock_and_reading_goes_on()
    {
        var store = await _folder.OpenAsync(static options => options.BusyTimeout = TimeSpan.FromMilliseconds(200));
        var id = (await store.AddAsync())[0];
        await using var other = _folder.Connect();
        await using var locked = await other.BeginTransactionAsync(Cancel);

        var busy = await Should.ThrowAsync<StoreBusyException>(() => store.AddAsync());

        busy.IsTransient.ShouldBeTrue();
        busy.Message.ShouldContain("fuser");
        (await store.GetJobAsync(id, Cancel)).ShouldNotBeNull();
        await locked.RollbackAsync(Cancel);
        await store.AddAsync();
    }

    [Fact]
    public async Task A_heart_waits_for_the_lock_too_and_then_says_so()
    {
        var store = await _folder.OpenAsync(static options => options.BusyTimeout = TimeSpan.FromMilliseconds(200));
        using var worker = await TestWorker.OpenAsync(store);
        await using var other = _folder.Connect();
        await using var locked = await other.BeginTransactionAsync(Cancel);

        Should.Throw<StoreBusyException>(() => worker.Beat());
        worker.Beat(renew: false).Lease.ShouldBe(LeaseReply.Held, "a tick that writes nothing needs no lock");
        await locked.RollbackAsync(Cancel);
        worker.Beat().Lease.ShouldBe(LeaseReply.Held);
    }

    [Fact]
    public async Task A_deferred_transaction_that_read_too_early_is_told_why()
    {
        var store = await _folder.OpenAsync(static options => options.BusyTimeout = TimeSpan.FromMilliseconds(200));
        await using var connection = _folder.Connect();
        using var deferred = connection.BeginTransaction(deferred: true);
        await using var read = new SqliteCommand("SELECT count(*) FROM lh_job", connection, deferred);
        await read.ExecuteScalarAsync(Cancel);
        await store.AddAsync();

        var refused = await Should.ThrowAsync<StoreException>(async () => await store.TakeIdsAsync(1, deferred, Cancel));

        refused.Message.ShouldContain("not deferred");
    }

    [Fact]
    public async Task A_transaction_on_another_file_is_refused()
    {
        var store = await _folder.OpenAsync();
        await using var connection = _folder.Connect(_folder.In("other.db"));
        await using var transaction = await connection.BeginTransactionAsync(Cancel);

        (await Should.ThrowAsync<StoreException>(async () => await store.TakeIdsAsync(1, transaction, Cancel))).Message.ShouldContain("other.db");
    }

    [Fact]
    public async Task A_transaction_that_has_ended_is_refused()
    {
        var store = await _folder.OpenAsync();
        await using var connection = _folder.Connect();
        await using var transaction = await connection.BeginTransactionAsync(Cancel);
        await transaction.CommitAsync(Cancel);

        (await Should.ThrowAsync<StoreException>(async () => await store.TakeIdsAsync(1, transaction, Cancel))).Message.ShouldContain("committed");
    }

    [Fact]
    public async Task A_file_that_another_program_has_for_itself_cannot_be_opened_or_read()
    {
        var store = await _folder.OpenAsync(static options => options.BusyTimeout = TimeSpan.FromMilliseconds(100));
        await _folder.CloseAsync(store);
        await using var other = _folder.Connect();
        await using var exclusive = other.CreateCommand();
        exclusive.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT";
        await exclusive.ExecuteNonQueryAsync(Cancel);

        (await Should.ThrowAsync<StoreBusyException>(() => _folder.OpenAsync(static options => options.BusyTimeout = TimeSpan.FromMilliseconds(100)))).Message.ShouldContain("fuser");
    }

    [Fact]
    public async Task A_file_that_is_busy_when_its_writer_opens_is_waited_for()
    {
        var store = await _folder.OpenAsync();
        var other = _folder.Connect();
        await using var exclusive = other.CreateCommand();
        exclusive.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT";
        await exclusive.ExecuteNonQueryAsync(Cancel);

        var adding = Task.Run(() => store.AddAsync(), Cancel);
        (await Task.WhenAny(adding, Task.Delay(200, Cancel))).ShouldNotBe(adding);
        await other.DisposeAsync();

        await adding;
        await store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_file_that_is_written_while_it_is_opened_anew_is_waited_for()
    {
        await _folder.CloseAsync(await _folder.OpenAsync());
        await using var other = _folder.Connect();
        await using var write = other.CreateCommand();
        write.CommandText = "PRAGMA journal_mode = DELETE; BEGIN IMMEDIATE";
        await write.ExecuteNonQueryAsync(Cancel);

        var opening = Task.Run(() => _folder.OpenAsync(), Cancel);
        (await Task.WhenAny(opening, Task.Delay(200, Cancel))).ShouldNotBe(opening);
        write.CommandText = "COMMIT";
        await write.ExecuteNonQueryAsync(Cancel);

        await (await opening).ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_reader_that_stays_open_stops_nobody_and_sees_its_own_moment()
    {
        var store = await _folder.OpenAsync();
        await store.AddAsync();
        await using var other = _folder.Connect();
        await using var reading = other.BeginTransaction(deferred: true);
        await using var count = new SqliteCommand("SELECT count(*) FROM lh_job", other, reading);
        (await count.ExecuteScalarAsync(Cancel)).ShouldBe(1L);

        for (var i = 0; i < 20; i++)
            await store.AddAsync(100);

        (await count.ExecuteScalarAsync(Cancel)).ShouldBe(1L);
        await reading.CommitAsync(Cancel);
        count.Transaction = null;
        (await count.ExecuteScalarAsync(Cancel)).ShouldBe(2_001L);
        await store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_transaction_in_memory_is_refused()
    {
        var store = await _folder.OpenAsync();
        await using var connection = _folder.Connect(":memory:");
        await using var transaction = await connection.BeginTransactionAsync(Cancel);

        (await Should.ThrowAsync<StoreException>(async () => await store.TakeIdsAsync(1, transaction, Cancel))).Message.ShouldContain("in memory");
    }
}
