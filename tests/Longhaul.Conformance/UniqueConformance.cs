using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Unique keys: who occupies one, for how long, and who shares it.</summary>
public abstract class UniqueConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Theory]
    [InlineData(UniqueScope.UntilStarted)]
    [InlineData(UniqueScope.UntilFinished)]
    [InlineData(UniqueScope.Window)]
    public async Task A_duplicate_is_not_written_and_names_the_job_that_is_there(UniqueScope scope)
    {
        var first = await EnqueueAsync(Unique(scope));
        var second = await NewJobAsync(Unique(scope));

        (await WriteAsync(second)).ShouldBe(new EnqueueAnswer(EnqueueStatus.Duplicate, first));
        (await Store.GetJobAsync(second.Id, Cancel)).ShouldBeNull();
        (await DueIdsAsync()).ShouldBe([first]);
    }

    [Fact]
    public async Task Other_keys_names_and_owners_do_not_meet()
    {
        await EnqueueAsync(Unique(UniqueScope.UntilFinished));

        await EnqueueAsync(job => Unique(UniqueScope.UntilFinished)(job) with { Unique = new UniqueKey("K", UniqueScope.UntilFinished) });
        await EnqueueAsync(job => Unique(UniqueScope.UntilFinished)(job) with { Name = "other" });
        await EnqueueAsync(job => Unique(UniqueScope.UntilFinished)(job) with { Owner = "a" });
        await EnqueueAsync(job => Unique(UniqueScope.UntilFinished)(job) with { Owner = "b" });
        await EnqueueAsync();
    }

    [Fact]
    public async Task Queues_and_scopes_share_a_key()
    {
        var first = await EnqueueAsync(Unique(UniqueScope.UntilFinished));

        (await WriteAsync(await NewJobAsync(job => Unique(UniqueScope.UntilFinished)(job) with { Queue = "other" }))).Id.ShouldBe(first);
        (await WriteAsync(await NewJobAsync(Unique(UniqueScope.UntilStarted)))).Id.ShouldBe(first);
        (await WriteAsync(await NewJobAsync(Unique(UniqueScope.Window)))).Id.ShouldBe(first);
    }

    [Fact]
    public async Task A_repeated_write_of_a_unique_job_is_a_repeat_and_no_duplicate()
    {
        var job = await NewJobAsync(Unique(UniqueScope.UntilFinished));
        await WriteAsync(job);

        (await WriteAsync(job)).Status.ShouldBe(EnqueueStatus.Repeated);
    }

    [Fact]
    public async Task Until_started_ends_with_the_first_claim_and_does_not_come_back()
    {
        var first = await EnqueueAsync(Unique(UniqueScope.UntilStarted));
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(first);

        var second = await EnqueueAsync(Unique(UniqueScope.UntilStarted));
        await worker.EndAsync(run, Outcome.HandedBack);
        (await WriteAsync(await NewJobAsync(Unique(UniqueScope.UntilStarted)))).Id.ShouldBe(second);
        await ActAsync(JobAction.Delete, second);
        await EnqueueAsync(Unique(UniqueScope.UntilStarted));
    }

    [Fact]
    public async Task Until_started_ends_with_a_cancel_too()
    {
        var first = await EnqueueAsync(Unique(UniqueScope.UntilStarted));

        await ActAsync(JobAction.Cancel, first);

        await EnqueueAsync(Unique(UniqueScope.UntilStarted));
    }

    [Theory]
    [InlineData(Outcome.Completed)]
    [InlineData(Outcome.Failed)]
    [InlineData(Outcome.Cancelled)]
    public async Task Until_finished_lasts_over_runs_and_retries_to_the_end(Outcome end)
    {
        var first = await EnqueueAsync(Unique(UniqueScope.UntilFinished));
        var worker = await OpenWorkerAsync();
        async Task ShouldBeOccupied() => (await WriteAsync(await NewJobAsync(Unique(UniqueScope.UntilFinished)))).ShouldBe(new EnqueueAnswer(EnqueueStatus.Duplicate, first));

        var run = await worker.ClaimOneAsync(first);
        await ShouldBeOccupied();
        await worker.EndAsync(run, Outcome.Retry);
        await ShouldBeOccupied();
        await ActAsync(JobAction.Pause, first);
        await ShouldBeOccupied();
        await ActAsync(JobAction.Resume, first);
        await RecoverAsync(null, await LosingAsync(first));
        await ShouldBeOccupied();
        await worker.EndAsync(await worker.ClaimOneAsync(first), end);

        await EnqueueAsync(Unique(UniqueScope.UntilFinished));
    }

    [Fact]
    public async Task Until_finished_ends_with_a_completion_that_leaves_nothing()
    {
        await FinishedAsync(Outcome.Completed, Unique(UniqueScope.UntilFinished), static settlement => settlement with { Retention = TimeSpan.Zero });

        await EnqueueAsync(Unique(UniqueScope.UntilFinished));
    }

    [Fact]
    public async Task Until_finished_ends_when_the_job_fails_for_its_losses()
    {
        var first = await EnqueueAsync(job => Unique(UniqueScope.UntilFinished)(job) with { Policy = new JobPolicy { MaxLostRuns = 0 } });
        await RecoverAsync(null, await LosingAsync(first));

        await EnqueueAsync(Unique(UniqueScope.UntilFinished));
    }

    [Theory]
    [InlineData(UniqueScope.UntilStarted)]
    [InlineData(UniqueScope.UntilFinished)]
    public async Task A_key_goes_with_its_job(UniqueScope scope)
    {
        await ActAsync(JobAction.Delete, await EnqueueAsync(Unique(scope)));
        await EnqueueAsync(Unique(scope));
        await Store.ClearAsync(null, Cancel);
        await EnqueueAsync(Unique(scope));
    }

    [Fact]
    public async Task A_window_ends_with_its_time_and_with_nothing_else()
    {
        var first = await EnqueueAsync(Unique(UniqueScope.Window));
        var worker = await OpenWorkerAsync();
        async Task ShouldBeOccupied() => (await WriteAsync(await NewJobAsync(Unique(UniqueScope.Window)))).ShouldBe(new EnqueueAnswer(EnqueueStatus.Duplicate, first));

        await worker.EndAsync(await worker.ClaimOneAsync(first), Outcome.Completed, static settlement => settlement with { Retention = TimeSpan.Zero });
        await ShouldBeOccupied();
        Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        await Store.PruneAsync(100, Cancel);
        await ShouldBeOccupied();
        Clock.Advance(TimeSpan.FromMilliseconds(1));

        await EnqueueAsync(Unique(UniqueScope.Window));
    }

    [Fact]
    public async Task A_window_outlives_the_deletion_of_its_job()
    {
        var first = await EnqueueAsync(Unique(UniqueScope.Window));
        await ActAsync(JobAction.Delete, first);

        (await WriteAsync(await NewJobAsync(Unique(UniqueScope.Window)))).ShouldBe(new EnqueueAnswer(EnqueueStatus.Duplicate, first));
    }

    [Fact]
    public async Task The_end_of_an_old_job_does_not_free_the_key_of_the_next()
    {
        var old = await EnqueueAsync(Unique(UniqueScope.UntilStarted));
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync(old);
        var next = await EnqueueAsync(Unique(UniqueScope.UntilFinished));

        await worker.EndAsync(run, Outcome.Completed);
        await ActAsync(JobAction.Delete, old);

        (await WriteAsync(await NewJobAsync(Unique(UniqueScope.UntilFinished)))).ShouldBe(new EnqueueAnswer(EnqueueStatus.Duplicate, next));
    }

    [Theory]
    [InlineData(JobAction.Retry)]
    [InlineData(JobAction.Restart)]
    public async Task A_revived_job_occupies_its_key_again(JobAction action)
    {
        var first = await FinishedAsync(Outcome.Failed, Unique(UniqueScope.UntilFinished));

        (await ActAsync(action, first)).Status.ShouldBe(ActionStatus.Done);

        (await WriteAsync(await NewJobAsync(Unique(UniqueScope.UntilFinished)))).ShouldBe(new EnqueueAnswer(EnqueueStatus.Duplicate, first));
    }

    [Theory]
    [InlineData(JobAction.Retry)]
    [InlineData(JobAction.Restart)]
    public async Task A_job_whose_key_another_has_cannot_be_revived(JobAction action)
    {
        var first = await FinishedAsync(Outcome.Failed, Unique(UniqueScope.UntilFinished));
        var second = await EnqueueAsync(Unique(UniqueScope.UntilFinished));

        (await ActAsync(action, first)).ShouldBe(new ActionAnswer(first, ActionStatus.KeyTaken, JobState.Failed, second));
        await ActAsync(JobAction.Delete, second);
        (await ActAsync(action, first)).Status.ShouldBe(ActionStatus.Done);
    }

    [Fact]
    public async Task Only_one_of_many_at_the_same_moment_is_written()
    {
        var jobs = await NewJobsAsync(40, (job, _) => Unique(UniqueScope.UntilFinished)(job));
        using var start = new SemaphoreSlim(0);

        var writes = jobs.Chunk(10).Select(mine => Task.Run(
            async () =>
            {
                await start.WaitAsync(Cancel);
                var answers = new List<EnqueueAnswer>();
                foreach (var job in mine)
                    answers.Add(await WriteAsync(job));
                return answers;
            },
            Cancel)).ToList();
        start.Release(writes.Count);
        var all = (await Await.WithinAsync(Task.WhenAll(writes), "40 writes of one key")).SelectMany(static answers => answers).ToList();

        var created = all.Where(static answer => answer.Status == EnqueueStatus.Created).ShouldHaveSingleItem();
        all.ShouldAllBe(answer => answer.Id == created.Id);
        (await DueIdsAsync()).ShouldBe([created.Id]);
    }

    private static Func<NewJob, NewJob> Unique(UniqueScope scope)
        => job => job with { Unique = new UniqueKey("k", scope, scope == UniqueScope.Window ? TimeSpan.FromMinutes(10) : default) };

    private async Task<TestWorker> LosingAsync(JobId job)
    {
        var worker = await OpenWorkerAsync();
        await worker.ClaimOneAsync(job);
        return worker;
    }
}
