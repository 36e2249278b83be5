namespace Longhaul.Sqlite;

/// <summary>What a transaction changes in the counts of its queues, written once before it commits.</summary>
internal sealed class Tally(Connection db)
{
    private const int States = 7;
    private const int Arrivals = States;

    private readonly Dictionary<long, long[]> _byQueue = [];
    private readonly List<string> _arrivedIn = [];
    private long _latestQueue;
    private long[] _latest = [];

    /// <summary>The queues in which work may have become claimable.</summary>
    public IReadOnlyList<string> ArrivedIn => _arrivedIn;

    /// <summary>Jobs go from one state to another; null: from nowhere, or away.</summary>
    public void Move(Lane lane, JobState? from, JobState? to, long jobs = 1)
    {
        var counts = Of(lane.QueueId);
        if (from is { } old)
            counts[(int)old] -= jobs;
        if (to is not { } now)
            return;
        counts[(int)now] += jobs;
        if (now == JobState.Pending)
            Arrive(lane);
    }

    /// <summary>Something of this lane can be claimed, now or soon.</summary>
    public void Arrive(Lane lane) => Arrive(lane.QueueId, lane.Queue);

    public void Arrive(long queueId, string queue)
    {
        if (Of(queueId)[Arrivals]++ == 0)
            _arrivedIn.Add(queue);
    }

    public void Write()
    {
        foreach (var (queue, counts) in _byQueue)
        {
            var update = db.Get("Tally.Add").Set(1, queue);
            for (var i = 0; i <= Arrivals; i++)
                update.Set(i + 2, counts[i]);
            update.Run();
        }
    }

    public void Clear()
    {
        _byQueue.Clear();
        _arrivedIn.Clear();
        _latestQueue = 0;
    }

    private long[] Of(long queue)
    {
        if (_latestQueue == queue)
            return _latest;
        if (!_byQueue.TryGetValue(queue, out var counts))
            _byQueue.Add(queue, counts = new long[States + 1]);
        _latestQueue = queue;
        return _latest = counts;
    }
}
