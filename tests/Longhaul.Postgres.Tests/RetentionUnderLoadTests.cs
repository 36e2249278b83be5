using Longhaul.Conformance;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>Counts and clean-up while others work.</summary>
[Trait("Store", "postgres")]
public sealed class RetentionUnderLoadTests : ConformanceTest<PostgresFixture>
{
    [Fact]
    public async Task Counts_are_true_at_every_moment_while_jobs_move_and_deltas_are_rolled_up()
    {
        const int Jobs = 120;
        var ids = await EnqueueManyAsync(Jobs);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var other = await Fixture.OpenStoreAsync(Cancel);
        var movers = new List<Task>();
        foreach (var store in new[] { Store, other })
        {
            movers.Add(RepeatAsync(60, () => WorkAsync(store)));
            movers.Add(RepeatAsync(60, () => MeddleAsync(store, ids)));
        }

        var cleaner = UntilAsync(() => other.PruneAsync(100, Cancel), end.Token); // nothing has expired: it rolls up
        var looks = 0;
        var reader = UntilAsync(async () =>
        {
            var queue = (await other.ListQueuesAsync(Cancel)).ShouldHaveSingleItem();
            (queue.Due + queue.Scheduled + queue.Waiting + queue.Running + queue.PausedJobs + queue.Completed + queue.Failed + queue.Cancelled).ShouldBe(Jobs);
            looks++;
        }, end.Token);
        await Await.WithinAsync(Task.WhenAll(movers), "the moves");
        await end.CancelAsync();
        await Await.WithinAsync(Task.WhenAll(cleaner, reader), "the reader and the roll-up");

        looks.ShouldBeGreaterThan(5);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
        foreach (var state in Enum.GetValues<JobState>())
            (await CountAsync(state)).ShouldBe((await Store.ListJobsAsync(new JobFilter { States = [state] }, new PageRequest(1_000), Cancel)).Items.Count, state.ToString());
    }

