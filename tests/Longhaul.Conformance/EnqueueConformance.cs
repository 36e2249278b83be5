using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Writing jobs: ids, repeats, what is kept of a job, and continuing an earlier one. Unique keys have a suite of their own.</summary>
public abstract class EnqueueConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Ids_ascend_and_are_never_given_twice()
    {
        var first = await Store.TakeIdsAsync(1, null, Cancel);
        var second = await Store.TakeIdsAsync(10_000, null, Cancel);
        var third = await Store.TakeIdsAsync(1, null, Cancel);

        first.Value.ShouldBeGreaterThan(0);
        second.Value.ShouldBeGreaterThan(first.Value);
        third.Value.ShouldBeGreaterThanOrEqualTo(second.Value + 10_000);
        third.Value.ShouldBeLessThan(JobId.MaxValue);
    }

    [Fact]
    public async Task Ids_taken_by_many_threads_never_overlap()
    {
        var blocks = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                var mine = new List<long>();
                for (var i = 0; i < 50; i++)
                    mine.Add((await Store.TakeIdsAsync(7, null, Cancel)).Value);
                return mine;
            },
            Cancel)));

        var ids = blocks.SelectMany(static mine => mine).SelectMany(static first => Enumerable.Range(0, 7).Select(i => first + i)).ToList();
        ids.Distinct().Count().ShouldBe(ids.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(10_001)]
    public async Task A_block_of_ids_has_1_to_10000(int count)
        => await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.TakeIdsAsync(count, null, Cancel));

    [Fact]
    public async Task A_written_job_is_pending_and_due_at_once()
    {
        var id = await EnqueueAsync();

        var job = await GetAsync(id);
        job.State.ShouldBe(JobState.Pending);
        job.Derived.ShouldBe(DerivedState.None);
        job.CreatedAt.ShouldBe(Clock.Now);
        job.DueAt.ShouldBe(Clock.Now);
        job.UpdatedAt.ShouldBe(Clock.Now);
        job.StartedAt.ShouldBeNull();
        job.FinishedAt.ShouldBeNull();
        job.ExpiresAt.ShouldBeNull();
        job.RunNumber.ShouldBe(0);
        job.FailedAttempts.ShouldBe(0);
        job.LostRuns.ShouldBe(0);
        job.Session.ShouldBeNull();
        job.Progress.ShouldBeNull();
        job.Error.ShouldBeNull();
        job.Result.ShouldBeNull();
    }

    [Fact]
    public async Task Everything_said_of_a_job_is_kept()
    {
        var earlier = await FinishedAsync();
        var written = await NewJobAsync(job => job with
        {
            Name = "photos.preview",
            Queue = "ingest-preview",
            Payload = Make.Json("""{"file":"a.jpg"}"""),
            PayloadVersion = 3,
            Priority = 7,
            Policy = new JobPolicy
            {
                MaxAttempts = 5,
                RetryDelay = TimeSpan.FromSeconds(30),
                MaxRetryDelay = TimeSpan.FromMinutes(9),
                RetryJitter = 0.25,
                Timeout = TimeSpan.FromHours(48),
                ShutdownTimeout = TimeSpan.FromMinutes(2),
                StallAfter = TimeSpan.FromMinutes(1),
                MaxLostRuns = 0,
                Retention = TimeSpan.FromDays(1),
            },
            Owner = "tenant-7",
            Tags = ["a", "ümläut 🚚"],
            Description = "Preview of a.jpg",
            Unique = new UniqueKey("a.jpg", UniqueScope.UntilFinished),
            ContinueFrom = earlier,
            EnqueuedBy = earlier,
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        });
        await WriteAsync(written);

        var job = await GetAsync(written.Id);
        var worker = await OpenWorkerAsync(record => record with { Names = ["photos.preview"] });
        var run = await worker.ClaimOneAsync(written.Id);

        job.Name.ShouldBe(written.Name);
        job.Queue.ShouldBe(written.Queue);
        Make.Text(job.Payload).ShouldBe(Make.Text(written.Payload));
        job.PayloadVersion.ShouldBe(3);
        job.Priority.ShouldBe((byte)7);
        job.Policy.ShouldBe(written.Policy);
        job.Owner.ShouldBe(written.Owner);
        job.Tags.ShouldBe(written.Tags);
        job.Description.ShouldBe(written.Description);
        job.UniqueKey.ShouldBe("a.jpg");
        job.ContinueFrom.ShouldBe(earlier);
        job.EnqueuedBy.ShouldBe(earlier);

        run.Name.ShouldBe(written.Name);
        run.Queue.ShouldBe(written.Queue);
        run.Priority.ShouldBe((byte)7);
        Make.Text(run.Payload).ShouldBe(Make.Text(written.Payload));
        run.PayloadVersion.ShouldBe(3);
        run.Policy.ShouldBe(written.Policy);
        run.Owner.ShouldBe(written.Owner);
        run.TraceParent.ShouldBe(written.TraceParent);
        run.CreatedAt.ShouldBe(Clock.Now);
        run.DueAt.ShouldBe(Clock.Now);
    }

    [Theory]
    [InlineData("""{"n":1e400,"big":18446744073709551617,"minus":-0,"long":12345678901234567890.12345678901234567890}""")]
    [InlineData("""{"b":1,"a":2,"b":3}""")]
    [InlineData("""  [ 1 , 2 ]  """)]
    [InlineData(""" "\u0000 \ud800 \u00e9 é 🚚" """)]
    [InlineData("null")]
    public async Task A_payload_is_kept_byte_for_byte(string json)
    {
        var id = await EnqueueAsync(job => job with { Payload = Make.Json(json) });
        var worker = await OpenWorkerAsync();

        Make.Text((await GetAsync(id)).Payload).ShouldBe(json);
        Make.Text((await worker.ClaimOneAsync(id)).Payload).ShouldBe(json);
    }

    [Fact]
    public async Task A_payload_of_the_greatest_size_is_kept()
    {
        var json = $"\"{new string('x', JobLimits.PayloadBytes - 2)}\"";

        var id = await EnqueueAsync(job => job with { Payload = Make.Json(json) });

        Make.Text((await GetAsync(id)).Payload).ShouldBe(json);
    }

    [Fact]
    public async Task The_caller_may_reuse_its_buffer_after_the_call()
    {
        var buffer = Make.Json("""{"n":1}""").ToArray();
        var id = await EnqueueAsync(job => job with { Payload = buffer });

        Array.Fill(buffer, (byte)'!');

        Make.Text((await GetAsync(id)).Payload).ShouldBe("""{"n":1}""");
    }

    [Fact]
    public async Task A_description_is_cleaned_and_cut()
    {
        var id = await EnqueueAsync(job => job with { Description = "a\0b\ud800c" + new string('x', JobLimits.DescriptionLength) });

        var description = (await GetAsync(id)).Description.ShouldNotBeNull();
        description.ShouldStartWith("a\ufffdb\ufffdc");
        description.Length.ShouldBe(JobLimits.DescriptionLength);
    }

    [Fact]
    public async Task A_delay_counts_from_the_write_by_the_stores_clock()
    {
        var job = await NewJobAsync(job => job with { Delay = TimeSpan.FromMinutes(5) });
        Clock.Advance(TimeSpan.FromMinutes(1));
        await WriteAsync(job);

        (await GetAsync(job.Id)).DueAt.ShouldBe(ManualClock.Start.AddMinutes(6));
        (await GetAsync(job.Id)).Derived.ShouldBe(DerivedState.Scheduled);
    }

    [Fact]
    public async Task A_job_is_due_at_its_moment_and_not_before()
    {
        var id = await EnqueueAsync(job => job with { RunAt = Clock.Now.AddSeconds(10), Delay = TimeSpan.FromDays(1) });

        (await GetAsync(id)).DueAt.ShouldBe(ManualClock.Start.AddSeconds(10));
        Clock.Advance(TimeSpan.FromMilliseconds(9_999));
        (await DueIdsAsync()).ShouldBeEmpty();
        (await GetAsync(id)).Derived.ShouldBe(DerivedState.Scheduled);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await GetAsync(id)).Derived.ShouldBe(DerivedState.None);
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task A_moment_is_the_same_in_every_time_zone()
    {
        var moment = ManualClock.Start.AddHours(3);

        var id = await EnqueueAsync(job => job with { RunAt = moment.ToOffset(TimeSpan.FromHours(-9.5)) });

        (await GetAsync(id)).DueAt.ShouldBe(moment);
    }

    [Fact]
    public async Task A_very_long_delay_is_no_error()
    {
        var id = await EnqueueAsync(static job => job with { Delay = TimeSpan.FromDays(365 * 5_000) });
        var now = await EnqueueAsync();

        (await GetAsync(id)).DueAt.ShouldBeGreaterThan(ManualClock.Start.AddYears(1_000));
        (await DueIdsAsync()).ShouldBe([now]);
        (await (await OpenWorkerAsync()).AskAsync()).NextDue.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.FromDays(365_000));
    }

    [Fact]
    public async Task A_moment_in_the_past_is_kept_as_the_due_time()
    {
        var id = await EnqueueAsync(job => job with { RunAt = Clock.Now.AddHours(-2) });

        (await GetAsync(id)).DueAt.ShouldBe(ManualClock.Start.AddHours(-2));
        (await DueIdsAsync()).ShouldBe([id]);
    }

    [Fact]
    public async Task The_same_id_and_nonce_make_no_second_job()
    {
        var job = await NewJobAsync();
        await WriteAsync(job);

        (await WriteAsync(job)).ShouldBe(new EnqueueAnswer(EnqueueStatus.Repeated, job.Id));
        (await DueIdsAsync()).ShouldBe([job.Id]);
    }

    [Fact]
    public async Task A_repeat_is_known_while_the_job_runs_and_when_it_has_ended()
    {
        var job = await NewJobAsync();
        await WriteAsync(job);
        var worker = await OpenWorkerAsync();
        var run = await worker.ClaimOneAsync();

        (await WriteAsync(job)).Status.ShouldBe(EnqueueStatus.Repeated);
        await worker.EndAsync(run, Outcome.Completed);
        (await WriteAsync(job)).Status.ShouldBe(EnqueueStatus.Repeated);
        (await StateOfAsync(job.Id)).ShouldBe(JobState.Completed);
    }

    [Fact]
    public async Task The_same_id_with_another_nonce_is_taken()
    {
        var job = await NewJobAsync();
        await WriteAsync(job);

        var answer = await WriteAsync(job with { Nonce = Make.Token(), Payload = Make.Json("2") });

        answer.Status.ShouldBe(EnqueueStatus.IdTaken);
        Make.Text((await GetAsync(job.Id)).Payload).ShouldBe(Make.Text(job.Payload));
    }

    [Fact]
    public async Task One_call_may_hold_every_kind_of_answer()
    {
        var old = await NewJobAsync();
        await WriteAsync(old);
        var fresh = await NewJobsAsync(5);
        var key = new UniqueKey("k", UniqueScope.UntilFinished);
        NewJob[] jobs =
        [
            fresh[0],
            old,
            old with { Nonce = Make.Token() },
            fresh[0],
            fresh[0] with { Nonce = Make.Token() },
            fresh[1] with { Unique = key },
            fresh[2] with { Unique = key },
            fresh[3] with { ContinueFrom = new JobId(JobId.MaxValue) },
            fresh[4] with { ContinueFrom = old.Id },
        ];

        var answers = await Store.EnqueueAsync(jobs, null, Cancel);

        answers.Select(static answer => answer.Status).ShouldBe(
        [
            EnqueueStatus.Created, EnqueueStatus.Repeated, EnqueueStatus.IdTaken, EnqueueStatus.Repeated, EnqueueStatus.IdTaken,
            EnqueueStatus.Created, EnqueueStatus.Duplicate, EnqueueStatus.NothingToContinue, EnqueueStatus.ContinuedJobLives,
        ]);
        answers[1].Id.ShouldBe(old.Id);
        answers[6].Id.ShouldBe(fresh[1].Id);
        (await DueIdsAsync()).ShouldBe([old.Id, fresh[0].Id, fresh[1].Id]);
    }

    [Fact]
    public async Task A_thousand_jobs_go_in_one_call()
    {
        var ids = await EnqueueManyAsync(1_000);

        var worker = await OpenWorkerAsync();
        (await worker.ClaimIdsAsync(1_000)).ShouldBe(ids);
    }

    [Fact]
    public async Task More_jobs_in_one_call_than_the_store_takes_are_refused()
    {
        NewJob[] jobs = [.. await NewJobsAsync(Store.MostJobsTogether), await NewJobAsync()];

        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.EnqueueAsync(jobs, null, Cancel));
        (await DueIdsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_call_answers_nothing()
        => (await Store.EnqueueAsync([], null, Cancel)).ShouldBeEmpty();

    [Fact]
    public async Task A_cancelled_call_writes_nothing()
    {
        var job = await NewJobAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.EnqueueAsync([job], null, new CancellationToken(canceled: true)));
        (await Store.GetJobAsync(job.Id, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_call_that_is_cancelled_on_the_way_is_written_or_not_as_it_says()
    {
        for (var round = 0; round < 50; round++)
        {
            var jobs = await NewJobsAsync(5);
            using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var cancel = Task.Run(source.Cancel, Cancel);
            var write = Task.Run(() => Store.EnqueueAsync(jobs, null, source.Token), Cancel);
            await Task.WhenAll([cancel, write.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)]);

            var there = (await Store.ListJobsAsync(new JobFilter { Ids = [.. jobs.Select(static job => job.Id)] }, new PageRequest(10), Cancel)).Items.Count;
            write.IsFaulted.ShouldBeFalse();
            there.ShouldBe(write.IsCanceled ? 0 : 5);
        }
    }

    [Fact]
    public async Task Jobs_written_out_of_the_order_of_their_ids_are_all_there()
    {
        var jobs = await NewJobsAsync(10);
        foreach (var job in jobs.Reverse())
            await WriteAsync(job);

        (await DueIdsAsync()).ShouldBe(jobs.Select(static job => job.Id));
    }

    [Theory]
    [InlineData(Outcome.Completed)]
    [InlineData(Outcome.Failed)]
    [InlineData(Outcome.Cancelled)]
    public async Task A_job_takes_over_the_checkpoint_of_one_that_has_ended(Outcome outcome)
    {
        var earlier = await FinishedAsync(outcome, null, settlement => settlement with
        {
            Update = new RunUpdate { Key = settlement.Key, Checkpoint = Make.Checkpoint("""{"after":"k-77"}""") },
        });
        var savedAt = (await GetAsync(earlier)).CheckpointAt;
        Clock.Advance(TimeSpan.FromHours(1));
        var id = await EnqueueAsync(job => job with { ContinueFrom = earlier });
        await ActAsync(JobAction.Delete, earlier);
        (await GetAsync(id)).CheckpointAt.ShouldBe(savedAt.ShouldNotBeNull(), "its age is that of the work");

        var run = await (await OpenWorkerAsync()).ClaimOneAsync(id);

        Make.Text(run.Checkpoint).ShouldBe("""{"after":"k-77"}""");
    }

    [Fact]
    public async Task A_job_that_continues_one_without_a_checkpoint_begins_anew()
    {
        var earlier = await FinishedAsync();

        var id = await EnqueueAsync(job => job with { ContinueFrom = earlier });

        (await (await OpenWorkerAsync()).ClaimOneAsync(id)).Checkpoint.ShouldBeNull();
    }

    [Fact]
    public async Task A_living_job_cannot_be_continued()
    {
        var pending = await EnqueueAsync();
        var next = await NewJobAsync(job => job with { ContinueFrom = pending });

        (await WriteAsync(next)).Status.ShouldBe(EnqueueStatus.ContinuedJobLives);
        await (await OpenWorkerAsync()).ClaimOneAsync(pending);
        (await WriteAsync(next)).Status.ShouldBe(EnqueueStatus.ContinuedJobLives);
        (await Store.GetJobAsync(next.Id, Cancel)).ShouldBeNull();
    }
}
