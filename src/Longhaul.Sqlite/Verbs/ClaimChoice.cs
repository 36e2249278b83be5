using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>The first jobs of a range of the queue.</summary>
internal readonly record struct Pick(Lane Lane, long Priority, long Due, long First, int Jobs, long RangeJobs, JobFlags Flags);

/// <summary>
/// Chooses what a claim takes, and changes nothing: merges the heads of the lanes that the worker may run, so that what it may not run costs nothing.
/// </summary>
internal sealed class ClaimChoice(Connection db, Lanes lanes)
{
    // Below this many lanes it costs less to look into each than to find out which hold anything.
    private const int FewLanes = 16;

    // As many as Claim.Upcoming reads.
    private const int UpcomingRead = 256;

    private readonly Statement _paused = db.Get("Claim.PausedQueues");
    private readonly ClaimHeads _heads = new(db);
    private readonly Dictionary<long, ClaimPlan> _plans = [];
    private readonly HashSet<long> _pausedQueues = [];
    private readonly List<Pick> _picks = [];

    /// <summary>The due jobs that a worker is to get, in order. Valid until the next call.</summary>
    public List<Pick> Choose(ClaimRequest request)
    {
        _picks.Clear();
        var plan = PlanFor(request);
        ReadPausedQueues();
        var live = plan.Count > FewLanes ? LiveLanes() : null;
        var (wanted, suspects) = (request.Slots + request.Prefetch, request.AllowSuspect ? 1 : 0);
        if (request.OldestFirst)
        {
            _heads.OpenOldestFirst(plan.Queues.SelectMany(static q => q).Where(lane => IsOpen(lane, live)));
            Merge(ref wanted, ref suspects);
            return _picks;
        }

        foreach (var queue in plan.Queues)
        {
            if (wanted == 0)
                break;
            _heads.Open(queue, lane => IsOpen(lane, live));
            Merge(ref wanted, ref suspects);
        }

        return _picks;
    }

    /// <summary>After <see cref="Choose"/>: how long until the next job of this worker is due. Bounded: beyond the first few it is the time to look again.</summary>
    public TimeSpan? NextDue(ClaimRequest request, long now)
    {
        var plan = PlanFor(request);
        var rows = db.Get("Claim.Upcoming");
        var (last, seen) = (0L, 0);
        while (rows.Step())
        {
            last = rows.Long(0);
            seen++;
            if (!plan.Has(rows.Long(1)) || !IsOpen(lanes[rows.Long(1)], live: null))
                continue;
            rows.Reset();
            return StoreClock.Span(last - now);
        }

        return seen == UpcomingRead ? StoreClock.Span(last - now) : null;
    }

    private ClaimPlan PlanFor(ClaimRequest request)
    {
        lanes.Loaded();
        if (_plans.TryGetValue(request.Session.Value, out var plan) && plan.Fits(request, lanes))
            return plan;
        if (_plans.Count > 64)
            _plans.Clear(); // sessions that have ended long ago
        return _plans[request.Session.Value] = new(request, lanes);
    }

    private void ReadPausedQueues()
    {
        _pausedQueues.Clear();
        while (_paused.Step())
            _pausedQueues.Add(_paused.Long(0));
    }

    private bool IsOpen(Lane lane, HashSet<long>? live) => !_pausedQueues.Contains(lane.QueueId) && live?.Contains(lane.Id) != false;

    private HashSet<long> LiveLanes()
    {
        var live = new HashSet<long>();
        var next = db.Get("Claim.NextLane");
        for (var lane = next.Set(1, 0).Scalar(); lane is { } id; lane = next.Set(1, id).Scalar())
            live.Add(id);
        return live;
    }

    private void Merge(ref int wanted, ref int suspects)
    {
        while (wanted > 0 && _heads.Least() is { } head)
        {
            var isSuspect = head.Flags.HasFlag(JobFlags.Suspect);
            if (!isSuspect || suspects > 0)
            {
                var jobs = (int)Math.Min(wanted, head.Jobs);
                _picks.Add(new(head.Lane, head.Priority, head.Due, head.Id, jobs, head.Jobs, head.Flags));
                wanted -= jobs;
                if (isSuspect)
                    suspects--;
            }

            _heads.Advance();
        }

        _heads.Close();
    }
}
