using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>Lists of jobs: filters, pages by key, what is left out.</summary>
public abstract class PagingConformance<TFixture> : ConformanceTest<TFixture> where TFixture : StoreFixture, new()
{
    [Fact]
    public async Task Jobs_are_listed_newest_first_unless_asked_otherwise()
    {
        var ids = await EnqueueManyAsync(5);

        (await ListAsync(JobFilter.All)).ShouldBe(ids.Reverse());
        (await ListAsync(new JobFilter { OldestFirst = true })).ShouldBe(ids);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(25)]
    [InlineData(1_000)]
    public async Task Pages_hold_every_job_once(int limit)
    {
        var ids = await EnqueueManyAsync(25);

        (await ListAsync(JobFilter.All, limit)).ShouldBe(ids.Reverse());
        (await ListAsync(new JobFilter { OldestFirst = true }, limit)).ShouldBe(ids);
    }

    [Fact]
    public async Task Pages_are_not_moved_by_what_comes_and_goes()
    {
        var ids = await EnqueueManyAsync(20);
        var first = await Store.ListJobsAsync(JobFilter.All, new PageRequest(10), Cancel);
        await EnqueueManyAsync(5);
        await ActAsync(JobAction.Delete, ids[10]);
        await ActAsync(JobAction.Delete, ids[4]);

        var second = await Store.ListJobsAsync(JobFilter.All, new PageRequest(100, first.Next.ShouldNotBeNull()), Cancel);

        second.Items.Select(static job => job.Id).ShouldBe(ids[..10].Reverse().Where(id => id != ids[4]));
        second.Next.ShouldBeNull();
    }

