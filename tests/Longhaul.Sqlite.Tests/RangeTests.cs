using Longhaul.Conformance;
using Longhaul.Storage;

namespace Longhaul.Sqlite.Tests;

/// <summary>Jobs that were written together share one row of the queue; what happens to one of them must not touch the others.</summary>
public sealed class RangeTests : ConformanceTest<SqliteFixture>
{
    [Fact]
    public async Task Jobs_written_together_share_one_row()
    {
        await EnqueueManyAsync(1_000);

        Fixture.Ask("SELECT count(*) FROM lh_ready").ShouldBe(1L);
        (await (await OpenWorkerAsync()).ClaimAsync(300)).Count.ShouldBe(300);
        Fixture.Ask("SELECT id || '+' || jobs FROM lh_ready").ShouldBe("301+700");
        await Store.ShouldBeSoundAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task One_job_leaves_its_range_and_the_others_stay(int which)
    {
        var ids = await EnqueueManyAsync(10);

        (await ActAsync(JobAction.Cancel, ids[which])).State.ShouldBe(JobState.Cancelled);

        await Store.ShouldBeSoundAsync();
        (await DueIdsAsync()).ShouldBe(ids.Where((_, i) => i != which));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task So_it_is_with_jobs_that_are_due_later(int which)
    {
        var ids = await EnqueueManyAsync(10, static (job, _) => job with { Delay = TimeSpan.FromMinutes(1) });

        await ActAsync(JobAction.Pause, ids[which]);
        await Store.ShouldBeSoundAsync();
        Clock.Advance(TimeSpan.FromMinutes(1));

        (await DueIdsAsync()).ShouldBe(ids.Where((_, i) => i != which));
        await ActAsync(JobAction.Resume, ids[which]);
        (await DueIdsAsync()).ShouldBe([ids[which]]);
    }

    [Fact]
    public async Task A_job_that_is_due_but_not_promoted_leaves_its_range_too()
    {
        var ids = await EnqueueManyAsync(10, static (job, _) => job with { Delay = TimeSpan.FromMinutes(1) });
        Clock.Advance(TimeSpan.FromMinutes(2));

        await ActAsync(JobAction.Delete, ids[5]);

        await Store.ShouldBeSoundAsync();
        (await DueIdsAsync()).ShouldBe(ids.Where((_, i) => i != 5));
    }

    [Fact]
    public async Task Ranges_of_two_names_keep_their_common_order()
    {
        var ids = await EnqueueManyAsync(30, static (job, i) => job with { Name = i / 5 % 2 == 0 ? "a" : "b" });

        (await DueIdsAsync("a", "b")).ShouldBe(ids);
    }

    [Fact]
    public async Task Ranges_of_owned_jobs_are_ranges_too()
    {
        var ids = await EnqueueManyAsync(10, static (job, i) => job with { Owner = $"owner-{i}", TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });

        Fixture.Ask("SELECT count(*) FROM lh_ready").ShouldBe(1L);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(10);
        runs.Select(static run => run.Owner).ShouldBe(Enumerable.Range(0, 10).Select(static i => $"owner-{i}"));
        (await Store.SettleAsync([.. runs.Select(static run => Make.Settlement(run, Outcome.Completed))], Cancel)).ShouldAllBe(static answer => answer.Status == SettleStatus.Settled);
        (await GetAsync(ids[3])).Owner.ShouldBe("owner-3");
        await Store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task A_queue_is_cleared_across_ranges_in_parts()
    {
        await EnqueueManyAsync(2_500);
        await EnqueueManyAsync(700, static (job, _) => job with { Delay = TimeSpan.FromHours(1) });

        (await Store.ClearAsync(JobDefaults.Queue, Cancel)).ShouldBe(3_200);

        await Store.ShouldBeSoundAsync();
        Fixture.Ask("SELECT count(*) FROM lh_job").ShouldBe(0L);
        Fixture.Ask("SELECT count(*) FROM lh_ready").ShouldBe(0L);
        Fixture.Ask("SELECT count(*) FROM lh_later").ShouldBe(0L);
    }

    [Fact]
    public async Task What_ended_together_is_pruned_in_parts_of_any_size()
    {
        await EnqueueManyAsync(1_200);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(1_200);
        await Store.SettleAsync([.. runs.Select(static run => Make.Settlement(run, Outcome.Completed) with { Retention = TimeSpan.FromHours(1) })], Cancel);
        await ActAsync(JobAction.Restart, runs[7].Key.Job);
        Clock.Advance(TimeSpan.FromHours(1));

        var pruned = 0;
        for (int part; (part = await Store.PruneAsync(333, Cancel)) > 0;)
            pruned += part;

        pruned.ShouldBe(1_199);
        (await StateOfAsync(runs[7].Key.Job)).ShouldBe(JobState.Pending);
        Fixture.Ask("SELECT count(*) FROM lh_expiry").ShouldBe(0L);
        await Store.ShouldBeSoundAsync();
    }

    [Fact]
    public async Task Many_jobs_that_become_due_at_once_come_by_priority_all_the_same()
    {
        for (var i = 0; i < 3; i++)
            await EnqueueManyAsync(1_000, static (job, i) => job with { Delay = TimeSpan.FromHours(1), Priority = (byte)(100 + (i % 2)) });
        var first = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromHours(1), Priority = 0 });
        Clock.Advance(TimeSpan.FromHours(1));

        (await (await OpenWorkerAsync()).ClaimOneAsync()).Key.Job.ShouldBe(first);
        await Store.ShouldBeSoundAsync();
    }

    [Theory]
    [InlineData(new long[] { 1 })]
    [InlineData(new long[] { 1, 2, 3, 127, 128, 129, 16_384, JobId.MaxValue })]
    [InlineData(new long[] { 5_000_000_000, 5_000_000_001 })]
    public void A_list_of_ids_is_kept(long[] ids)
        => IdList.Read(IdList.Write(ids, new byte[IdList.Size(ids.Length)])).ShouldBe(ids);
}
