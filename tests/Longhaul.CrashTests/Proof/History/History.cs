namespace Longhaul.Proof;

/// <summary>A call and its answer. A call without one has an unknown outcome: what it was to do may have happened at any time after it was sent.</summary>
internal sealed record Operation(HistoryEvent Call, HistoryEvent? Answer)
{
    public long InvokedAt => Call.T;

    /// <summary>When it was answered; <see cref="long.MaxValue"/>: never.</summary>
    public long AnsweredAt => Answer?.T ?? long.MaxValue;

    /// <summary>Ok, Fail or Info.</summary>
    public EventType Outcome => Answer?.Type ?? EventType.Info;

    public bool IsOk => Outcome == EventType.Ok;

    /// <summary>Whether it may have changed something.</summary>
    public bool MayHaveHappened => Outcome != EventType.Fail;

    /// <summary>Whether it was answered before the other was sent: all that it did was there by then.</summary>
    public bool IsBefore(Operation other) => AnsweredAt < other.InvokedAt;
}

/// <summary>A claim of a job by a worker, and all that this run wrote and did.</summary>
internal sealed class RunStory(Operation claim)
{
    public Operation Claim => claim;

    /// <summary>All calls that were answered with this run: a worker may ask again for the runs of a claim.</summary>
    public List<Operation> Claims { get; } = [];

    public long Token => claim.Answer!.Token!.Value;

    public int Number => claim.Answer!.Run!.Value;

    public long Fence => claim.Answer!.Fence!.Value;

    public long Session => claim.Call.Session!.Value;

    public string Proc => claim.Call.Proc;

    /// <summary>Whether it is the job itself, not its failed hook.</summary>
    public bool IsJob => claim.Answer!.What is null or "Job" or "FailedItems";

    public List<Operation> Settles { get; } = [];

    /// <summary>Flushes and saves.</summary>
    public List<Operation> Writes { get; } = [];

    /// <summary>The ledger of this run: begin, items, told, end.</summary>
    public List<HistoryEvent> Ledger { get; } = [];

    /// <summary>The settlement that the store took.</summary>
    public Operation? Settled => Settles.Find(static s => s.IsOk && s.Answer!.Answer == "Settled");

    public HistoryEvent? Begin => Ledger.Find(static e => e.Op == Ops.Begin);

    public HistoryEvent? End => Ledger.Find(static e => e.Op == Ops.End);

    public HistoryEvent? Told => Ledger.Find(static e => e.Op == Ops.Told);
}

/// <summary>All that is known of one job.</summary>
internal sealed class JobStory(long id)
{
    public long Id => id;

    public List<Operation> Enqueues { get; } = [];

    /// <summary>The claims that were answered, by their fence.</summary>
    public List<RunStory> Runs { get; } = [];

    public List<Operation> Acts { get; } = [];

    /// <summary>Recoveries that named the job.</summary>
    public List<Operation> Recoveries { get; } = [];

    public List<Operation> Seen { get; } = [];

    public HistoryEvent? Dump { get; set; }

    /// <summary>Its first accepted enqueue.</summary>
    public Operation? Created => Enqueues.Find(static e => e.IsOk && e.Answer!.Answer is "Created" or "Repeated");

    public int MaxAttempts => Enqueues.Select(static e => e.Call.MaxAttempts).FirstOrDefault(static m => m is not null) ?? Storage.JobDefaults.MaxAttempts;

    /// <summary>Null: the usual one.</summary>
    public string? Queue => Enqueues.Select(static e => e.Call.Queue).FirstOrDefault(static q => q is not null);

    /// <summary>Actions of a kind that may have happened.</summary>
    public IEnumerable<Operation> ActsOf(JobActions kinds) => Acts.Where(a => a.MayHaveHappened && kinds.Has(a.Call.What));
}

/// <summary>One life of a worker in the store's eyes.</summary>
internal sealed class SessionStory(long id, string proc)
{
    public long Id => id;

    public string Proc => proc;

    public long Lease { get; set; }

    public List<Operation> Opens { get; } = [];

    /// <summary>Beats that renewed the lease.</summary>
    public List<Operation> Renewals { get; } = [];

