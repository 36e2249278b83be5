using System.Collections.Concurrent;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>How much of a crash campaign one slice is.</summary>
internal sealed record CrashPlan
{
    public int Seed { get; init; } = 1;

    public int Kills { get; init; } = 100;

    /// <summary>Places where workers that are to die stand side by side, beside one that stays.</summary>
    public int Victims { get; init; } = 2;

    /// <summary>Whether one more worker is frozen and thawed again and again (F4).</summary>
    public bool Freezes { get; init; } = true;

    /// <summary>Whether sessions of the store's server are ended again and again, as an administrator or a proxy does.</summary>
    public bool EndsSessions { get; init; }

    /// <summary>Whether the store's server is killed and started again.</summary>
    public bool KillsServer { get; init; }

    /// <summary>How long a worker may take to come to the point at which it is to die, where another may be first to do what is done there.</summary>
    public TimeSpan RareReach { get; init; } = CrashSlice.ReachLimit;

    /// <summary>So many jobs are kept waiting or running.</summary>
    public int Backlog { get; init; } = 40;

    public TimeSpan Drain { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Told now and then how many kills there were.</summary>
    public Action<int>? Progress { get; init; }
}

/// <summary>What a slice came to.</summary>
internal sealed record CrashSliceResult(History History, IReadOnlyDictionary<string, int> KillsByPoint)
{
    /// <summary>Milliseconds from the moment at which the server was back until a worker had claimed or settled something.</summary>
    public IReadOnlyList<double> BackToWork { get; init; } = [];

    public int Kills => KillsByPoint.Values.Sum();

    public int Enqueued => History.Jobs.Count(static j => j.Created is not null);

    public int Completed => History.Jobs.Count(static j => j.Dump is { State: JobState.Completed });
}

/// <summary>
/// Kills worker processes at named points and at any moment, while producers enqueue, an operator cancels and pauses, one worker is frozen and thawed,
/// and the runner repeats writes of runs that are over. Then heals, drains and reads everything out.
/// </summary>
internal sealed partial class CrashSlice(Stage stage, CrashPlan plan)
{
    /// <summary>How long a worker may take to come to the point at which it is to die.</summary>
    public static readonly TimeSpan ReachLimit = TimeSpan.FromSeconds(8);

    /// <summary>Where a process can be made to die: the worker's own points, and before and after the store's commits.</summary>
    public static readonly string[] WorkerPoints =
    [
        "claim-before-commit", "claim-after-commit", "claim-answer", "before-handler", "after-handler",
        "settle-before-commit", "settle-after-commit", "flush-before-commit", "flush-after-commit", "recover-before-commit", "recover-after-commit", Anytime,
    ];

    /// <summary>With a server there is one more: while the call is on its way.</summary>
    public static readonly string[] ServerPoints = [.. WorkerPoints, "claim-sent", "settle-sent", "flush-sent"];

    public static readonly string[] ProducerPoints = ["enqueue-before-commit", "enqueue-after-commit", Anytime];

    private const string Anytime = "anytime";
    private const double FreezerLease = 2;
    private const long FirstFed = 1_000_000;

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, int> _kills = [];
    private readonly Random _random = new(plan.Seed);
    private readonly List<double> _backToWork = [];
    private int _killed;
    private int _point = plan.Seed;

    private bool IsOver => Volatile.Read(ref _killed) >= plan.Kills;

    public async Task<CrashSliceResult> RunAsync()
    {
        await stage.StartReadyWorkerAsync(); // somebody is there throughout to see the others die; it is killed now and then too
        List<Task> faults = [FeedAsync(), AnchorAsync(), ProduceAsync(), OperateAsync(), ReplayAsync()];
        for (var i = 0; i < plan.Victims; i++)
            faults.Add(VictimAsync());
        if (plan.Freezes)
            faults.Add(FreezeAsync());
        if (stage.Server is { } server)
        {
            if (plan.EndsSessions)
                faults.Add(EndSessionsAsync(server));
            if (plan.KillsServer)
                faults.Add(KillServerAsync(server));
        }

        await Task.WhenAll(faults);

        var last = await stage.StartReadyWorkerAsync();
        await stage.DrainAsync(plan.Drain);
        last.Terminate();
        await last.WaitForExitAsync(EndLimit);
        await ReplayOnceAsync([]);
        return new CrashSliceResult(await stage.FinishAsync(), _kills) { BackToWork = _backToWork };
    }

    private int Next(int from, int to)
    {
        lock (_random)
            return _random.Next(from, to);
    }

    private Task PauseAsync(int from, int to) => Task.Delay(TimeSpan.FromMilliseconds(Next(from, to)), TimeProvider.System);

