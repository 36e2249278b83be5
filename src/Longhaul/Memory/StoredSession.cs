using Longhaul.Storage;

namespace Longhaul.Memory;

/// <summary>One start of a worker, with its runs as a linked list through the jobs themselves.</summary>
internal sealed class StoredSession(WorkerRecord worker, long startedAt)
{
    private readonly HashSet<string> _names = [.. worker.Names];
    private readonly HashSet<string>? _queues = worker.Queues is null ? null : [.. worker.Queues];
    private IReadOnlyList<string>? _claimNames;
    private bool[] _handled = [];

    public WorkerRecord Worker { get; } = worker;

    public long StartedAt { get; } = startedAt;

    public WorkerState State { get; set; } = WorkerState.Active;

    public WorkerOrder Order { get; set; }

    /// <summary>The last renewal, on the wall clock for people.</summary>
    public long RenewedAt { get; set; }

    /// <summary>The last renewal, on the monotonic clock for judging.</summary>
    public TimeSpan RenewedClock { get; set; }

    /// <summary>When it died or closed; 0: it lives.</summary>
    public long EndedAt { get; set; }

    public StoredJob? FirstRun { get; private set; }

    public int RunCount { get; private set; }

    public long RunHash { get; private set; }

    /// <summary>Jobs that wait for code of this session to end.</summary>
    public List<StoredJob> Holds { get; } = [];

    public bool IsLive => State is not (WorkerState.Dead or WorkerState.Gone);

    public bool LeaseExpired(TimeSpan clock) => clock - RenewedClock > Worker.Lease;

    public bool Takes(string name, string queue) => _names.Contains(name) && (_queues is null || _queues.Contains(queue));

    /// <summary>Which names a claim takes, by index. Derived once for each list object and whenever the store has met new names.</summary>
    public bool[] Handled(IReadOnlyList<string> names, Dictionary<string, StoredName> known)
    {
        if (ReferenceEquals(_claimNames, names) && _handled.Length == known.Count)
            return _handled;
        _claimNames = names;
        _handled = new bool[known.Count];
        for (var i = 0; i < names.Count; i++)
        {
            if (known.TryGetValue(names[i], out var name))
                _handled[name.Index] = true;
        }

        return _handled;
    }

    public void AddRun(StoredJob job)
    {
        job.Session = this;
        job.PreviousRun = null;
        job.NextRun = FirstRun;
        if (FirstRun is not null)
            FirstRun.PreviousRun = job;
        FirstRun = job;
        RunCount++;
        RunHash ^= job.Token;
    }

    public void RemoveRun(StoredJob job)
    {
        if (job.PreviousRun is null)
            FirstRun = job.NextRun;
        else
            job.PreviousRun.NextRun = job.NextRun;
        if (job.NextRun is not null)
            job.NextRun.PreviousRun = job.PreviousRun;
        job.PreviousRun = job.NextRun = null;
        job.Session = null;
        RunCount--;
        RunHash ^= job.Token;
    }

    /// <summary>Its runs, in the order of their claims.</summary>
    public List<StoredJob> Runs()
    {
        var runs = new List<StoredJob>(RunCount);
        for (var job = FirstRun; job is not null; job = job.NextRun)
            runs.Add(job);
        runs.Reverse();
        return runs;
    }
}
