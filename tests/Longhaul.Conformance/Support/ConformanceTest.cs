using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>The ground that all suites stand on: a fresh, opened store and its clock for each test, and short words for what tests do.</summary>
/// <typeparam name="TFixture">Where the store comes from.</typeparam>
[Trait("Part", "conformance")]
public abstract class ConformanceTest<TFixture> : IAsyncLifetime where TFixture : StoreFixture, new()
{
    private readonly List<TestWorker> _workers = [];

    /// <summary>This test's own.</summary>
    protected TFixture Fixture { get; } = new();

    /// <summary>The store under test.</summary>
    protected IJobStore Store { get; set; } = null!;

    /// <summary>Its clock.</summary>
    protected ManualClock Clock => Fixture.Clock;

    /// <summary>The test's own cancellation.</summary>
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public virtual async ValueTask InitializeAsync()
    {
        await Fixture.PrepareAsync(Cancel);
        Store = await Fixture.OpenStoreAsync(Cancel);
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            worker.Dispose();
        await Fixture.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Skips the test, by the capability's name, where the store lacks it.</summary>
    protected void Needs(StoreCapabilities capability)
        => Assert.SkipUnless(Store.Info.Capabilities.HasFlag(capability), $"The {Store.Info.Driver} store lacks {capability}.");

    /// <summary>Opens a worker's session.</summary>
    protected async Task<TestWorker> OpenWorkerAsync(Func<WorkerRecord, WorkerRecord>? change = null, IJobStore? store = null)
    {
        var worker = await TestWorker.OpenAsync(store ?? Store, change);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>A job with an id of the store's, not written yet.</summary>
    protected async Task<NewJob> NewJobAsync(Func<NewJob, NewJob>? change = null)
    {
        var job = Make.Job(await Store.TakeIdsAsync(1, null, Cancel));
        return change is null ? job : change(job);
    }

    /// <summary>Jobs with consecutive ids, not written yet.</summary>
    protected async Task<NewJob[]> NewJobsAsync(int count, Func<NewJob, int, NewJob>? change = null)
    {
        var first = await Store.TakeIdsAsync(count, null, Cancel);
        return [.. Enumerable.Range(0, count).Select(i => Make.Job(new JobId(first.Value + i))).Select((job, i) => change is null ? job : change(job, i))];
    }

    /// <summary>Writes one job, whatever the answer.</summary>
    protected async Task<EnqueueAnswer> WriteAsync(NewJob job) => (await Store.EnqueueAsync([job], null, Cancel)).ShouldHaveSingleItem();

    /// <summary>Writes one job, which must be created.</summary>
    protected async Task<JobId> EnqueueAsync(Func<NewJob, NewJob>? change = null)
    {
        var job = await NewJobAsync(change);
        (await WriteAsync(job)).ShouldBe(new EnqueueAnswer(EnqueueStatus.Created, job.Id));
        return job.Id;
    }

    /// <summary>Writes jobs with rising ids, which must all be created.</summary>
    protected async Task<JobId[]> EnqueueManyAsync(int count, Func<NewJob, int, NewJob>? change = null)
    {
        var jobs = await NewJobsAsync(count, change);
        foreach (var part in jobs.Chunk(1_000))
            (await Store.EnqueueAsync(part, null, Cancel)).ShouldAllBe(static answer => answer.Status == EnqueueStatus.Created);
        return [.. jobs.Select(static job => job.Id)];
    }

    /// <summary>A job that must be there.</summary>
    protected async Task<JobRecord> GetAsync(JobId id) => (await Store.GetJobAsync(id, Cancel)).ShouldNotBeNull($"job {id} should be in the store");

    /// <summary>The state of a job that must be there.</summary>
    protected async Task<JobState> StateOfAsync(JobId id) => (await GetAsync(id)).State;

    /// <summary>Does one thing to one job.</summary>
    protected async Task<ActionAnswer> ActAsync(JobAction action, JobId job, string? by = "ann", string? reason = null)
        => (await Store.ActAsync(action, [job], new ActionContext(by, reason), Cancel)).ShouldHaveSingleItem();

    /// <summary>Looks for the dead as a person or another worker does.</summary>
    protected Task<RecoveryReport> RecoverAsync(TestWorker? observer = null, params IReadOnlyList<TestWorker> proven)
        => Store.RecoverAsync(observer?.Session, [.. proven.Select(static worker => worker.Session)], null, Cancel);

    /// <summary>Claims what is due, up to 100, with a worker of its own that has all the names it is given.</summary>
    protected async Task<JobId[]> DueIdsAsync(params string[] names)
    {
        var worker = await OpenWorkerAsync(record => record with { Names = names.Length == 0 ? [Make.Name] : names });
        return await worker.ClaimIdsAsync();
    }

    /// <summary>Enqueues a job and brings it to an end through a worker.</summary>
    protected async Task<JobId> FinishedAsync(Outcome outcome = Outcome.Completed, Func<NewJob, NewJob>? change = null, Func<Settlement, Settlement>? settle = null)
    {
        var id = await EnqueueAsync(change);
        var job = await GetAsync(id);
        var worker = await OpenWorkerAsync(record => record with { Names = [job.Name], Queues = [job.Queue] });
        await worker.EndAsync(await worker.ClaimOneAsync(id), outcome, settle);
        return id;
    }
}
