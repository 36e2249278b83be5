using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>What tells runs apart: run numbers, tokens, fence tokens and claim ids.</summary>
public abstract class RunNumbersConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Run_numbers_count_every_claim_from_1()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();

        foreach (var (outcome, number) in new[] { Outcome.Retry, Outcome.HandedBack, Outcome.Yielded, Outcome.Failed }.Select(static (outcome, i) => (outcome, i + 1)))
        {
            var run = await worker.ClaimOneAsync(id);
            run.RunNumber.ShouldBe(number);
            (await GetAsync(id)).RunNumber.ShouldBe(number);
            await worker.EndAsync(run, outcome);
        }

        await ActAsync(JobAction.Restart, id);
        (await worker.ClaimOneAsync(id)).RunNumber.ShouldBe(5);
    }

    [Fact]
    public async Task Run_numbers_go_on_after_a_job_that_ended_in_its_first_run()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var first = await worker.ClaimOneAsync(id);
        await worker.EndAsync(first, Outcome.Completed);

        await ActAsync(JobAction.Restart, id);

        (await GetAsync(id)).RunNumber.ShouldBe(1);
        var second = await worker.ClaimOneAsync(id);
        second.RunNumber.ShouldBe(2);
        second.FenceToken.ShouldBeGreaterThan(first.FenceToken);
    }

    [Fact]
    public async Task The_first_start_is_kept_over_later_runs()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        Clock.Advance(TimeSpan.FromSeconds(2));
        var first = Clock.Now;
        await worker.EndAsync(await worker.ClaimOneAsync(id), Outcome.HandedBack, static settlement => settlement with { Duration = TimeSpan.FromSeconds(5) });
        Clock.Advance(TimeSpan.FromSeconds(5));
        await worker.ClaimOneAsync(id);

        (await GetAsync(id)).StartedAt.ShouldBe(first);
    }

    [Fact]
    public async Task Every_run_has_a_token_of_its_own()
    {
        await EnqueueManyAsync(200);
        var worker = await OpenWorkerAsync();
        var tokens = new List<long>();
        for (var round = 0; round < 3; round++)
        {
            var runs = await worker.ClaimAsync(200);
            tokens.AddRange(runs.Select(static run => run.Key.Token));
            await Store.SettleAsync([.. runs.Select(static run => Make.Settlement(run, Outcome.HandedBack))], Cancel);
        }

        tokens.Count.ShouldBe(600);
        tokens.ShouldNotContain(0);
        tokens.Distinct().Count().ShouldBe(600);
        tokens.Select(static token => token & 0xffff).Distinct().Count().ShouldBeGreaterThan(300, "tokens should be random, not counted");
    }

    [Fact]
    public async Task A_fence_token_is_the_stores_time_in_microseconds_or_more()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();

        var run = await worker.ClaimOneAsync();

        run.FenceToken.ShouldBeGreaterThanOrEqualTo(Microseconds());
        run.FenceToken.ShouldBeLessThan(Microseconds() + 1_000);
    }

    [Fact]
    public async Task Fence_tokens_grow_while_the_clock_stands_still()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var last = 0L;
        for (var i = 0; i < 5; i++)
        {
            var run = await worker.ClaimOneAsync(id);
            run.FenceToken.ShouldBeGreaterThan(last);
            last = run.FenceToken;
            await worker.EndAsync(run, Outcome.HandedBack);
        }
    }

    [Fact]
    public async Task Fence_tokens_grow_though_the_clock_jumps_back()
    {
        var id = await EnqueueAsync(job => job with { RunAt = ManualClock.Start.AddHours(-1) });
        var worker = await OpenWorkerAsync();
        var first = await worker.ClaimOneAsync(id);
        await worker.EndAsync(first, Outcome.HandedBack);

        Clock.JumpWall(TimeSpan.FromMinutes(-5));
        var second = await worker.ClaimOneAsync(id);

        second.FenceToken.ShouldBeGreaterThan(first.FenceToken);
    }

    [Fact]
    public async Task A_claim_can_be_found_by_its_id()
    {
        await EnqueueManyAsync(4, (job, i) => job with { Payload = Make.Json($"{i}"), Policy = new JobPolicy { MaxAttempts = i + 1 } });
        var worker = await OpenWorkerAsync();
        var claimId = Make.Token();
        var runs = await worker.ClaimAsync(2, request => request with { ClaimId = claimId, Prefetch = 1 });
        await worker.ClaimAsync();

        var found = await Store.FindClaimAsync(worker.Session, claimId, Cancel);

        found.Count.ShouldBe(3);
        for (var i = 0; i < 3; i++)
        {
            Make.Text(found[i].Payload).ShouldBe(Make.Text(runs[i].Payload));
            (found[i] with { Payload = runs[i].Payload }).ShouldBe(runs[i]);
        }

        (await Store.RunsOfAsync(worker.Session, Cancel)).Count(run => run.ClaimId == claimId).ShouldBe(3);
    }

    [Fact]
    public async Task A_claim_that_never_was_is_not_found()
    {
        await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        await worker.ClaimOneAsync();

        (await Store.FindClaimAsync(worker.Session, Make.Token(), Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Runs_that_have_ended_are_not_found_any_more()
    {
        var ids = await EnqueueManyAsync(4);
        var worker = await OpenWorkerAsync();
        var claimId = Make.Token();
        var runs = await worker.ClaimAsync(4, request => request with { ClaimId = claimId });
        await worker.EndAsync(runs[0], Outcome.Completed);
        await worker.EndAsync(runs[1], Outcome.HandedBack);
        await ActAsync(JobAction.Release, ids[2]);
        await worker.ClaimOneAsync(ids[1]);

        (await Store.FindClaimAsync(worker.Session, claimId, Cancel)).ShouldHaveSingleItem().Key.ShouldBe(runs[3].Key);
    }

    [Fact]
    public async Task A_claim_is_found_only_by_its_own_living_session()
    {
        await EnqueueManyAsync(1);
        var worker = await OpenWorkerAsync();
        var other = await OpenWorkerAsync();
        var claimId = Make.Token();
        await worker.ClaimAsync(1, request => request with { ClaimId = claimId });

        (await Store.FindClaimAsync(other.Session, claimId, Cancel)).ShouldBeEmpty();
        await RecoverAsync(other, worker);
        (await Store.FindClaimAsync(worker.Session, claimId, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_claim_found_after_an_unknown_outcome_can_be_worked_on()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var claimId = Make.Token();
        await worker.ClaimAsync(1, request => request with { ClaimId = claimId });

        var run = (await Store.FindClaimAsync(worker.Session, claimId, Cancel)).ShouldHaveSingleItem();

        (await worker.EndAsync(run, Outcome.Completed)).ShouldBe(JobState.Completed);
        (await StateOfAsync(id)).ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task Every_write_with_another_token_is_refused()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(id);

        foreach (var token in new[] { 0, -1, 1, long.MaxValue, run.Key.Token + 1, -run.Key.Token })
        {
            var stale = run with { Key = new RunKey(id, token) };
            (await worker.FlushAsync(stale, static update => update with { Progress = new ProgressRecord { Done = 9 }, Headway = true })).ShouldBe(WriteAnswer.LeaseLost);
            (await worker.SettleAsync(stale, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
        }

        (await GetAsync(id)).Progress.ShouldBeNull();
        (await StateOfAsync(id)).ShouldBe(JobState.Running);
    }

    [Fact]
    public async Task A_write_of_a_job_that_never_was_is_refused()
    {
        var worker = await OpenWorkerAsync();
        await EnqueueAsync();
        var run = await worker.ClaimOneAsync();
        var stranger = run with { Key = new RunKey(new JobId(JobId.MaxValue), run.Key.Token) };

        (await worker.FlushAsync(stranger, static update => update)).ShouldBe(WriteAnswer.LeaseLost);
        (await worker.SettleAsync(stranger, Outcome.Completed)).Status.ShouldBe(SettleStatus.LeaseLost);
    }

    private long Microseconds() => (Clock.Now.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Runs_of_jobs_that_were_written_together_are_ended_whatever_the_jobs_say(bool owned, bool described)
    {
        await EnqueueManyAsync(40, (job, i) => job with { Owner = owned ? "ann" : null, Description = described ? $"number {i}" : null });
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(40);

        runs.Count.ShouldBe(40);
        runs.ShouldAllBe(run => run.Owner == (owned ? "ann" : null));
        await worker.EndAsync(runs[5], Outcome.Failed);
        await worker.EndAsync(runs[6], Outcome.HandedBack);
        (await worker.FlushAsync(runs[7], static update => update with { Progress = new ProgressRecord { Done = 1 } })).ShouldBe(WriteAnswer.Written);
        var rest = runs.Where(static (_, i) => i is not 5 and not 6).Select(static run => Make.Settlement(run, Outcome.Completed)).ToList();
        (await Store.SettleAsync(rest, Cancel)).ShouldAllBe(static answer => answer.Status == SettleStatus.Settled && answer.State == JobState.Completed);
        (await worker.ClaimIdsAsync()).ShouldBe([runs[6].Key.Job]);
    }
}
