using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>How a write tells workers of other processes: at its own commit, and so that whoever begins to wait meanwhile misses nothing.</summary>
[Trait("Store", "postgres")]
public sealed class TellingTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(10);

    private StoreSchema _schema = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _schema = await StoreSchema.OnTestServerAsync();

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Fact]
    public async Task Who_begins_to_wait_beside_a_write_looks_after_its_commit()
    {
        const string Raise = "SELECT pg_try_advisory_xact_lock_shared(lh_waiting_key())";
        await _schema.OpenAsync();
        await using var writer = await ConnectAsync();
        await using var write = await writer.BeginTransactionAsync(Cancel);
        await DoAsync(writer, "SELECT lh_wake('{q}')");

        (await _schema.AskAsync(Raise)).ShouldBe(false);
        await write.CommitAsync(Cancel);

        (await _schema.AskAsync(Raise)).ShouldBe(true);
    }

    [Fact]
    public async Task Writers_do_not_wait_for_each_other()
    {
        await _schema.OpenAsync();
        await using var writer = await ConnectAsync();
        await using var write = await writer.BeginTransactionAsync(Cancel);
        await DoAsync(writer, "SELECT lh_wake('{q}')");

        await Await.WithinAsync(_schema.AskAsync("SELECT lh_wake('{q}')"), "a wake-up beside a writer that has not committed");
    }

    [Fact]
    public async Task Of_writes_that_come_too_close_each_is_told()
    {
        var waiting = await _schema.OpenAsync("waiter");
        var other = await _schema.OpenAsync("producer");
        await other.AddAsync("first");
        for (var i = 0; i < 20; i++)
        {
            var wait = waiting.WaitForWorkAsync([$"q{i}"], waiting.WakeStamp, Long, Cancel);

            await other.AddAsync("others");
            await other.AddAsync($"q{i}");

            await Await.WithinAsync(wait, "the wake-up by the second of two writes");
        }
    }

    [Fact]
    public async Task What_goes_to_the_server_in_parts_is_written_all_or_not_at_all()
    {
        var store = await _schema.OpenAsync();
        var first = await store.TakeIdsAsync(2_500, null, Cancel);
        var jobs = Enumerable.Range(0, 2_500).Select(i => Make.Job(new(first.Value + i))).ToArray();

        await Should.ThrowAsync<StoreException>(store.EnqueueAsync([.. jobs[..^1], jobs[^1] with { Payload = new byte[] { 0 } }], null, Cancel));

        (await store.ListJobsAsync(JobFilter.All, new PageRequest(1), Cancel)).Items.ShouldBeEmpty();
        (await store.EnqueueAsync(jobs, null, Cancel)).ShouldAllBe(static answer => answer.Status == EnqueueStatus.Created);
        (await store.EnqueueAsync(jobs, null, Cancel)).Select(static answer => (answer.Status, answer.Id)).ShouldBe(jobs.Select(static job => (EnqueueStatus.Repeated, job.Id)));
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection($"{(await TestServer.GetAsync()).ConnectionString()};Pooling=False;Search Path={_schema.Name}");
        await connection.OpenAsync(Cancel);
        return connection;
    }

    private static async Task DoAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        _ = await command.ExecuteNonQueryAsync(Cancel);
    }
}