    public List<Operation> Closes { get; } = [];

    /// <summary>Recoveries that declared it dead.</summary>
    public List<Operation> Deaths { get; } = [];
}

/// <summary>One start of a process.</summary>
internal sealed class ProcessStory(string name)
{
    private static readonly long Reconnects = MonotonicClock.Of(TimeSpan.FromSeconds(2));

    public string Name => name;

    public HistoryEvent? Killed { get; set; }

    public HistoryEvent? Terminated { get; set; }

    public HistoryEvent? Exited { get; set; }

    /// <summary>From when to when it was stopped and went on.</summary>
    public List<(long From, long To)> Frozen { get; } = [];

    /// <summary>From when to when the store was out of its reach.</summary>
    public List<(long From, long To)> Cut { get; } = [];

    /// <summary>Whether it could neither be told nor tell anything at some moment of that time.</summary>
    public bool WasAway(long from, long to) => Frozen.Concat(Cut).Any(f => f.To > from && f.From < to);

    /// <summary>When one of its sessions on the store's server was ended by somebody.</summary>
    public List<long> EndedSessions { get; } = [];

    /// <summary>
    /// Whether it was stopped at that moment and had no connection to show that it lives: one that was ended while it was stopped, or just before, it could not make anew.
    /// </summary>
    public bool WasStoppedWithoutConnection(long time)
        => Frozen.Any(f => f.From < time && time < f.To && EndedSessions.Exists(ended => ended > f.From - Reconnects && ended < time));

    public bool IsGoneAt(long time) => Killed?.T <= time || Exited?.T <= time;

}

/// <summary>Kinds of actions on a job, by the names of <see cref="Storage.JobAction"/>.</summary>
internal readonly record struct JobActions(params string[] Names)
{
    /// <summary>What ends a run from outside.</summary>
    public static readonly JobActions EndRuns = new("Release", "ReleaseAndResetAttempts", "Restart", "Delete");

    /// <summary>What brings an ended job back.</summary>
    public static readonly JobActions Revive = new("Retry", "RetryItems", "Restart");

    /// <summary>What makes a job due at once.</summary>
    public static readonly JobActions MakeDue = new("Release", "ReleaseAndResetAttempts", "Restart", "Retry", "RetryItems");

    /// <summary>What sets the attempts to 0.</summary>
    public static readonly JobActions ResetAttempts = new("ReleaseAndResetAttempts", "Restart", "Retry", "RetryItems");

    public static readonly JobActions Cancel = new("Cancel");

    public static readonly JobActions Delete = new("Delete");

    public bool Has(string? name) => name is not null && Names.Contains(name);
}

/// <summary>A recorded history, sorted out by job, run, session and process. Checks are pure functions over it.</summary>
internal sealed class History
{
    private readonly Dictionary<long, JobStory> _jobs = [];
    private readonly Dictionary<long, RunStory> _runs = [];
    private readonly Dictionary<long, SessionStory> _sessions = [];
    private readonly Dictionary<string, ProcessStory> _processes = [];

    /// <summary>
    /// A store on a server may acknowledge a claim before it is on the disk, where it is a moment later: a crash of the server, and nothing else, can take
    /// it back, and the job is pending again. Not when something that lasts was written after it: the log of a server lasts up to some point.
    /// </summary>
    private static readonly long Forgettable = MonotonicClock.Of(TimeSpan.FromSeconds(2));

    /// <summary>How long everybody may take to be connected again to a server that is back.</summary>
    private static readonly long BackToWork = MonotonicClock.Of(TimeSpan.FromSeconds(5));

    private readonly List<(long Killed, long Down, long Back)> _crashes = [];
    private readonly List<Operation> _lasting;

