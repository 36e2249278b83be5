using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>
/// Workers, producers and an operator around a memory store in virtual time, with faults: kills, freezes, cuts, orderly stops, lost calls and answers.
/// One thread, one source of chance: a seed gives the same run each time. Afterwards the faults end, everything comes to its end, and the store is read out.
/// </summary>
internal sealed class Simulation
{
    private const int Workers = 4;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FaultsLast = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan PatienceAfterwards = TimeSpan.FromMinutes(5);

    private readonly List<SimWorker> _workers = [];
    private readonly List<(TimeSpan At, Action Do)> _later = [];
    private readonly MemoryRecorder _recorder;
    private readonly ObservedStore _operator;
    private int _started;
    private long _orders;

    private Simulation(int seed, PlantedBug bug)
    {
        Bug = bug;
        Random = new Random(seed);
        _recorder = new MemoryRecorder(() => MonotonicClock.Of(Clock.SinceStart));
        Store = new BuggyStore(new MemoryStore(Clock), bug, new Random(seed + 1));
        _operator = new ObservedStore(Store, new ProcessRecorder(_recorder, "operator"), SimJob.CursorOf);
        // Every simulation has faults of its own: not all at once.
        LosesCalls = Random.Next(2) * 0.02;
        LosesAnswers = Random.Next(2) * 0.02;
    }

    public PlantedBug Bug { get; }

    public Random Random { get; }

    public VirtualClock Clock { get; } = new();

    public Recorder Recorder => _recorder;

    public IJobStore Store { get; }

    public double LosesCalls { get; private set; }

    public double LosesAnswers { get; private set; }

    public TimeSpan Lease { get; } = TimeSpan.FromSeconds(10);

    public List<JobId> Accepted { get; } = [];

    /// <summary>What the promises mean here: a beat may get lost, and all workers may be away at once.</summary>
    public static CheckLimits Limits { get; } = new()
    {
        Heartbeat = TimeSpan.FromSeconds(3),
        ZombieWindow = TimeSpan.FromSeconds(3),
        Takeover = TimeSpan.FromSeconds(60),
        Drain = PatienceAfterwards,
        Repeated = TimeSpan.FromSeconds(8),
    };

    /// <summary>Runs one and gives its history.</summary>
    public static async Task<History> RunAsync(int seed, PlantedBug bug = PlantedBug.None)
    {
        var simulation = new Simulation(seed, bug);
        await simulation.RunAsync();
        return new History(simulation._recorder.Events);
    }

    public long NextOrder() => ++_orders;

    public bool IsGone(int processId) => _workers.Find(w => w.ProcessId == processId) is not { IsGone: false };

    public void Note(string op, string process, double? value = null) => new ProcessRecorder(_recorder, "runner").Note(new HistoryEvent { Op = op, What = process, Value = value });

    public static WorkerRecord Record(SessionId session, string name, int processId, TimeSpan lease) => new()
    {
        Session = session,
        Name = name,
        HostName = "host",
        Host = new HostIdentity("boot", "machine", "pids"),
        ProcessId = processId,
        ProcessStart = "1",
        Names = [SimJob.Name],
        Concurrency = 4,
        Lease = lease,
    };

    private async Task RunAsync()
    {
        var producers = new[] { new SimProducer(this, 1), new SimProducer(this, 2) };
        while (Clock.SinceStart < FaultsLast)
        {
            KeepWorkers();
            Trouble();
            await OperateAsync();
            await StepAsync(producers, more: true);
        }

        Heal();
        var limit = Clock.SinceStart + PatienceAfterwards;
        while (Clock.SinceStart < limit && !(producers.All(static p => p.IsDone) && await IsDrainedAsync()))
        {
            KeepWorkers();
            await ResumeAsync();
            await StepAsync(producers, more: false);
        }

        var drained = producers.All(static p => p.IsDone) && await IsDrainedAsync();
        new ProcessRecorder(_recorder, "runner").Note(new HistoryEvent { Op = Ops.Drained, Err = drained ? null : $"waited {PatienceAfterwards} in vain for the last job" });
        await StoreDump.RecordAsync(Store, new ProcessRecorder(_recorder, "runner"), CancellationToken.None);
    }

    private async Task StepAsync(SimProducer[] producers, bool more)
    {
        Clock.Advance(Step);
        foreach (var (at, act) in _later.Where(l => l.At <= Clock.SinceStart).ToArray())
        {
            act();
            _later.Remove((at, act));
        }

        foreach (var producer in producers)
            await producer.StepAsync(more);
        var order = _workers.ToArray();
        Random.Shuffle(order);
        foreach (var worker in order)
            await worker.StepAsync();
    }

    private void KeepWorkers()
    {
        while (_workers.Count(static w => !w.IsGone) < Workers)
        {
            var worker = new SimWorker(this, ++_started);
            _workers.Add(worker);
            worker.Start();
        }
    }

    private void Trouble()
    {
        if (Random.Next(12) != 0)
            return;
        var able = _workers.FindAll(static w => w is { IsGone: false, IsFrozen: false, Way.IsCut: false });
        if (able.Count < 2)
            return;
        var worker = able[Random.Next(able.Count)];
        switch (Random.Next(8))
        {
            case < 4:
                worker.Kill();
                break;
            case 4:
                worker.Freeze();
                _later.Add((Clock.SinceStart + (Lease * (0.5 + (Random.NextDouble() * 2))), worker.Thaw));
                break;
            case 5:
                worker.Cut(true);
                _later.Add((Clock.SinceStart + (Lease * (0.5 + (Random.NextDouble() * 2))), () => worker.Cut(false)));
                break;
            default:
                worker.Terminate();
                break;
        }
    }

    private async Task OperateAsync()
    {
        if (Accepted.Count == 0 || Random.Next(6) != 0)
            return;
        var job = Accepted[^Random.Next(1, Math.Min(Accepted.Count, 20) + 1)];
        var action = Random.Next(10) switch
        {
            < 5 => JobAction.Cancel,
            < 7 => JobAction.Pause,
            7 => JobAction.Release,
            8 => JobAction.Retry,
            _ => JobAction.Resume,
        };
        await _operator.ActAsync(action, [job], new ActionContext("ann"), CancellationToken.None);
    }

    private async Task ResumeAsync()
    {
        var paused = await Store.ListJobsAsync(new JobFilter { States = [JobState.Paused] }, new PageRequest(100), CancellationToken.None);
        foreach (var job in paused.Items)
            await _operator.ActAsync(JobAction.Resume, [job.Id], new ActionContext("ann"), CancellationToken.None);
    }

    private void Heal()
    {
        LosesCalls = LosesAnswers = 0;
        foreach (var (_, act) in _later)
            act();
        _later.Clear();
        foreach (var worker in _workers)
            worker.Way.LosesCalls = worker.Way.LosesAnswers = 0;
        new ProcessRecorder(_recorder, "runner").Note(new HistoryEvent { Op = Ops.Healed });
    }

    private async Task<bool> IsDrainedAsync()
    {
        var queues = await Store.ListQueuesAsync(CancellationToken.None);
        return queues.All(static q => q.Due + q.Scheduled + q.Waiting + q.Running + q.PausedJobs == 0);
    }
}
