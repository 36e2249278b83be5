using System.Data.Common;
using Longhaul.Diagnostics;
using Longhaul.Jobs;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Worker;

/// <summary>
/// A worker: one or two claim lanes with their slots, one heart, one settler, one flusher, and the care for others' remains.
/// This class puts them together, begins them and ends them; the work is done in the parts.
/// </summary>
internal sealed class JobWorker : IHeartListener, IRunHost
{
    /// <summary>Polls are spread by a fifth to either side.</summary>
    public const double LongestPoll = 1.2;

    private readonly Lock _stopping = new();
    private readonly CancellationTokenSource _claiming = new();
    private readonly TaskCompletionSource _stopAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SessionKeeper _sessions;
    private readonly Flusher _flusher;
    private readonly Recovery _recovery;
    private readonly Reconciler _reconciler;
    private readonly HungCode _hung;
    private readonly PrepareJob _prepare;
    private readonly List<ClaimLane> _lanes = [];
    private long _claimed;
    private long _lookedAt;
    private volatile bool _hasNothingExpired;
    private volatile bool _quiet;
    private volatile string _why = "asked to";

    public JobWorker(WorkerParts parts)
    {
        Store = parts.Store;
        Services = parts.Services;
        Registry = parts.Registry;
        Options = parts.Options;
        Time = parts.Time;
        Logger = new TolerantLogger(parts.Logger);
        Metrics = parts.Metrics;
        _prepare = parts.Prepare;
        Name = Options.Name ?? Environment.GetEnvironmentVariable("WORKER_ID") ?? $"{Environment.MachineName}:{Environment.ProcessId}";

        _sessions = new SessionKeeper(this);
        Settler = new Settler(Store, Time, Logger, Settled);
        _flusher = new Flusher(Store, () => _sessions.Current, Options, Time, Logger);
        _recovery = new Recovery(Store, Options, Time, Metrics, Logger);
        _reconciler = new Reconciler(Store, Logger);
        _hung = new HungCode(this);
        Runner = new Runner(this);
        AddLanes();
    }

    public IJobStore Store { get; }

    public IServiceProvider Services { get; }

    public JobRegistry Registry { get; }

    public WorkerOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public JobMetrics Metrics { get; }

    public string Name { get; }

    public Settler Settler { get; }

    public Runner Runner { get; }

    /// <summary>Trips when the worker is to claim nothing more.</summary>
    public CancellationToken Claiming => _claiming.Token;

    /// <summary>0, or what the process should exit with so that a supervisor knows why: 12 memory, 13 code that does not end.</summary>
    public int ExitCode { get; private set; }

    public WorkerState State => Claiming.IsCancellationRequested ? WorkerState.Stopping : _quiet ? WorkerState.Quiet : WorkerState.Active;

    /// <summary>Whether it has no run in hand, settled ones included.</summary>
    public bool IsIdle => _sessions.Current.Runs.Count == 0;

    /// <summary>Whether the heart looks for work about as often as a lane would.</summary>
    public bool HeartLooksForWork
        => Volatile.Read(ref _lookedAt) is not 0 and var at && Time.GetElapsedTime(at) < Options.PollInterval * LongestPoll;

    /// <summary>Whether the heart has seen that nothing waits to be pruned.</summary>
    public bool HasNothingExpired => _hasNothingExpired;

    /// <summary>Works until <see cref="Stop"/> is called or a limit of the options is reached, then ends in order.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await _sessions.OpenAsync(cancellationToken).ConfigureAwait(false);
        Log.WorkerBegan(Logger, Name, _sessions.Current.Id, Options.QueueNames is { } q ? string.Join(',', q) : "all", Options.Concurrency + Options.LongSlots);
        Settler.Start();
        _flusher.Start();
        var lanes = Task.WhenAll(_lanes.Select(static lane => Task.Run(lane.RunAsync)));
        var caretaker = new Caretaker(this);
        caretaker.Start();
        using (cancellationToken.Register(() => Stop("asked to"))) // also while it drains: then the runs are interrupted
        {
            await _stopAsked.Task.ConfigureAwait(false);
            await new Stopper(this, _hung).WaitForRunsAsync(lanes).ConfigureAwait(false);
        }