    /// <param name="events">In the order of their stamps.</param>
    public History(IReadOnlyList<HistoryEvent> events)
    {
        Events = events;
        foreach (var e in events)
        {
            if (e.Op == Ops.Crash)
                _crashes.Add((e.T, long.MaxValue, long.MaxValue));
            else if (e.Op == Ops.Down)
                _crashes[^1] = _crashes[^1] with { Down = e.T };
            else if (e.Op == Ops.Back)
                _crashes[^1] = (_crashes[^1].Killed, Math.Min(_crashes[^1].Down, e.T), e.T);
        }

        Operations = Pair(events);
        _lasting = [.. Operations.Where(static o => o is { IsOk: true, Call.Op: Ops.Enqueue or Ops.Settle or Ops.Flush, Answer.Answer: "Created" or "Settled" or "Written" })];
        foreach (var operation in Operations)
            SortIn(operation);
        foreach (var operation in Operations)
            SortInWrite(operation);
        foreach (var job in _jobs.Values)
            job.Runs.Sort(static (a, b) => a.Fence.CompareTo(b.Fence));
        foreach (var e in events)
            SortIn(e);
        foreach (var job in _jobs.Values)
            job.Runs.RemoveAll(run => IsForgotten(job, run));
        UnknownRecoveries = [.. Operations.Where(static o => o.Call.Op == Ops.Recover && o.Outcome == EventType.Info)];
        UnknownClaims = [.. Operations.Where(static o => o.Call.Op == Ops.Claim && o.Outcome == EventType.Info)];
        ChildIds = [.. events.Where(static e => e is { Op: Ops.Settle or Ops.Flush or Ops.Save, Ids: not null }).SelectMany(static e => e.Ids!)];
        HasDump = events.Any(static e => e.Op is Ops.Dump or Ops.DumpSession);
    }

    public IReadOnlyList<HistoryEvent> Events { get; }

    /// <summary>Whether the store's server was away in that time, or had only just come back.</summary>
    public bool WasServerAway(long from, long to) => _crashes.Exists(crash => crash.Killed < to && (crash.Back == long.MaxValue || crash.Back + BackToWork > from));

    /// <summary>All calls, in the order in which they were sent. A call with several answers is there once for each.</summary>
    public IReadOnlyList<Operation> Operations { get; }

    public IReadOnlyCollection<JobStory> Jobs => _jobs.Values;

    public IReadOnlyCollection<RunStory> Runs => _runs.Values;

    public IReadOnlyCollection<SessionStory> Sessions => _sessions.Values;

    public IReadOnlyCollection<ProcessStory> Processes => _processes.Values;

    public HistoryEvent? Healed => Events.LastOrDefault(static e => e.Op == Ops.Healed);

    public HistoryEvent? Drained => Events.LastOrDefault(static e => e.Op == Ops.Drained);

    /// <summary>Whether the store was read out at the end.</summary>
    public bool HasDump { get; }

    /// <summary>Claims whose answer nobody saw.</summary>
    public IReadOnlyList<Operation> UnknownClaims { get; }

    /// <summary>Jobs that runs enqueued with their writes.</summary>
    public HashSet<long> ChildIds { get; }

    /// <summary>Recoveries that may have taken over anything.</summary>
    public IReadOnlyList<Operation> UnknownRecoveries { get; }

    public JobStory Job(long id) => _jobs.TryGetValue(id, out var job) ? job : _jobs[id] = new JobStory(id);

    public RunStory? Run(long token) => _runs.GetValueOrDefault(token);

    public SessionStory? Session(long id) => _sessions.GetValueOrDefault(id);

    /// <summary>What the runner did to a process; an empty story for one that it left alone.</summary>
    public ProcessStory Process(string name) => _processes.GetValueOrDefault(name) ?? new ProcessStory(name);

    /// <summary>A run that the store lost in a crash, and whose number it gave again, or never. One whose end lasted was not lost.</summary>
    private bool IsForgotten(JobStory job, RunStory run)
        => run.Settled is null && (job.Runs.Exists(r => r.Fence > run.Fence && r.Number <= run.Number) || job.Dump?.Run < run.Number)
            && _crashes.Exists(crash => MayHaveTaken(crash, run.Claim));

    private bool MayHaveTaken((long Killed, long Down, long Back) crash, Operation claim)
        => claim.AnsweredAt > crash.Killed - Forgettable && claim.AnsweredAt < crash.Back && !_lasting.Exists(o => claim.IsBefore(o) && o.AnsweredAt < crash.Down);