    private void Count(string point, bool isKill = true)
    {
        _kills.AddOrUpdate(point, 1, static (_, n) => n + 1);
        if (!isKill)
            return;
        var kills = Interlocked.Increment(ref _killed);
        plan.Progress?.Invoke(kills);
    }

    /// <summary>One after the other: a worker that dies at a point, or is killed when it does not come there.</summary>
    private async Task VictimAsync()
    {
        for (var turn = 0; !IsOver; turn++)
        {
            if (turn % 9 == 8)
            {
                await StopInOrderAsync();
                continue;
            }

            var point = NextPoint(turn);
            var rare = point.StartsWith("recover", StringComparison.Ordinal);
            var most = point.StartsWith("flush", StringComparison.Ordinal) ? 4 : 12; // flushes are a second apart
            var victim = stage.StartWorker(null, point == Anytime ? null : $"{point}:{(rare ? 1 : Next(1, most))}");
            await stage.UntilReadyAsync(victim); // or dead: some points lie before
            await DieAsync(victim, point, rare ? plan.RareReach : ReachLimit);
        }
    }

    /// <summary>One point after the other, and every other turn one at which nobody died yet: at some another worker is often first.</summary>
    private string NextPoint(int turn)
    {
        var points = stage.Server is null ? WorkerPoints : ServerPoints;
        var missing = turn % 2 == 1 ? Array.FindAll(points, p => !_kills.ContainsKey(p)) : [];
        if (missing.Length > 0)
            points = missing;
        return points[(int)((uint)Interlocked.Increment(ref _point) % points.Length)];
    }

    private async Task DieAsync(ChildProcess process, string point, TimeSpan reach)
    {
        var patience = point == Anytime ? TimeSpan.FromMilliseconds(Next(300, 4_000)) : reach;
        if (!await process.ExitsWithinAsync(patience))
        {
            process.Kill();
            point = Anytime;
        }

        await process.WaitForExitAsync(EndLimit);
        if (process.ExitCode == 137)
            Count(point);
    }

    private async Task StopInOrderAsync()
    {
        var worker = await stage.StartReadyWorkerAsync();
        await PauseAsync(500, 2_500);
        worker.Terminate();
        await worker.WaitForExitAsync(EndLimit);
    }

    /// <summary>A worker that stays for long, so that takeovers are measured and not only starts of processes.</summary>
    private async Task AnchorAsync()
    {
        while (!IsOver)
        {
            var anchor = await stage.StartReadyWorkerAsync();
            var until = Volatile.Read(ref _killed) + 12;
            await Until.TrueAsync(() => IsOver || anchor.HasExited || Volatile.Read(ref _killed) >= until, TimeSpan.FromMinutes(10), "a dozen kills");
            if (IsOver)
                return; // it helps to drain
            anchor.Kill();
            await anchor.WaitForExitAsync(EndLimit);
            Count(Anytime);
        }
    }

    /// <summary>Stops a worker for three leases and lets it go on: others have its jobs by then.</summary>
    private async Task FreezeAsync()
    {
        while (!IsOver)
        {
            var worker = await stage.StartReadyWorkerAsync(static settings => settings with { LeaseSeconds = FreezerLease, HeartbeatSeconds = 0.3 });
            if (await RunsSomethingAsync(worker))
            {
                worker.Freeze();
                // One that was stopped inside a transaction holds up everybody: that is another fault, with a test of its own.
                if (await stage.CanWriteAsync())
                    await Task.Delay(TimeSpan.FromSeconds(FreezerLease * 3), TimeProvider.System);
                worker.Thaw();
                await PauseAsync(1_500, 3_000);
            }

            worker.Kill();
            await worker.WaitForExitAsync(EndLimit);
            Count("thawed");
        }
    }

