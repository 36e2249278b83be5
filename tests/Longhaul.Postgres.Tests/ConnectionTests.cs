using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Postgres.Tests;

/// <summary>Connections that the server ends: nobody is taken for dead for it, and no wake-up is lost.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(10);

    private StoreSchema _schema = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _schema = await StoreSchema.OnTestServerAsync();

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Fact]
    public async Task A_heart_whose_connection_was_ended_beats_on_with_a_new_one()
    {
        var store = await _schema.OpenAsync("worker");
        var worker = StoreSchema.Worker();
        await store.OpenSessionAsync(worker, Cancel);
        using var heart = store.OpenHeart(worker.Session);
        heart.Tick(renew: true).Lease.ShouldBe(LeaseReply.Held);

        (await _schema.TerminateAsync("worker")).ShouldBeGreaterThan(0);

        heart.Tick(renew: true).Lease.ShouldBe(LeaseReply.Held);
    }

    [Fact]
    public async Task A_read_over_a_connection_that_was_ended_is_answered()
    {
        var store = await _schema.OpenAsync("reader");
        var id = await store.AddAsync();

        (await _schema.TerminateAsync("reader")).ShouldBeGreaterThan(0);

        (await store.GetJobAsync(id, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_write_over_a_connection_that_was_ended_may_be_repeated()
    {
        var store = await _schema.OpenAsync("writer");
        var job = Make.Job(await store.TakeIdsAsync(1, null, Cancel));
        (await _schema.TerminateAsync("writer")).ShouldBeGreaterThan(0);

        var failures = 0;
        while (failures < 10)
        {
            try
            {
                (await store.EnqueueAsync([job], null, Cancel)).ShouldHaveSingleItem().Status.ShouldBeOneOf(EnqueueStatus.Created, EnqueueStatus.Repeated);
                break;
            }
            catch (StoreException e) when (e.IsTransient)
            {
                failures++;
            }
        }

        failures.ShouldBeLessThanOrEqualTo(2, "each of the pool's two connections may fail one call");
        (await store.GetJobAsync(job.Id, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Another_process_wakes_whoever_waits()
    {
        var waiting = await _schema.OpenAsync("waiter");
        var other = await _schema.OpenAsync("producer");
        var wait = waiting.WaitForWorkAsync(["q"], waiting.WakeStamp, Long, Cancel);

        await other.AddAsync("q");

        await Await.WithinAsync(wait, "the wake-up by another process");
    }

    [Fact]
    public async Task A_listener_whose_connection_was_ended_misses_no_wake_up()
    {
        var waiting = await _schema.OpenAsync("waiter");
        var other = await _schema.OpenAsync("producer");
        for (var i = 0; i < 5; i++)
        {
            var wait = waiting.WaitForWorkAsync([$"q{i}"], waiting.WakeStamp, Long, Cancel);
            await _schema.TerminateAsync("waiter");

            await other.AddAsync($"q{i}");

            await Await.WithinAsync(wait, $"wake-up {i} around the end of the listener's connection");
        }
    }

    [Fact]
    public async Task A_worker_whose_process_is_gone_is_known_by_its_lock()
    {
        var store = await _schema.OpenAsync("worker");
        var worker = StoreSchema.Worker();
        await store.OpenSessionAsync(worker, Cancel);
        var id = await store.AddAsync();
        (await store.ClaimAsync(Claim(worker), Cancel)).Runs.ShouldHaveSingleItem();
        using (var heart = store.OpenHeart(worker.Session))
            await heart.TickUntilAsync(async _ => await _schema.AskAsync("SELECT bool_or(locked) FROM lh_session") is true, "the lock of its life");
        var (observing, observer, self) = await ObserverAsync();

        await _schema.CloseAsync(store);
        var answer = await observing.TickUntilAsync(static answer => answer.Peers.Count > 0 && answer.Peers[0].ConnectionGone, "the proof that the worker is gone");

        answer.Peers.ShouldHaveSingleItem().Session.ShouldBe(worker.Session);
        var report = await observer.RecoverAsync(self, [worker.Session], null, Cancel);
        report.Dead.ShouldBe([worker.Session]);
        report.Recovered.ShouldBe([id]);
        observing.Dispose();
    }

    [Fact]
    public async Task A_worker_whose_connections_were_ended_is_not_taken_for_dead()
    {
        var store = await _schema.OpenAsync("worker");
        var worker = StoreSchema.Worker();
        await store.OpenSessionAsync(worker, Cancel);
        using var heart = store.OpenHeart(worker.Session);
        await heart.TickUntilAsync(async _ => await _schema.AskAsync("SELECT bool_or(locked) FROM lh_session") is true, "the lock of its life");
        var (observing, observer, self) = await ObserverAsync();
        var look = TimeProvider.System.GetTimestamp();

        while (TimeProvider.System.GetElapsedTime(look) < TimeSpan.FromSeconds(4))
        {
            await _schema.TerminateAsync("worker");
            heart.Tick().Lease.ShouldBe(LeaseReply.Held);
            observing.Tick().Peers.ShouldAllBe(static peer => !peer.ConnectionGone);
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Cancel);
        }

        (await observer.RecoverAsync(self, [], null, Cancel)).Dead.ShouldBeEmpty();
        observing.Dispose();
    }

    /// <param name="isRefuted">Whether the next look has found the lock already: whoever was to declare the death comes to it only then.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_proof_by_lock_is_looked_at_again_before_anybody_dies(bool isRefuted)
    {
        var store = await _schema.OpenAsync("worker");
        var worker = StoreSchema.Worker();
        await store.OpenSessionAsync(worker, Cancel);
        using (var heart = store.OpenHeart(worker.Session))
            await heart.TickUntilAsync(async _ => await _schema.AskAsync("SELECT bool_or(locked) FROM lh_session") is true, "the lock of its life");
        var (observing, observer, self) = await ObserverAsync();
        await _schema.CloseAsync(store);
        await observing.TickUntilAsync(static answer => answer.Peers.Count > 0 && answer.Peers[0].ConnectionGone, "the proof that the worker is gone");

        var back = await _schema.OpenAsync("worker");
        using (var heart = back.OpenHeart(worker.Session))
        {
            await Await.WithinAsync(HeldAsync(worker.Session), "the lock again");
            if (isRefuted)
                await observing.TickUntilAsync(static answer => !answer.Peers.Any(static peer => peer.ConnectionGone), "the lock to be seen");
            (await observer.RecoverAsync(self, [worker.Session], null, Cancel)).Dead.ShouldBeEmpty();
            heart.Tick().Lease.ShouldBe(LeaseReply.Held);
        }

        observing.Dispose();
    }

    [Fact]
    public async Task A_process_has_four_connections_at_most()
    {
        var store = await _schema.OpenAsync("worker");
        var worker = StoreSchema.Worker();
        await store.OpenSessionAsync(worker, Cancel);
        using var heart = store.OpenHeart(worker.Session);
        heart.Tick(renew: true);
        var wait = store.WaitForWorkAsync(null, store.WakeStamp, Long, Cancel);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => store.ListQueuesAsync(Cancel)));
        (await _schema.ConnectionsAsync("worker")).ShouldBeInRange(3, 4);

        await store.AddAsync();
        await Await.WithinAsync(wait, "the wake-up by the same process");
    }

    private async Task HeldAsync(SessionId session)
    {
        while (await _schema.AskAsync($"SELECT lh_life_gone({session.Value})") is true)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
    }

    /// <summary>Another worker. Its lease is over at once, so that the server counts as up for long enough.</summary>
    private async Task<(IHeart Heart, PostgresStore Store, SessionId Session)> ObserverAsync()
    {
        var store = await _schema.OpenAsync("observer");
        var worker = StoreSchema.Worker(TimeSpan.FromMilliseconds(1));
        await store.OpenSessionAsync(worker, Cancel);
        return (store.OpenHeart(worker.Session), store, worker.Session);
    }

    private static ClaimRequest Claim(WorkerRecord worker) => new() { Session = worker.Session, ClaimId = Make.Token(), Queues = null, Names = worker.Names, Slots = 1 };
}
