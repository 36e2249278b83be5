using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Claims due jobs: merges the heads of the lanes that the worker may run, so that what it may not run costs nothing.</summary>
internal sealed class ClaimVerb(Transaction tx)
{
    // About 10 ms: what becomes due at once by the hundred thousand is promoted in several transactions.
    private const int PromotionSize = 2_000;

    // Below this many lanes it costs less to look into each than to find out which hold anything.
    private const int FewLanes = 16;

    private readonly Statement _run = tx.Db.Get("Claim.Run");
    private readonly Statement _leave = tx.Db.Get("Moves.LeaveReady");
    private readonly Statement _lastLane = tx.Db.Get("Lane.Last");
    private readonly Statement _paused = tx.Db.Get("Claim.PausedQueues");
    private readonly ClaimedRuns _claimed = new(tx.Db);
    private readonly ClaimHeads _heads = new(tx.Db);
    private readonly Dictionary<long, ClaimPlan> _plans = [];
    private readonly HashSet<long> _pausedQueues = [];
    private readonly List<Pick> _picks = [];

    private readonly record struct Pick(Lane Lane, long Priority, long Due, long Id, JobFlags Flags);

    /// <summary>One claim. Null: so much has become due that it was promoted only in part; commit, and ask again.</summary>
    public ClaimAnswer? Run(ClaimRequest request)
    {
        if (!tx.IsAlive(request.Session.Value))
            return new(LeaseReply.Lost, [], null);
        if (!Promote())
            return null;

        var plan = PlanFor(request);
        ReadPausedQueues();
        var wanted = request.Slots + request.Prefetch;
        Choose(request, plan, wanted);
        var runs = Take(request);
        return new(LeaseReply.Held, runs, runs.Length < wanted ? NextDue(plan) : null);
    }

    /// <summary>Moves what has become due among the claimable; false: there is more.</summary>
    private bool Promote()
    {
        if (tx.Db.Get("Claim.FirstLater").Scalar() is not { } first || first > tx.Now)
            return true;

        var end = tx.Db.Get("Claim.PromotionEnd").Set(1, tx.Now).Set(2, PromotionSize);
        var (due, id, all) = end.First() ? (end.Long(0), end.Long(1), false) : (tx.Now, long.MaxValue, true);
        end.Reset();
        tx.Db.Get("Claim.Promote").Set(1, due).Set(2, id).Run();
        tx.Db.Get("Claim.Promoted").Set(1, due).Set(2, id).Run();
        return all;
    }

    private ClaimPlan PlanFor(ClaimRequest request)
    {
        tx.Lanes.Loaded();
        if (_plans.TryGetValue(request.Session.Value, out var plan) && plan.Fits(request, tx.Lanes))
            return plan;
        if (_plans.Count > 64)
            _plans.Clear(); // sessions that have ended long ago
        return _plans[request.Session.Value] = new(request, tx.Lanes);
    }

    private void ReadPausedQueues()
    {
        _pausedQueues.Clear();
        while (_paused.Step())
            _pausedQueues.Add(_paused.Long(0));
    }

    private void Choose(ClaimRequest request, ClaimPlan plan, int wanted)
    {
        _picks.Clear();
        var live = plan.Count > FewLanes ? LiveLanes() : null;
        var suspects = request.AllowSuspect ? 1 : 0;
        if (request.OldestFirst)
        {
            _heads.OpenOldestFirst(plan.Queues.SelectMany(static q => q).Where(lane => IsOpen(lane, live)));
            Merge(wanted, ref suspects);
            return;
        }

        foreach (var queue in plan.Queues)
        {
            if (_picks.Count == wanted)
                return;
            _heads.Open(queue, lane => IsOpen(lane, live));
            Merge(wanted, ref suspects);
        }
    }

    private bool IsOpen(Lane lane, HashSet<long>? live) => !_pausedQueues.Contains(lane.QueueId) && live?.Contains(lane.Id) != false;

    private HashSet<long> LiveLanes()
    {
        var live = new HashSet<long>();
        var next = tx.Db.Get("Claim.NextLane");
        for (var lane = next.Set(1, 0).Scalar(); lane is { } id; lane = next.Set(1, id).Scalar())
            live.Add(id);
        return live;
    }

    private void Merge(int wanted, ref int suspects)
    {
        while (_picks.Count < wanted && _heads.Least() is { } head)
        {
            var isSuspect = head.Flags.HasFlag(JobFlags.Suspect);
            if (!isSuspect || suspects > 0)
            {
                _picks.Add(new(head.Lane, head.Priority, head.Due, head.Id, head.Flags));
                if (isSuspect)
                    suspects--;
            }

            _heads.Advance();
        }

        _heads.Close();
    }

    private ClaimedRun[] Take(ClaimRequest request)
    {
        if (_picks.Count == 0)
            return [];
        var runs = new ClaimedRun[_picks.Count];
        Span<long> tokens = new long[_picks.Count];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(tokens));
        for (var i = 0; i < runs.Length; i++)
            runs[i] = Take(request, _picks[i], tokens[i] == 0 ? 1 : tokens[i], place: i);
        return runs;
    }

    private ClaimedRun Take(ClaimRequest request, in Pick pick, long token, int place)
    {
        _leave.Set(1, pick.Lane.Id).Set(2, pick.Priority).Set(3, pick.Due).Set(4, pick.Id).Run();
        var (runNumber, fence) = pick.Flags.HasFlag(JobFlags.State) ? Counters(pick) : (0, 0);
        var run = new RunRow(
            pick.Id, token, pick.Flags, pick.Lane, pick.Priority, pick.Due, tx.Now, Math.Max(fence + 1, tx.Now), runNumber + 1, place < request.Slots);
        _run.Set(1, run.Id).Set(2, token).Set(3, request.Session.Value).Set(4, request.ClaimId).Set(5, run.Claimed).Set(6, run.Fence)
            .Set(7, run.Lane.Id).Set(8, run.Priority).Set(9, run.Due).Set(10, (long)run.Flags).Set(11, run.RunNumber).Set(12, place).Set(13, run.Begun).Run();

        if (pick.Flags.HasFlag(JobFlags.Hook))
        {
            tx.Db.Get("Claim.HookRuns").Set(1, pick.Id).Run(); // its job stays failed
            return _claimed.Of(run);
        }

        tx.Tally.Move(pick.Lane, JobState.Pending, JobState.Running);
        if (pick.Flags.HasFlag(JobFlags.Unique))
            tx.Unique.Started(pick.Lane, pick.Id);
        return _claimed.Of(run);
    }

    private (int RunNumber, long Fence) Counters(in Pick pick)
    {
        var row = tx.Db.Get("Claim.Counters").Set(1, pick.Id);
        _ = row.First();
        var counters = (row.Int(0), row.Long(1));
        row.Reset();
        return counters;
    }

    private TimeSpan? NextDue(ClaimPlan plan)
    {
        var rows = tx.Db.Get("Claim.UpcomingLanes");
        long? last = null;
        var seen = 0;
        while (rows.Step())
        {
            last = rows.Long(0);
            seen++;
            if (!plan.Has(rows.Long(1)) || _pausedQueues.Contains(tx.Lanes[rows.Long(1)].QueueId))
                continue;
            rows.Reset();
            return StoreClock.Span(last.Value - tx.Now);
        }

        return seen == 256 ? StoreClock.Span(last!.Value - tx.Now) : null;
    }
}