    private async Task<bool> RunsSomethingAsync(ChildProcess worker)
    {
        try
        {
            await stage.UntilAsync(
                events =>
                {
                    var mine = events.FindAll(e => e.Proc == worker.Name);
                    return mine.Count(static e => e.Op == Ops.Begin) > mine.Count(static e => e.Op == Ops.End) && mine.Exists(static e => e.Op == Ops.Flush);
                },
                TimeSpan.FromSeconds(15),
                "a handler to be at work");
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task ProduceAsync()
    {
        var earlier = new List<string>();
        for (var turn = 0; ; turn++)
        {
            var over = IsOver;
            var point = ProducerPoints[turn % ProducerPoints.Length];
            var producer = stage.StartProducer(
                settings => settings with { Seed = plan.Seed, Earlier = [.. earlier], First = 1, Last = over ? 0 : FirstFed, PauseMillis = 150 },
                over || point == Anytime ? null : $"{point}:{Next(5, 20)}");
            earlier.Add(producer.Name);
            if (over)
            {
                await producer.WaitForExitAsync(EndLimit); // only repeats what is unanswered
                return;
            }

            await stage.UntilAsync(events => producer.HasExited || events.Exists(e => e.Proc == producer.Name), TimeSpan.FromMinutes(1), "a producer to begin");
            if (!await producer.ExitsWithinAsync(TimeSpan.FromMilliseconds(Next(1_000, 5_000))))
                producer.Kill();
            await producer.WaitForExitAsync(EndLimit);
        }
    }

    /// <summary>Sees to it that there is always work, whatever becomes of the producers.</summary>
    private async Task FeedAsync()
    {
        for (var order = FirstFed; !IsOver;)
        {
            await TryAsync(async () =>
            {
                var queues = await stage.Store.ListQueuesAsync(CancellationToken.None);
                var missing = plan.Backlog - (int)queues.Sum(static q => q.Due + q.Scheduled + q.Running);
                if (missing <= plan.Backlog / 4)
                    return;
                var first = await stage.Store.TakeIdsAsync(missing, null, CancellationToken.None);
                List<NewJob> jobs = [.. Enumerable.Range(0, missing).Select(i => ProofOrders.Job(plan.Seed, order + i, new JobId(first.Value + i)))];
                order += missing;
                while (!await TryAsync(() => stage.Store.EnqueueAsync(jobs, null, CancellationToken.None)))
                    await PauseAsync(50, 100); // it may have been done: the same once more
            });

            await PauseAsync(150, 250);
        }
    }

    /// <summary>What people do meanwhile: cancel, pause, resume, release, retry.</summary>
    private async Task OperateAsync()
    {
        while (!IsOver)
        {
            await PauseAsync(50, 250);
            await TryAsync(OperateOnceAsync);
        }
    }

    private async Task OperateOnceAsync()
    {
        var page = await stage.Store.ListJobsAsync(new JobFilter { States = [JobState.Running, JobState.Pending, JobState.Paused] }, new PageRequest(100), CancellationToken.None);
        if (page.Items.Count == 0)
            return;
        var job = page.Items[Next(0, page.Items.Count)];
        var action = (job.State, Next(0, 10)) switch
        {
            (JobState.Paused, < 7) => JobAction.Resume,
            (_, < 3) => JobAction.Cancel,
            (_, < 5) => JobAction.Pause,
            (_, 5) => JobAction.Release,
            (_, 6) => JobAction.Resume,
            _ => (JobAction?)null,
        };
        if (action is { } act)
            await stage.Store.ActAsync(act, [job.Id], new ActionContext("runner"), CancellationToken.None);
    }

    /// <summary>Where the store's server is a victim too, what the runner wants of it may fail for a while.</summary>
    private static async Task<bool> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (StoreException e) when (e.IsTransient)
        {
            return false;
        }
    }

    /// <summary>Sends writes again in the name of runs that are over.</summary>
    private async Task ReplayAsync()
    {
        var done = new HashSet<long>();
        while (!IsOver)
        {
            await PauseAsync(400, 600);
            await TryAsync(() => ReplayOnceAsync(done));
        }
    }

    private async Task ReplayOnceAsync(HashSet<long> done)
    {
        var claims = stage.Events().Where(static e => e is { Op: Ops.Claim, Type: EventType.Ok, Token: not null }).GroupBy(static e => e.Job!.Value);
        var settled = stage.Events().Where(static e => e is { Op: Ops.Settle, Token: not null }).Select(static e => e.Token!.Value).ToHashSet();
        foreach (var job in claims)
        {
            var current = job.Max(static c => c.Fence);
            foreach (var stale in job.Where(c => c.Fence < current && !settled.Contains(c.Token!.Value)).DistinctBy(static c => c.Token))
            {
                if (done.Add(stale.Token!.Value))
                    await ReplayAsync(new RunKey(new JobId(job.Key), stale.Token.Value));
            }
        }
    }

    private async Task ReplayAsync(RunKey key)
    {
        var update = new RunUpdate { Key = key, Progress = new ProgressRecord { Done = -1 }, Logs = [new LogLine(TimeProvider.System.GetUtcNow(), 2, "written by a run that is over")] };
        var outcome = (Outcome)Next(0, 7);
        await stage.Store.FlushAsync([update], CancellationToken.None);
        await stage.Store.SettleAsync([new Settlement { Key = key, Outcome = outcome, Error = outcome is Outcome.Retry or Outcome.Failed ? new JobError("stale", "stale") : null, Update = update }], CancellationToken.None);
    }
}
