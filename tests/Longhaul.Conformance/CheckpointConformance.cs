using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Checkpoints: what a run saved is what the next one gets, and the last five kept ones can be looked at.</summary>
public abstract class CheckpointConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Theory]
    [InlineData("""{"after":"k-77","n":1e400,"long":12345678901234567890,"b":1,"a":2}""")]
    [InlineData(""" "\u0000\ud800 🚚" """)]
    [InlineData("null")]
    public async Task A_checkpoint_is_kept_byte_for_byte(string json)
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, update => update with { Checkpoint = Make.Checkpoint(json) });

        Make.Text(await Store.GetCheckpointAsync(run.Key.Job, null, Cancel)).ShouldBe(json);
        await worker.EndAsync(run, Outcome.HandedBack);
        Make.Text((await worker.ClaimOneAsync()).Checkpoint).ShouldBe(json);
    }

    [Fact]
    public async Task The_last_saved_checkpoint_is_the_one_that_counts()
    {
        var (worker, run) = await RunningAsync();
        for (var i = 1; i <= 10; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(2));
            await worker.WriteAsync(run, update => update with { Checkpoint = Make.Checkpoint($"{i}") });
        }

        (await GetAsync(run.Key.Job)).CheckpointAt.ShouldBe(Clock.Now);
        (await GetAsync(run.Key.Job)).UpdatedAt.ShouldBe(Clock.Now);
        await RecoverAsync(null, worker);
        Make.Text((await (await OpenWorkerAsync()).ClaimOneAsync()).Checkpoint).ShouldBe("10");
    }

    [Fact]
    public async Task A_job_that_never_saved_has_none()
    {
        var (_, run) = await RunningAsync();

        run.Checkpoint.ShouldBeNull();
        (await GetAsync(run.Key.Job)).CheckpointAt.ShouldBeNull();
        (await Store.GetCheckpointAsync(run.Key.Job, null, Cancel)).ShouldBeNull();
        (await Store.GetCheckpointAsync(new JobId(JobId.MaxValue), null, Cancel)).ShouldBeNull();
        (await Store.ListCheckpointsAsync(run.Key.Job, Cancel)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(JobLimits.SmallCheckpointBytes)]
    [InlineData(JobLimits.SmallCheckpointBytes + 1)]
    [InlineData(JobLimits.CheckpointBytes)]
    public async Task Large_checkpoints_are_kept_whole(int size)
    {
        var (worker, run) = await RunningAsync();
        var body = new byte[size];
        Array.Fill(body, (byte)'7');

        await worker.WriteAsync(run, update => update with { Checkpoint = new CheckpointWrite(body) });

        (await Store.GetCheckpointAsync(run.Key.Job, null, Cancel)).ShouldNotBeNull().Span.SequenceEqual(body).ShouldBeTrue();
        await worker.EndAsync(run, Outcome.HandedBack);
        (await worker.ClaimOneAsync()).Checkpoint.ShouldNotBeNull().Length.ShouldBe(size);
    }

    [Fact]
    public async Task A_checkpoint_may_grow_and_shrink()
    {
        var (worker, run) = await RunningAsync();
        foreach (var size in new[] { 10, JobLimits.SmallCheckpointBytes * 2, 20, JobLimits.SmallCheckpointBytes * 3 })
        {
            var json = $"\"{new string('x', size - 2)}\"";
            await worker.WriteAsync(run, update => update with { Checkpoint = Make.Checkpoint(json) });
            Make.Text(await Store.GetCheckpointAsync(run.Key.Job, null, Cancel)).ShouldBe(json);
        }
    }

    [Fact]
    public async Task The_last_five_kept_checkpoints_stay_newest_first()
    {
        var (worker, run) = await RunningAsync();
        for (var i = 1; i <= 7; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await worker.WriteAsync(run, update => update with { Checkpoint = Make.Checkpoint($"\"kept {i}\"", keep: true, phase: $"phase-{i}") });
            await worker.WriteAsync(run, update => update with { Checkpoint = Make.Checkpoint($"\"passing {i}\"") });
        }

        var kept = await Store.ListCheckpointsAsync(run.Key.Job, Cancel);

        kept.Select(static info => info.Phase).ShouldBe(["phase-7", "phase-6", "phase-5", "phase-4", "phase-3"]);
        kept.ShouldAllBe(static info => info.RunNumber == 1 && info.Bytes == 8);
        kept[0].At.ShouldBe(Clock.Now);
        kept.Select(static info => info.Id).Distinct().Count().ShouldBe(5);
        Make.Text(await Store.GetCheckpointAsync(run.Key.Job, kept[1].Id, Cancel)).ShouldBe("\"kept 6\"");
        Make.Text(await Store.GetCheckpointAsync(run.Key.Job, null, Cancel)).ShouldBe("\"passing 7\"");
    }

    [Fact]
    public async Task Kept_checkpoints_belong_to_their_job_and_run()
    {
        var (worker, run) = await RunningAsync();
        await worker.EndAsync(run, Outcome.HandedBack, settlement => settlement with
        {
            Update = new RunUpdate { Key = run.Key, Checkpoint = Make.Checkpoint("1", keep: true) },
        });
        var again = await worker.ClaimOneAsync();
        await worker.WriteAsync(again, static update => update with { Checkpoint = Make.Checkpoint("2", keep: true) });
        var other = await EnqueueAsync();

        var kept = await Store.ListCheckpointsAsync(run.Key.Job, Cancel);

        kept.Select(static info => info.RunNumber).ShouldBe([2, 1]);
        (await Store.GetCheckpointAsync(other, kept[0].Id, Cancel)).ShouldBeNull();
        (await Store.GetCheckpointAsync(run.Key.Job, kept[0].Id + 1_000, Cancel)).ShouldBeNull();
        (await Store.ListCheckpointsAsync(other, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lost_lease_cannot_save()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with { Checkpoint = Make.Checkpoint("1") });
        await RecoverAsync(null, worker);
        var next = await (await OpenWorkerAsync()).ClaimOneAsync();

        (await worker.FlushAsync(run, static update => update with { Checkpoint = Make.Checkpoint("2", keep: true), Headway = true })).ShouldBe(WriteAnswer.LeaseLost);

        Make.Text(await Store.GetCheckpointAsync(run.Key.Job, null, Cancel)).ShouldBe("1");
        (await Store.ListCheckpointsAsync(run.Key.Job, Cancel)).ShouldBeEmpty();
        (await GetAsync(next.Key.Job)).LostRuns.ShouldBe(1);
    }

    [Fact]
    public async Task The_checkpoint_of_an_ended_job_can_be_read()
    {
        var id = await FinishedAsync(Outcome.Failed, null, static settlement => settlement with
        {
            Update = new RunUpdate { Key = settlement.Key, Checkpoint = Make.Checkpoint("9", keep: true) },
        });

        Make.Text(await Store.GetCheckpointAsync(id, null, Cancel)).ShouldBe("9");
        (await Store.ListCheckpointsAsync(id, Cancel)).Count.ShouldBe(1);
    }

    private async Task<(TestWorker Worker, ClaimedRun Run)> RunningAsync()
    {
        var id = await EnqueueAsync();
        var worker = await OpenWorkerAsync();
        return (worker, await worker.ClaimOneAsync(id));
    }
}