        await caretaker.StopAsync().ConfigureAwait(false);
        await _flusher.StopAsync().ConfigureAwait(false);
        await Settler.StopAsync().ConfigureAwait(false);
        await _sessions.StopHeartAsync().ConfigureAwait(false); // before those that it begins
        await _recovery.StopAsync().ConfigureAwait(false);
        await _reconciler.StopAsync().ConfigureAwait(false);
        await _sessions.CloseAsync().ConfigureAwait(false); // hands back what is left: code that did not end in its time
        Log.WorkerEnded(Logger, Name, _why, Volatile.Read(ref _claimed));
    }

    /// <summary>Asks the worker to end in order. Does not wait.</summary>
    /// <param name="why">For the log.</param>
    /// <param name="drain">Let the runs finish instead of interrupting them.</param>
    /// <param name="exitCode">For the process.</param>
    public void Stop(string why, bool drain = false, int exitCode = 0)
    {
        lock (_stopping) // the heart, a lane, the caretaker and the host may ask at once
        {
            if (_claiming.IsCancellationRequested)
            {
                IsDraining &= drain; // an order to stop is stronger than a limit that was reached before
                return;
            }

            _why = why;
            IsDraining = drain;
            ExitCode = exitCode;
            _ = _claiming.CancelAsync(); // off-thread: the heart may be the one who calls
        }

        _stopAsked.TrySetResult();
        Log.WorkerStopping(Logger, Name, why);
    }

    /// <summary>Whether a stopping worker lets its runs finish.</summary>
    public bool IsDraining { get; private set; }

    public ValueTask<WorkerSession> SessionAsync() => _sessions.GetAsync(Claiming);

    public ActiveRun[] Runs() => _sessions.Current.Runs.Snapshot();

    public void SessionLost(WorkerSession session, string why)
    {
        session.Lose();
        _sessions.Replace(session, why);
    }

    /// <summary>With a limit on the number of jobs, lanes claim one after the other: two at once would each take what is left.</summary>
    public SemaphoreSlim? Turn { get; private set; }

    /// <summary>Lowers what a lane asks for to what limits allow.</summary>
    public (int Slots, int Prefetch) Allow(int slots, int prefetch)
    {
        if (_quiet)
            return (0, 0);
        if (Options.MaxJobs is not { } max)
            return (slots, prefetch);
        return ((int)Math.Min(slots, max - Volatile.Read(ref _claimed)), 0);
    }

    public void Claimed(int count)
    {
        if (Interlocked.Add(ref _claimed, count) >= Options.MaxJobs)
            Stop("the number of jobs it may run is reached", drain: true);
    }

    /// <summary>A lane has looked for work.</summary>
    public void Looked()
    {
        if (Options.StopWhenEmpty && _lanes.TrueForAll(static lane => lane.IsDry))
            Stop("nothing is due", drain: true);
    }

    /// <summary>Makes a claimed run one of the session's.</summary>
    public ActiveRun Admit(ClaimedRun claim, WorkerSession session)
    {
        var definition = Registry.Find(claim.Name) ?? throw new InvalidOperationException($"The store gave job {claim.Key.Job} of the name '{claim.Name}', which was not asked for.");
        var limits = RunLimits.Of(claim.Policy, definition.Policy, Options);
        var run = new ActiveRun(claim, definition, new RunState(claim, this) { MaxAttempts = limits.MaxAttempts }, session) { ClaimedAt = Time.GetTimestamp() };
        session.Runs.Add(run);
        if (session.Lost.IsCancellationRequested)
            run.State.Stop(StopReason.LeaseLost); // lost between the claim and here
        return run;
    }

    public void Began(ActiveRun run)
    {
        run.IsCounted = true;
        Metrics.Began(run.Claim);
        if (run.Claim.LostRuns > 0)
            LookCloser(run);
        Log.RunBegan(Logger, run.Claim.Key.Job, run.Claim.Name, run.Claim.RunNumber);
    }

    /// <summary>After a loss a run tells its headway soon, as if somebody watched: where workers die often, a job that goes on each time is no poison.</summary>
    private void LookCloser(ActiveRun run)
    {
        run.WatchedUntil = Time.GetTimestamp() + (long)(Options.FlushInterval.TotalSeconds * Time.TimestampFrequency);
        _flusher.Watched();
    }

    public void Ended(ActiveRun run, Settlement settlement)
    {
        if (run.IsCounted)
            Metrics.Ended(run.Claim, settlement);
        Log.RunEnded(Logger, run.Claim.Key.Job, run.Claim.Name, settlement.Outcome, settlement.Duration.TotalMilliseconds);
    }

    /// <summary>A run was given up though its code goes on.</summary>
    public void Hangs(ActiveRun run, Task code)
    {
        _hung.Add(run, code);
        if (Options.ExitWhenCodeHangs)
            Stop("code of a timed-out run does not end", drain: true, exitCode: 13);
    }

    private void Settled(ActiveRun run, SettleAnswer answer)
    {
        run.Session.Runs.Remove(run);
        _hung.Settled(run);
        if (answer.Status == SettleStatus.LeaseLost)
            Metrics.Refused(run.Claim);
    }

    private void AddLanes()
    {
        if (Options.LongSlots == 0)
        {
            _lanes.Add(new ClaimLane(this, Registry.Names, Options.Concurrency));
            return;
        }

        if (Options.MaxJobs is not null)
            Turn = new SemaphoreSlim(1, 1);
        var byLength = Registry.Names.ToLookup(n => Registry.Find(n)!.LongRunning);
        _lanes.Add(new ClaimLane(this, [.. byLength[false]], Options.Concurrency));
        _lanes.Add(new ClaimLane(this, [.. byLength[true]], Options.LongSlots));
    }

    void IHeartListener.Beaten(WorkerSession session, BeatAnswer answer, long sentAt)
    {
        if (!answer.RunsAgree)
            _reconciler.Look(session);
        _recovery.Look(session, answer, sentAt);
        if (answer.LookedForWork)
            Volatile.Write(ref _lookedAt, sentAt);
        if (answer.HasExpired is { } expired)
            _hasNothingExpired = !expired;
        _quiet = answer.Order == WorkerOrder.Quiet;
        if (answer.Order == WorkerOrder.Stop)
            Stop("ordered through the store");
    }

    void IHeartListener.Watched() => _flusher.Watched();

    Task IRunHost.FlushAsync(RunState run, CancellationToken cancellationToken) => _flusher.FlushAsync(Find(run), cancellationToken);

    ILogger IRunHost.Logger => Logger;

    async Task IRunHost.SaveAsync(RunState run, RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
    {
        _ = Find(run);
        if (await Store.SaveAsync(update, transaction, cancellationToken).ConfigureAwait(false) == WriteAnswer.Written)
            return;
        run.Stop(StopReason.LeaseLost);
        throw new LeaseLostException();
    }

    async Task IRunHost.CompleteAsync(RunState run, DbTransaction transaction, CancellationToken cancellationToken)
    {
        var active = Find(run);
        var settlement = await Runner.CompletionAsync(active).ConfigureAwait(false);
        if ((await Store.SettleAsync(settlement, transaction, cancellationToken).ConfigureAwait(false)).Status != SettleStatus.LeaseLost)
            return;
        run.Stop(StopReason.LeaseLost);
        throw new LeaseLostException();
    }

    ValueTask IRunHost.LeaseProvenAsync(CancellationToken cancellationToken)
        => _sessions.Current.IsProven ? default : new ValueTask(_sessions.ProvenAsync(cancellationToken));

    ValueTask<NewJob> IRunHost.PrepareAsync(object payload, EnqueueOptions? options, CancellationToken cancellationToken)
        => _prepare(payload, options, cancellationToken);

    async Task<IReadOnlyList<ItemFailureRecord>> IRunHost.FailedItemsAsync(RunState run, CancellationToken cancellationToken)
    {
        var all = new List<ItemFailureRecord>();
        string? next = null;
        do
        {
            var page = await Store.ListItemFailuresAsync(run.Claim.Key.Job, new PageRequest(1_000, next), cancellationToken).ConfigureAwait(false);
            all.AddRange(page.Items);
            next = page.Next;
        }
        while (next is not null);
        return all;
    }

    private ActiveRun Find(RunState run) => _sessions.Current.Runs.Find(run.Claim.Key) ?? throw new LeaseLostException();
}