    [Fact]
    public async Task An_empty_list_is_the_last_page()
    {
        var page = await Store.ListJobsAsync(JobFilter.All, new PageRequest(10), Cancel);

        page.Items.ShouldBeEmpty();
        page.Next.ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("not a cursor")]
    [InlineData("-1")]
    [InlineData("99999999999999999999999")]
    [InlineData("\0")]
    [InlineData("'; drop table jobs")]
    public async Task A_cursor_that_the_store_did_not_give_is_refused(string cursor)
    {
        var id = await EnqueueAsync();
        var page = new PageRequest(10, cursor);

        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListJobsAsync(JobFilter.All, page, Cancel));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListFailuresAsync(new FailureFilter(), page, Cancel));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListLogsAsync(new LogFilter(), page, Cancel));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListTracesAsync(new TraceFilter(), page, Cancel));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListItemFailuresAsync(id, page, Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_001)]
    [InlineData(1_000_000_000)]
    public async Task A_page_has_1_to_1000_rows(int limit)
    {
        var page = new PageRequest(limit);

        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListJobsAsync(JobFilter.All, page, Cancel));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListFailuresAsync(new FailureFilter(), page, Cancel));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListLogsAsync(new LogFilter(), page, Cancel));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListTracesAsync(new TraceFilter(), page, Cancel));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListItemFailuresAsync(new JobId(1), page, Cancel));
    }

    [Fact]
    public async Task Lists_leave_out_payloads_results_and_checkpoints()
    {
        var id = await FinishedAsync(Outcome.Completed, static job => job with { Tags = ["t"], Description = "d" }, static settlement => settlement with
        {
            Update = new RunUpdate { Key = settlement.Key, Result = Make.Json("1"), Progress = new ProgressRecord { Done = 1 }, Checkpoint = Make.Checkpoint("1") },
        });

        var listed = (await Store.ListJobsAsync(JobFilter.All, new PageRequest(10), Cancel)).Items.ShouldHaveSingleItem();

        listed.Payload.IsEmpty.ShouldBeTrue();
        listed.Result.ShouldBeNull();
        var whole = await GetAsync(id);
        whole.Payload.IsEmpty.ShouldBeFalse();
        whole.Result.ShouldNotBeNull();
        listed.Tags.ShouldBe(["t"]);
        (listed with { Tags = whole.Tags }).ShouldBe(whole with { Payload = listed.Payload, Result = null });
    }

    [Fact]
    public async Task Each_filter_finds_what_it_says()
    {
        var preview = await EnqueueAsync(static job => job with { Name = "photos.preview", Queue = "ingest-preview", Owner = "a", Tags = ["red", "big"], Description = "Preview of sunset.jpg" });
        var ingest = await EnqueueAsync(static job => job with { Name = "photos.ingest", Queue = "ingest", Owner = "b", Tags = ["red"], Payload = Make.Json("""{"file":"harbour.tif"}""") });
        Clock.Advance(TimeSpan.FromSeconds(10));
        var mail = await EnqueueAsync(static job => job with { Name = "mail.welcome", Queue = "emails", Delay = TimeSpan.FromMinutes(1) });

        (await ListAsync(new JobFilter { Name = "photos.*" })).ShouldBe([ingest, preview]);
        (await ListAsync(new JobFilter { Name = "photos.ingest" })).ShouldBe([ingest]);
        (await ListAsync(new JobFilter { Name = "Photos.ingest" })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { Name = "photos_ingest" })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { Queue = "*ingest*" })).ShouldBe([ingest, preview]);
        (await ListAsync(new JobFilter { Queue = "ingest" })).ShouldBe([ingest]);
        (await ListAsync(new JobFilter { Queue = "*-*" })).ShouldBe([preview]);
        (await ListAsync(new JobFilter { Owner = "a" })).ShouldBe([preview]);
        (await ListAsync(new JobFilter { Owner = "A" })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { Tag = "red" })).ShouldBe([ingest, preview]);
        (await ListAsync(new JobFilter { Tag = "re" })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { Text = "sunset" })).ShouldBe([preview]);
        (await ListAsync(new JobFilter { Text = "Sunset" })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { Text = "harbour.tif" })).ShouldBe([ingest]);
        (await ListAsync(new JobFilter { Text = "%" })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { Text = "sunset_jpg" })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { CreatedFrom = ManualClock.Start.AddSeconds(10) })).ShouldBe([mail]);
        (await ListAsync(new JobFilter { CreatedBefore = ManualClock.Start.AddSeconds(10) })).ShouldBe([ingest, preview]);
        (await ListAsync(new JobFilter { Derived = DerivedState.Scheduled })).ShouldBe([mail]);
        (await ListAsync(new JobFilter { Ids = [mail, preview, new JobId(JobId.MaxValue)] })).ShouldBe([mail, preview]);
        (await ListAsync(new JobFilter { Ids = [mail, preview], OldestFirst = true })).ShouldBe([preview, mail]);
        (await ListAsync(new JobFilter { Tag = "red", Owner = "b", Name = "photos.*" })).ShouldBe([ingest]);
        (await ListAsync(new JobFilter { Tag = "red", Owner = "c" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_job_has_enqueued_is_found()
    {
        var parent = await EnqueueAsync();
        var other = await EnqueueAsync(job => job with { EnqueuedBy = parent, Owner = "ann" });
        var children = await EnqueueManyAsync(12, (job, _) => job with { EnqueuedBy = parent });
        await EnqueueManyAsync(5, (job, _) => job with { EnqueuedBy = other });

        (await ListAsync(new JobFilter { EnqueuedBy = parent }, limit: 5)).ShouldBe([.. children.Reverse(), other]);
        (await ListAsync(new JobFilter { EnqueuedBy = parent, Owner = "ann" })).ShouldBe([other]);
        (await ListAsync(new JobFilter { EnqueuedBy = parent, States = [JobState.Failed] })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { EnqueuedBy = children[0] })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_tag_is_found_whatever_is_in_it()
    {
        string[] tags = ["a,b", "50%", "it's", "\"q\"", "[x]", "*", "a", " "];
        var id = await EnqueueAsync(job => job with { Tags = tags });
        await EnqueueAsync(static job => job with { Tags = ["b", "50", "x"] });

        (await GetAsync(id)).Tags.ShouldBe(tags);
        foreach (var tag in tags)
            (await ListAsync(new JobFilter { Tag = tag })).ShouldBe([id], tag);
        (await ListAsync(new JobFilter { Tag = "a,b\",\"50%" })).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("test?job")]
    [InlineData("test.[j]ob")]
    [InlineData("test_job")]
    [InlineData("test%")]
    [InlineData("%")]
    [InlineData("TEST.*")]
    [InlineData("test")]
    [InlineData("*.jo")]
    public async Task Only_a_star_stands_for_other_characters(string pattern)
    {
        await EnqueueAsync(static job => job with { Queue = Make.Name });

        (await ListAsync(new JobFilter { Name = pattern })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { Queue = pattern })).ShouldBeEmpty();
        (await ListAsync(new JobFilter { Name = "*t.j*b", Queue = "*" })).Count.ShouldBe(1);
    }

    [Fact]
    public async Task States_are_found_one_by_one_and_together()
    {
        var completed = await FinishedAsync();
        var cancelled = await FinishedAsync(Outcome.Cancelled);
        var failed = await FinishedAsync(Outcome.Failed, null, static settlement => settlement with { Error = new JobError("IOException", "no space left on device") });
        var waiting = await FinishedAsync(Outcome.HandedBack, null, static settlement => settlement with { CodeStillRuns = true });
        var paused = await EnqueueAsync();
        await ActAsync(JobAction.Pause, paused);
        var running = await EnqueueAsync();
        await (await OpenWorkerAsync()).ClaimOneAsync(running);
        var pending = await EnqueueAsync();

        foreach (var (state, id) in new[]
        {
            (JobState.Completed, completed), (JobState.Cancelled, cancelled), (JobState.Failed, failed), (JobState.Waiting, waiting),
            (JobState.Paused, paused), (JobState.Running, running), (JobState.Pending, pending),
        })
        {
            (await ListAsync(new JobFilter { States = [state] })).ShouldBe([id], state.ToString());
        }

        (await ListAsync(new JobFilter { States = [JobState.Failed, JobState.Pending] })).ShouldBe([pending, failed]);
        (await ListAsync(new JobFilter { Text = "no space" })).ShouldBe([failed]);
    }

    [Fact]
    public async Task A_filtered_list_is_paged_too()
    {
        var ids = await EnqueueManyAsync(60, static (job, i) => job with { Queue = $"q{i % 3}" });

        (await ListAsync(new JobFilter { Queue = "q1" }, limit: 7)).ShouldBe(ids.Where(static (_, i) => i % 3 == 1).Reverse());
    }

    [Fact]
    public async Task Rare_states_are_found_together()
    {
        await FinishedAsync();
        var cancelled = await FinishedAsync(Outcome.Cancelled);
        var failed = await FinishedAsync(Outcome.Failed, null, static settlement => settlement with { FailedHook = true });
        await (await OpenWorkerAsync()).ClaimOneAsync(failed); // the run of its hook is not the job's
        var waiting = await FinishedAsync(Outcome.HandedBack, null, static settlement => settlement with { CodeStillRuns = true });
        var paused = await EnqueueAsync();
        await ActAsync(JobAction.Pause, paused);
        var running = await EnqueueAsync();
        await (await OpenWorkerAsync()).ClaimOneAsync(running);
        await EnqueueAsync();
        JobState[] rare = [JobState.Paused, JobState.Running, JobState.Cancelled, JobState.Failed, JobState.Waiting, JobState.Paused];

        (await ListAsync(new JobFilter { States = rare })).ShouldBe([running, paused, waiting, failed, cancelled]);
        (await ListAsync(new JobFilter { States = rare }, limit: 2)).ShouldBe([running, paused, waiting, failed, cancelled]);
        (await ListAsync(new JobFilter { States = rare, OldestFirst = true }, limit: 1)).ShouldBe([cancelled, failed, waiting, paused, running]);
        (await ListAsync(new JobFilter { States = [JobState.Paused, JobState.Waiting] })).ShouldBe([paused, waiting]);
        (await ListAsync(new JobFilter { States = [JobState.Failed, JobState.Running] })).ShouldBe([running, failed]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Pending_jobs_are_found_wherever_they_stand(int limit)
    {
        var first = await EnqueueManyAsync(20);
        var later = await EnqueueManyAsync(20, static (job, _) => job with { Delay = TimeSpan.FromHours(1) });
        var one = await EnqueueAsync(static job => job with { Priority = 200 });
        var second = await EnqueueManyAsync(20);
        var worker = await OpenWorkerAsync();
        var runs = await worker.ClaimAsync(25); // the first twenty and five of the second
        await worker.EndAsync(runs[3], Outcome.Retry, static settlement => settlement with { Delay = TimeSpan.FromMinutes(1) });
        await worker.EndAsync(runs[7], Outcome.HandedBack);
        await worker.EndAsync(runs[22], Outcome.Retry, static settlement => settlement with { Delay = TimeSpan.Zero });
        foreach (var run in runs.Where(static (_, i) => i is not 3 and not 7 and not 22).Take(18))
            await worker.EndAsync(run, Outcome.Completed);
        await ActAsync(JobAction.Pause, second[10]);
        await ActAsync(JobAction.Cancel, later[4]);

        JobId[] pending = [first[3], first[7], .. later.Where((_, i) => i != 4), one, second[2], .. second[5..].Where(id => id != second[10])];
        (await ListAsync(new JobFilter { States = [JobState.Pending], OldestFirst = true }, limit)).ShouldBe(pending);
        (await ListAsync(new JobFilter { States = [JobState.Pending] }, limit)).ShouldBe(pending.Reverse());
        (await ListAsync(new JobFilter { Derived = DerivedState.Retrying }, limit)).ShouldBe([second[2], first[3]]);
        (await ListAsync(new JobFilter { Derived = DerivedState.Retrying, OldestFirst = true }, limit)).ShouldBe([first[3], second[2]]);
        (await ListAsync(new JobFilter { Derived = DerivedState.Scheduled, OldestFirst = true }, limit)).ShouldBe(later.Where((_, i) => i != 4));
        (await ListAsync(new JobFilter { States = [JobState.Running], Derived = DerivedState.Retrying }, limit)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rare_ones_among_many_that_are_pending_are_all_found()
    {
        // More than a store looks at together, in a few ranges and single ones.
        var ids = (JobId[])[.. await ManyAsync(), .. await ManyAsync()];
        var rare = ids.Where(static (_, i) => i % 1_500 == 700).ToArray();
        var worker = await OpenWorkerAsync();
        await worker.ClaimAsync(50);

        (await ListAsync(new JobFilter { States = [JobState.Pending], Name = "test.rare" }, limit: 3)).ShouldBe(rare.Reverse());
        (await ListAsync(new JobFilter { States = [JobState.Pending], Name = "test.rare", OldestFirst = true }, limit: 3)).ShouldBe(rare);
        (await ListAsync(new JobFilter { States = [JobState.Pending], OldestFirst = true }, limit: 1_000)).ShouldBe(ids[50..]);
        (await ListAsync(new JobFilter { States = [JobState.Pending] }, limit: 1_000)).ShouldBe(ids[50..].Reverse());

        Task<JobId[]> ManyAsync() => EnqueueManyAsync(6_000, static (job, i) => i % 1_500 == 700 ? job with { Name = "test.rare" } : job);
    }

    [Fact]
    public async Task Failed_jobs_whose_hook_is_due_are_listed_among_completed_ones()
    {
        var ids = await EnqueueManyAsync(20);
        var worker = await OpenWorkerAsync();
        foreach (var run in await worker.ClaimAsync(20))
            await worker.EndAsync(run, run.Key.Job == ids[15] ? Outcome.Completed : Outcome.Failed, static settlement => settlement with { FailedHook = settlement.Outcome == Outcome.Failed });

        await EnqueueManyAsync(1_500); // beside them, and more than a store looks at together

        (await ListAsync(new JobFilter { States = [JobState.Completed, JobState.Failed] })).ShouldBe(ids.Reverse());
        (await ListAsync(new JobFilter { States = [JobState.Completed, JobState.Failed], OldestFirst = true }, limit: 3)).ShouldBe(ids);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(1_000)]
    public async Task A_backlog_of_others_hides_nothing(int limit)
    {
        // A store may step over the others' stretches: what lies before, between and behind them is still found, and so are cursors among them.
        var ids = (JobId[])[.. await ManyAsync("a", 300), .. await ManyAsync("b", 6_000), .. await ManyAsync("a", 10), .. await ManyAsync("b", 4_000), .. await ManyAsync("a", 1)];
        var own = (JobId[])[.. ids[..300], .. ids[6_300..6_310], ids[^1]];
        var worker = await OpenWorkerAsync();
        foreach (var run in await worker.ClaimAsync(305, static claim => claim with { Queues = ["a"] }))
            await worker.EndAsync(run, Outcome.Completed);

        (await ListAsync(new JobFilter { Queue = "a" }, limit)).ShouldBe(own.Reverse());
        (await ListAsync(new JobFilter { Queue = "a", OldestFirst = true }, limit)).ShouldBe(own);
        (await ListAsync(new JobFilter { Queue = "a", States = [JobState.Pending] }, limit)).ShouldBe(own[305..].Reverse());
        (await ListAsync(new JobFilter { States = [JobState.Completed] }, limit)).ShouldBe(own[..305].Reverse());
        (await ListAsync(new JobFilter { States = [JobState.Completed], OldestFirst = true }, limit)).ShouldBe(own[..305]);
        (await ListAsync(new JobFilter { Queue = "c*" }, limit)).ShouldBeEmpty();

        Task<JobId[]> ManyAsync(string queue, int count) => EnqueueManyAsync(count, (job, _) => job with { Queue = queue });
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    public async Task What_jobs_failed_with_is_listed_newest_first(int limit)
    {
        var failed = new List<JobId>();
        for (var i = 0; i < 7; i++)
        {
            var number = i;
            failed.Add(await FinishedAsync(
                Outcome.Failed,
                job => job with { Name = $"fails.{number % 2}", Queue = $"q{number % 3}", Owner = number == 4 ? "ann" : null },
                settlement => settlement with { Error = new JobError("IOException", $"no space left on disk {number}", "at Somewhere()") }));
            await FinishedAsync(Outcome.Cancelled);
        }

        var all = await FailuresAsync(new FailureFilter());
        all.Select(static failure => failure.Job).ShouldBe(failed.AsEnumerable().Reverse());
        var newest = await GetAsync(failed[^1]);
        all[0].ShouldBe(new FailureRecord(newest.Id, "fails.0", "IOException", "no space left on disk 6", newest.FinishedAt!.Value));
        (await FailuresAsync(new FailureFilter { Name = "fails.1" })).Select(static failure => failure.Job).ShouldBe([failed[5], failed[3], failed[1]]);
        (await FailuresAsync(new FailureFilter { Queue = "*0", Name = "*.0" })).Select(static failure => failure.Job).ShouldBe([failed[6], failed[0]]);
        (await FailuresAsync(new FailureFilter { Owner = "ann" })).Select(static failure => failure.Job).ShouldBe([failed[4]]);
        (await FailuresAsync(new FailureFilter { Queue = "none" })).ShouldBeEmpty();

        async Task<List<FailureRecord>> FailuresAsync(FailureFilter filter)
        {
            var (found, after) = (new List<FailureRecord>(), default(string));
            do
            {
                var page = await Store.ListFailuresAsync(filter, new PageRequest(limit, after), Cancel);
                page.Items.Count.ShouldBeLessThanOrEqualTo(limit);
                found.AddRange(page.Items);
                after = page.Next;
            }
            while (after is not null);

            return found;
        }
    }

    private async Task<List<JobId>> ListAsync(JobFilter filter, int limit = 100)
    {
        var (ids, after) = (new List<JobId>(), default(string));
        do
        {
            var page = await Store.ListJobsAsync(filter, new PageRequest(limit, after), Cancel);
            page.Items.Count.ShouldBeLessThanOrEqualTo(limit);
            ids.AddRange(page.Items.Select(static job => job.Id));
            after = page.Next;
        }
        while (after is not null);

        return ids;
    }
}