    private static List<Operation> Pair(IReadOnlyList<HistoryEvent> events)
    {
        var answers = events.Where(static e => e.Type != EventType.Invoke).ToLookup(static e => (e.Proc, e.Call));
        var operations = new List<Operation>();
        foreach (var call in events.Where(static e => e.Type == EventType.Invoke))
        {
            var any = false;
            foreach (var answer in answers[(call.Proc, call.Call)])
            {
                operations.Add(new Operation(call, answer));
                any = true;
            }

            if (!any)
                operations.Add(new Operation(call, null));
        }

        return operations;
    }

    private void SortIn(Operation operation)
    {
        var call = operation.Call;
        switch (call.Op)
        {
            case Ops.Enqueue:
                Job(call.Job!.Value).Enqueues.Add(operation);
                break;
            case Ops.Claim when operation is { IsOk: true, Answer.Token: { } token }:
                if (!_runs.TryGetValue(token, out var run))
                {
                    _runs[token] = run = new RunStory(operation);
                    Job(operation.Answer.Job!.Value).Runs.Add(run);
                }

                run.Claims.Add(operation);
                break;
            case Ops.Act:
                Job(call.Job!.Value).Acts.Add(operation);
                break;
            case Ops.Seen when operation.IsOk:
                Job(call.Job!.Value).Seen.Add(operation);
                break;
            case Ops.Recover:
                if (operation.Answer?.Job is { } recovered)
                    Job(recovered).Recoveries.Add(operation);
                foreach (var dead in operation.Answer?.Answer == "dead" ? operation.Answer.Ids ?? [] : [])
                    _sessions.GetValueOrDefault(dead)?.Deaths.Add(operation);
                break;
            case Ops.Open:
                if (!_sessions.TryGetValue(call.Session!.Value, out var session))
                    _sessions[call.Session.Value] = session = new SessionStory(call.Session.Value, call.Proc);
                session.Lease = call.Span ?? 0;
                session.Opens.Add(operation);
                break;
            case Ops.Beat:
                _sessions.GetValueOrDefault(call.Session!.Value)?.Renewals.Add(operation);
                break;
            case Ops.Close:
                _sessions.GetValueOrDefault(call.Session!.Value)?.Closes.Add(operation);
                break;
        }
    }

    private void SortInWrite(Operation operation)
    {
        if (operation.Call is not { Op: Ops.Settle or Ops.Flush or Ops.Save, Token: { } token } || !_runs.TryGetValue(token, out var run))
            return;
        if (operation.Call.Op == Ops.Settle)
            run.Settles.Add(operation);
        else
            run.Writes.Add(operation);
    }

    private void SortIn(HistoryEvent e)
    {
        switch (e.Op)
        {
            case Ops.Begin or Ops.Item or Ops.Told or Ops.End when e.Token is { } token:
                Run(token)?.Ledger.Add(e);
                break;
            case Ops.Dump:
                Job(e.Job!.Value).Dump = e;
                break;
            case Ops.Kill when e.Answer == "found":
                // It killed itself before that, right after the last thing that it recorded.
                Known(e.What!).Killed = e with { T = Events.LastOrDefault(last => last.Proc == e.What)?.T + 1 ?? e.T };
                break;
            case Ops.Kill:
                Known(e.What!).Killed = e;
                break;
            case Ops.Terminate:
                Known(e.What!).Terminated ??= e;
                break;
            case Ops.Exit:
                Known(e.What!).Exited = e;
                break;
            case Ops.Freeze:
                Known(e.What!).Frozen.Add((e.T, long.MaxValue));
                break;
            case Ops.Thaw:
                Close(Known(e.What!).Frozen, e.T);
                break;
            case Ops.Cut:
                Known(e.What!).Cut.Add((e.T, long.MaxValue));
                break;
            case Ops.Join:
                Close(Known(e.What!).Cut, e.T);
                break;
            case Ops.EndSession:
                Known(e.What!).EndedSessions.Add(e.T);
                break;
        }
    }

    private static void Close(List<(long From, long To)> spans, long to) => spans[^1] = (spans[^1].From, to);

    private ProcessStory Known(string name) => _processes.TryGetValue(name, out var process) ? process : _processes[name] = new ProcessStory(name);
}