    [Fact]
    public async Task Pruning_takes_only_what_is_past_its_retention_in_bounded_parts_while_others_work()
    {
        const int Expired = 2_000;
        const int Part = 150;
        await EnqueueManyAsync(Expired);
        var worker = await OpenWorkerAsync();
        for (var left = Expired; left > 0;)
        {
            var runs = await worker.ClaimAsync(200);
            left -= runs.Count;
            await Store.SettleAsync([.. runs.Select(static run => Make.Settlement(run, Outcome.Completed))], Cancel);
        }

        var failed = await FinishedAsync(Outcome.Failed);
        var kept = await FinishedAsync(Outcome.Completed, null, static settlement => settlement with { Retention = TimeSpan.FromDays(1_000) });
        var pending = await EnqueueManyAsync(50);
        Clock.Advance(JobDefaults.Retention);
        var other = await Fixture.OpenStoreAsync(Cancel);
        var pruned = 0;
        async Task PruneAsync(IJobStore store)
        {
            for (var went = Part; went == Part;)
            {
                went = await store.PruneAsync(Part, Cancel);
                went.ShouldBeLessThanOrEqualTo(Part);
                Interlocked.Add(ref pruned, went);
            }
        }

        await Await.WithinAsync(Task.WhenAll(PruneAsync(Store), PruneAsync(other), PruneAsync(other), RepeatAsync(10, () => WorkAsync(Store))), "the prunes and the work");
        await PruneAsync(Store);

        pruned.ShouldBe(Expired);
        foreach (var id in pending.Append(failed).Append(kept))
            await GetAsync(id);
        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_job_that_another_transaction_holds_keeps_no_prune_waiting_and_goes_later()
    {
        var held = await FinishedAsync();
        var free = await FinishedAsync();
        Clock.Advance(JobDefaults.Retention);
        await using var connection = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await using var hold = new NpgsqlCommand($"SELECT 1 FROM \"{Fixture.Schema}\".lh_done WHERE id = {held.Value} FOR UPDATE", connection, transaction);
            await hold.ExecuteScalarAsync(Cancel);

            (await Await.WithinAsync(Store.PruneAsync(100, Cancel), "a prune beside a transaction that holds a job")).ShouldBe(1);

            (await Store.GetJobAsync(free, Cancel)).ShouldBeNull();
            await GetAsync(held);
        }

        Clock.Advance(TimeSpan.FromMinutes(1));
        (await Store.PruneAsync(100, Cancel)).ShouldBe(1);
        (await Store.GetJobAsync(held, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task Rolled_up_deltas_make_room_even_beside_an_old_snapshot()
    {
        await EnqueueManyAsync(3);
        await Fixture.AskAsync("INSERT INTO lh_tally (lane, pending) SELECT 1, CASE WHEN g % 2 = 0 THEN 1 ELSE -1 END FROM generate_series(1, 800000) g; SELECT 1", Cancel);
        await using var connection = (NpgsqlConnection)await Fixture.OpenConnectionAsync(Cancel);
        await using var old = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Cancel);
        await using var look = new NpgsqlCommand("SELECT 1", connection, old);
        await look.ExecuteScalarAsync(Cancel);

        for (var i = 0; i < 17; i++) // 50,000 at a time
            await Store.PruneAsync(100, Cancel);

        (await Fixture.AskAsync("SELECT pg_relation_size('lh_tally')", Cancel)).ShouldBe(0L);
        (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem().Due.ShouldBe(3);
    }

    [Fact]
    public async Task A_heart_adds_up_only_so_many_deltas_at_once_and_counts_stay_right()
    {
        await EnqueueAsync();
        using var worker = await TestWorker.OpenAsync(Store);
        worker.Beat().Lease.ShouldBe(LeaseReply.Held);
        await Fixture.AskAsync("INSERT INTO lh_tally (lane, pending) SELECT 1, 1 FROM generate_series(1, 120000); SELECT 1", Cancel);

        foreach (var left in (long[])[70_000, 20_000, 0])
        {
            worker.Beat().Lease.ShouldBe(LeaseReply.Held);
            (await Fixture.AskAsync("SELECT count(*) FROM lh_tally", Cancel)).ShouldBe(left);
            (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem().Due.ShouldBe(120_001);
        }
    }

    [Fact]
    public async Task What_was_deleted_before_its_time_keeps_no_prune_for_long_and_none_from_its_end()
    {
        const int Failed = 250;
        await EnqueueManyAsync(Failed);
        using (var worker = await TestWorker.OpenAsync(Store))
            await Store.SettleAsync([.. (await worker.ClaimAsync(Failed)).Select(static run => Make.Settlement(run, Outcome.Failed))], Cancel);
        await Store.FlushFailedAsync(null, Cancel);
        var kept = await FinishedAsync(Outcome.Failed);
        Clock.Advance(TimeSpan.FromDays(91));
        var now = (Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        const string Left = "SELECT count(*) FROM lh_expiry WHERE NOT gone";
        var before = (long)(await Fixture.AskAsync(Left, Cancel))!;
        before.ShouldBeGreaterThanOrEqualTo(Failed);

        (await Fixture.AskAsync($"SELECT pruned || ' ' || more FROM lh_prune_part(100, {now})", Cancel)).ShouldBe("0 true");
        (await Fixture.AskAsync(Left, Cancel)).ShouldBe(before - 100);
        (await Store.PruneAsync(10, Cancel)).ShouldBe(1);
        (await Store.GetJobAsync(kept, Cancel)).ShouldBeNull();
        (await Fixture.AskAsync(Left, Cancel)).ShouldBe(0L);
    }

    [Fact]
    public async Task Two_who_act_on_the_same_jobs_and_others_who_clear_them_make_no_error()
    {
        var ids = await EnqueueManyAsync(60);
        var other = await Fixture.OpenStoreAsync(Cancel);
        Task ActAsync(IJobStore store, JobAction action, IEnumerable<JobId> jobs) => store.ActAsync(action, [.. jobs], new ActionContext("ann"), Cancel);

        await Await.WithinAsync(Task.WhenAll(
            RepeatAsync(15, () => ActAsync(Store, JobAction.Pause, ids)),
            RepeatAsync(15, () => ActAsync(other, JobAction.Resume, ids.Reverse())),
            RepeatAsync(15, () => ActAsync(Store, JobAction.Release, ids.Where(static (_, i) => i % 2 == 0))),
            RepeatAsync(5, async () => await EnqueueManyAsync(20)),
            RepeatAsync(15, () => other.ClearAsync(JobDefaults.Queue, Cancel)),
            RepeatAsync(15, () => WorkAsync(Store))), "the meddling");

        (await Store.CheckAsync(Cancel)).ShouldBeEmpty();
    }

    private static async Task WorkAsync(IJobStore store)
    {
        using var worker = await TestWorker.OpenAsync(store);
        var runs = await worker.ClaimAsync(7);
        Outcome[] outcomes = [Outcome.HandedBack, Outcome.Retry, Outcome.Failed, Outcome.Completed, Outcome.Cancelled];
        if (runs.Count > 0)
            await store.SettleAsync([.. runs.Select((run, i) => Make.Settlement(run, outcomes[i % outcomes.Length]))], Cancel);
    }

    private static async Task MeddleAsync(IJobStore store, JobId[] ids)
    {
        var action = (JobAction)Random.Shared.Next((int)JobAction.Delete); // all but that
        await store.ActAsync(action, [.. Enumerable.Range(0, 5).Select(_ => ids[Random.Shared.Next(ids.Length)])], new ActionContext("ann"), Cancel);
    }

    private async Task<long> CountAsync(JobState state)
    {
        var queue = (await Store.ListQueuesAsync(Cancel)).ShouldHaveSingleItem();
        return state switch
        {
            JobState.Waiting => queue.Waiting,
            JobState.Pending => queue.Due + queue.Scheduled,
            JobState.Running => queue.Running,
            JobState.Paused => queue.PausedJobs,
            JobState.Completed => queue.Completed,
            JobState.Failed => queue.Failed,
            _ => queue.Cancelled,
        };
    }

    private static Task RepeatAsync(int times, Func<Task> act) => Task.Run(
        async () =>
        {
            for (var i = 0; i < times; i++)
                await act();
        },
        Cancel);

    private static Task UntilAsync(Func<Task> act, CancellationToken end) => Task.Run(
        async () =>
        {
            while (!end.IsCancellationRequested)
                await act();
        },
        Cancel);
}
