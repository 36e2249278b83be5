using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>What a run tells of how far it is, of its results, and of jobs that it enqueues.</summary>
public abstract class ProgressConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Progress_is_kept_as_it_was_told()
    {
        var (worker, run) = await RunningAsync();
        Clock.Advance(TimeSpan.FromSeconds(2));
        var told = new ProgressRecord
        {
            Done = 12.5,
            Total = 1e15,
            Phase = "copy",
            Note = "b.jpg",
            Fraction = 0.1 + 0.2,
            Rate = 1.0 / 3,
            TimeLeft = TimeSpan.FromSeconds(90.5),
        };

        await worker.WriteAsync(run, update => update with { Progress = told });

        var job = await GetAsync(run.Key.Job);
        job.Progress.ShouldBe(told);
        job.ProgressAt.ShouldBe(Clock.Now);
        job.UpdatedAt.ShouldBe(Clock.Now);
    }

    [Fact]
    public async Task The_last_progress_wins_whole()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with { Progress = new ProgressRecord { Done = 1, Total = 9, Note = "a" } });

        await worker.WriteAsync(run, static update => update with { Progress = new ProgressRecord { Done = 2 } });

        (await GetAsync(run.Key.Job)).Progress.ShouldBe(new ProgressRecord { Done = 2 });
    }

    [Fact]
    public async Task What_is_not_told_stays()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with { Progress = new ProgressRecord { Done = 1 }, Checkpoint = Make.Checkpoint("1"), Result = Make.Json("2") });

        await worker.WriteAsync(run, static update => update with { Logs = [Make.Line("x")] });

        (await GetAsync(run.Key.Job)).Progress.ShouldBe(new ProgressRecord { Done = 1 });
        Make.Text((await GetAsync(run.Key.Job)).Result).ShouldBe("2");
        Make.Text(await Store.GetCheckpointAsync(run.Key.Job, null, Cancel)).ShouldBe("1");
    }

    [Fact]
    public async Task A_note_is_cleaned_and_cut()
    {
        var (worker, run) = await RunningAsync();

        await worker.WriteAsync(run, static update => update with { Progress = new ProgressRecord { Phase = "p\0", Note = "a\0\udc00" + new string('x', JobLimits.NoteLength) } });

        var progress = (await GetAsync(run.Key.Job)).Progress.ShouldNotBeNull();
        progress.Phase.ShouldBe("p\ufffd");
        progress.Note.ShouldBe("a\ufffd\ufffd" + new string('x', JobLimits.NoteLength - 3));
    }

    [Fact]
    public async Task Progress_outlives_its_run()
    {
        var (worker, run) = await RunningAsync();
        await worker.WriteAsync(run, static update => update with { Progress = new ProgressRecord { Done = 5, Total = 10 } });
        await worker.EndAsync(run, Outcome.HandedBack);

        (await GetAsync(run.Key.Job)).Progress.ShouldBe(new ProgressRecord { Done = 5, Total = 10 });
        (await worker.ClaimOneAsync()).Progress.ShouldBe(new ProgressRecord { Done = 5, Total = 10 });
    }

    [Fact]
    public async Task Updates_of_one_call_are_answered_one_by_one()
    {
        await EnqueueManyAsync(3);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(3);
        await ActAsync(JobAction.Release, runs[1].Key.Job);

        var answers = await Store.FlushAsync([.. runs.Select(static run => new RunUpdate { Key = run.Key, Progress = new ProgressRecord { Done = 1 } })], Cancel);

        answers.ShouldBe([WriteAnswer.Written, WriteAnswer.LeaseLost, WriteAnswer.Written]);
        (await GetAsync(runs[1].Key.Job)).Progress.ShouldBeNull();
        (await GetAsync(runs[2].Key.Job)).Progress.ShouldNotBeNull();
    }

    [Fact]
    public async Task Two_updates_of_one_run_in_one_call_are_written_in_order()
    {
        var (_, run) = await RunningAsync();

        await Store.FlushAsync(
            [.. Enumerable.Range(1, 5).Select(i => new RunUpdate { Key = run.Key, Progress = new ProgressRecord { Done = i }, Logs = [Make.Line($"{i}")] })], Cancel);

        (await GetAsync(run.Key.Job)).Progress.ShouldBe(new ProgressRecord { Done = 5 });
        (await Store.ListLogsAsync(new LogFilter { Job = run.Key.Job }, new PageRequest(10), Cancel)).Items.Select(static log => log.Line.Text).ShouldBe(["1", "2", "3", "4", "5"]);
    }

    [Fact]
    public async Task A_job_without_progress_for_long_is_stuck()
    {
        var (worker, run) = await RunningAsync(static job => job with { Policy = new JobPolicy { StallAfter = TimeSpan.FromMinutes(3) } });
        Clock.Advance(TimeSpan.FromMinutes(3));
        (await GetAsync(run.Key.Job)).Derived.ShouldBe(DerivedState.None);
        Clock.Advance(TimeSpan.FromSeconds(1));

        (await GetAsync(run.Key.Job)).Derived.ShouldBe(DerivedState.Stuck);
        (await Store.ListJobsAsync(new JobFilter { Derived = DerivedState.Stuck }, new PageRequest(10), Cancel)).Items.Count.ShouldBe(1);
        await worker.WriteAsync(run, static update => update with { Progress = new ProgressRecord { Done = 1 } });
        (await GetAsync(run.Key.Job)).Derived.ShouldBe(DerivedState.None);
    }

    [Fact]
    public async Task Without_a_word_of_its_own_a_job_is_stuck_after_10_minutes()
    {
        var (worker, run) = await RunningAsync();
        Clock.Advance(JobDefaults.StallAfter + TimeSpan.FromSeconds(1));
        (await GetAsync(run.Key.Job)).Derived.ShouldBe(DerivedState.Stuck);

        await worker.EndAsync(run, Outcome.HandedBack);
        await worker.ClaimOneAsync(run.Key.Job);

        (await GetAsync(run.Key.Job)).Derived.ShouldBe(DerivedState.None, "a new run has its own time");
    }

    [Theory]
    [InlineData("""{"n":1e400}""")]
    [InlineData("""[12345678901234567890]""")]
    [InlineData("null")]
    public async Task A_result_is_kept_byte_for_byte(string json)
    {
        var id = await FinishedAsync(Outcome.Completed, null, settlement => settlement with { Update = new RunUpdate { Key = settlement.Key, Result = Make.Json(json) } });

        Make.Text((await GetAsync(id)).Result).ShouldBe(json);
    }

    [Fact]
    public async Task Jobs_that_a_run_enqueues_are_written_with_its_flush()
    {
        var (worker, run) = await RunningAsync();
        var children = await NewJobsAsync(3, (job, i) => job with { Name = "child", EnqueuedBy = run.Key.Job, Delay = TimeSpan.FromSeconds(i) });

        await worker.WriteAsync(run, update => update with { Children = children });

        (await DueIdsAsync("child")).ShouldBe([children[0].Id]);
        var child = await GetAsync(children[2].Id);
        child.EnqueuedBy.ShouldBe(run.Key.Job);
        child.DueAt.ShouldBe(Clock.Now.AddSeconds(2));
    }

    [Fact]
    public async Task A_lost_run_enqueues_nothing()
    {
        var (worker, run) = await RunningAsync();
        await ActAsync(JobAction.Release, run.Key.Job);
        var child = await NewJobAsync();

        (await worker.FlushAsync(run, update => update with { Children = [child] })).ShouldBe(WriteAnswer.LeaseLost);

        (await Store.GetJobAsync(child.Id, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task Duplicates_and_repeats_among_a_runs_jobs_are_no_errors()
    {
        var (worker, run) = await RunningAsync();
        var children = await NewJobsAsync(2, static (job, _) => job with { Name = "child", Unique = new UniqueKey("k", UniqueScope.UntilFinished) });

        await worker.WriteAsync(run, update => update with { Children = children });
        await worker.WriteAsync(run, update => update with { Children = [children[0]] });

        (await DueIdsAsync("child")).ShouldBe([children[0].Id]);
    }

    [Fact]
    public async Task A_runs_job_whose_id_is_taken_refuses_the_whole_update()
    {
        var (worker, run) = await RunningAsync();
        var taken = await EnqueueAsync();

        await Assert.ThrowsAnyAsync<StoreException>(() => worker.FlushAsync(run, update => update with
        {
            Children = [Make.Job(taken)],
            Progress = new ProgressRecord { Done = 1 },
        }));

        (await GetAsync(run.Key.Job)).Progress.ShouldBeNull();
        (await worker.EndAsync(run, Outcome.Completed)).ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task A_call_that_fails_takes_no_other_with_it()
    {
        var taken = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromDays(1) });
        await EnqueueManyAsync(40);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(40);
        using var start = new SemaphoreSlim(0);

        var calls = runs.Chunk(5).Select(mine => Task.Run(
            async () =>
            {
                await start.WaitAsync(Cancel);
                foreach (var (run, i) in mine.Select(static (run, i) => (run, i)))
                {
                    Task<WriteAnswer> Flush() => worker.FlushAsync(run, update => update with
                    {
                        Progress = new ProgressRecord { Done = i },
                        Children = i % 2 == 0 ? [] : [Make.Job(taken)],
                    });
                    if (i % 2 == 0)
                        (await Flush()).ShouldBe(WriteAnswer.Written);
                    else
                        await Assert.ThrowsAnyAsync<StoreException>(Flush);
                }
            },
            Cancel)).ToList();
        start.Release(calls.Count);
        await Await.WithinAsync(Task.WhenAll(calls), "40 flushes of 8 threads, of which 16 must fail");

        foreach (var (run, i) in runs.Select(static (run, i) => (run, i % 5)))
            (await GetAsync(run.Key.Job)).Progress?.Done.ShouldBe(i % 2 == 0 ? i : null);
    }

    private async Task<(TestWorker Worker, ClaimedRun Run)> RunningAsync(Func<NewJob, NewJob>? change = null)
    {
        var id = await EnqueueAsync(change);
        var worker = await OpenWorkerAsync();
        return (worker, await worker.ClaimOneAsync(id));
    }
}
