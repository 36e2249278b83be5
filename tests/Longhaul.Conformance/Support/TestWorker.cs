using Longhaul.Storage;

namespace Longhaul.Conformance;

/// <summary>A worker as a store sees it: a session with its claims, beats, flushes and settlements, one at a time.</summary>
public sealed class TestWorker : IDisposable
{
    private readonly IJobStore _store;
    private IHeart? _heart;

    private TestWorker(IJobStore store, WorkerRecord record) => (_store, Record) = (store, record);

    /// <summary>What it told at the start.</summary>
    public WorkerRecord Record { get; }

    /// <summary>Its session.</summary>
    public SessionId Session => Record.Session;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Opens a session that handles <see cref="Make.Name"/> from all queues, unless <paramref name="change"/> says otherwise.</summary>
    public static async Task<TestWorker> OpenAsync(IJobStore store, Func<WorkerRecord, WorkerRecord>? change = null)
    {
        var record = new WorkerRecord
        {
            Session = new SessionId(Make.Token()),
            Name = "worker",
            HostName = "host",
            Host = new HostIdentity("boot-1", "machine-1", "pids-1"),
            ProcessId = 1000,
            ProcessStart = "12345",
            Names = [Make.Name],
            Concurrency = 8,
            Lease = Make.Lease,
        };
        var worker = new TestWorker(store, change is null ? record : change(record));
        await store.OpenSessionAsync(worker.Record, Cancel);
        return worker;
    }

    /// <summary>Claims with a free choice of everything.</summary>
    public Task<ClaimAnswer> AskAsync(int slots = 1, Func<ClaimRequest, ClaimRequest>? change = null)
    {
        var request = new ClaimRequest
        {
            Session = Session,
            ClaimId = Make.Token(),
            Queues = Record.Queues,
            Names = Record.Names,
            Slots = slots,
        };
        return _store.ClaimAsync(change is null ? request : change(request), Cancel);
    }

    /// <summary>The runs of a claim.</summary>
    public async Task<IReadOnlyList<ClaimedRun>> ClaimAsync(int slots = 1, Func<ClaimRequest, ClaimRequest>? change = null)
        => (await AskAsync(slots, change)).Runs;

    /// <summary>The jobs of a claim, in the order in which they came.</summary>
    public async Task<JobId[]> ClaimIdsAsync(int slots = 100, Func<ClaimRequest, ClaimRequest>? change = null)
        => [.. (await ClaimAsync(slots, change)).Select(static run => run.Key.Job)];

    /// <summary>The one run that must be there.</summary>
    public async Task<ClaimedRun> ClaimOneAsync(Func<ClaimRequest, ClaimRequest>? change = null)
    {
        var runs = await ClaimAsync(1, change);
        runs.Count.ShouldBe(1, "one job should have been claimable");
        return runs[0];
    }

    /// <summary>The one run that must be there, of this very job.</summary>
    public async Task<ClaimedRun> ClaimOneAsync(JobId job)
    {
        var run = await ClaimOneAsync();
        run.Key.Job.ShouldBe(job);
        return run;
    }

    /// <summary>Ends a run.</summary>
    public async Task<SettleAnswer> SettleAsync(ClaimedRun run, Outcome outcome, Func<Settlement, Settlement>? change = null)
    {
        var settlement = Make.Settlement(run, outcome);
        return (await _store.SettleAsync([change is null ? settlement : change(settlement)], Cancel)).ShouldHaveSingleItem();
    }

    /// <summary>Ends a run, which must be accepted.</summary>
    /// <returns>The job's state.</returns>
    public async Task<JobState> EndAsync(ClaimedRun run, Outcome outcome, Func<Settlement, Settlement>? change = null)
    {
        var answer = await SettleAsync(run, outcome, change);
        answer.Status.ShouldBe(SettleStatus.Settled);
        return answer.State;
    }

    /// <summary>Writes what a run has to tell.</summary>
    public async Task<WriteAnswer> FlushAsync(ClaimedRun run, Func<RunUpdate, RunUpdate> change)
        => (await _store.FlushAsync([change(new RunUpdate { Key = run.Key })], Cancel)).ShouldHaveSingleItem();

    /// <summary>Writes what a run has to tell, which must be accepted.</summary>
    public async Task WriteAsync(ClaimedRun run, Func<RunUpdate, RunUpdate> change)
        => (await FlushAsync(run, change)).ShouldBe(WriteAnswer.Written);

    /// <summary>One tick of the heart, with the runs that the worker knows.</summary>
    public BeatAnswer Beat(IReadOnlyList<ClaimedRun> runs, bool renew = true, Func<Beat, Beat>? change = null)
    {
        var beat = new Beat
        {
            Renew = renew,
            RunCount = runs.Count,
            RunHash = runs.Aggregate(0L, static (hash, run) => hash ^ run.Key.Token),
        };
        _heart ??= _store.OpenHeart(Session);
        return _heart.Beat(change is null ? beat : change(beat));
    }

    /// <summary>One tick of the heart of a worker without runs, or whose runs do not matter.</summary>
    public BeatAnswer Beat(bool renew = true) => Beat([], renew);

    /// <summary>The orders for one run, as a tick brings them.</summary>
    public IReadOnlyList<RunOrder> OrdersFor(ClaimedRun run) => [.. Beat([run], renew: false).Orders.Where(order => order.Run == run.Key)];

    /// <summary>Ends the session in order.</summary>
    public Task CloseAsync() => _store.CloseSessionAsync(Session, Cancel);

    /// <inheritdoc/>
    public void Dispose() => _heart?.Dispose();
}
