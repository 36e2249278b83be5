using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Claims due jobs.</summary>
internal sealed class ClaimVerb(Transaction tx)
{
    private readonly Statement _run = tx.Db.Get("Claim.Run");
    private readonly ClaimedRuns _claimed = new(tx.Db);
    private readonly ClaimChoice _choice = new(tx.Db, tx.Lanes);

    /// <summary>One claim. Null: so much has become due that it was promoted only in part; commit, and ask again.</summary>
    public ClaimAnswer? Run(ClaimRequest request)
    {
        if (!tx.IsAlive(request.Session.Value))
            return new(LeaseReply.Lost, [], null);
        if (!tx.Pending.Promote())
            return null;

        var picks = _choice.Choose(request);
        var runs = picks.Count == 0 ? [] : Take(request, picks);
        return new(LeaseReply.Held, runs, runs.Count < request.Slots + request.Prefetch ? _choice.NextDue(request, tx.Now) : null);
    }

    private List<ClaimedRun> Take(ClaimRequest request, List<Pick> picks)
    {
        var runs = new List<ClaimedRun>(picks.Sum(static pick => pick.Jobs));
        var tokens = new long[runs.Capacity];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(tokens.AsSpan()));
        _run.Set(3, request.Session.Value).Set(4, request.ClaimId).Set(5, tx.Now); // these stay bound for all runs of the claim
        foreach (var pick in picks)
        {
            tx.Pending.TakeFirst(pick);
            if (!pick.Flags.IsPlain())
                Begin(pick);
            Take(request, pick, tokens, runs);
        }

        return runs;
    }

    /// <summary>What the first run of a job changes, or its hook's, beside the run's own row.</summary>
    private void Begin(in Pick pick)
    {
        if (pick.Flags.HasFlag(JobFlags.Hook))
            tx.Db.Get("Claim.HookRuns").Set(1, pick.First).Run();
        else if (pick.Flags.HasFlag(JobFlags.Unique))
            tx.Unique.Started(pick.Lane, pick.First);
    }

    private void Take(ClaimRequest request, in Pick pick, long[] tokens, List<ClaimedRun> runs)
    {
        var (runNumber, fence) = pick.Flags.HasFlag(JobFlags.State) ? Counters(pick.First) : (0, 0);
        fence = Math.Max(fence + 1, tx.Now);
        _run.Set(6, fence).Set(7, pick.Lane.Id).Set(8, pick.Priority).Set(9, pick.Due).Set(10, (long)pick.Flags).Set(11, runNumber + 1);
        _claimed.Open(pick.First, pick.Jobs);
        for (var i = 0; i < pick.Jobs; i++)
        {
            var place = runs.Count;
            var token = tokens[place] == 0 ? 1 : tokens[place];
            var run = new RunRow(
                pick.First + i, token, pick.Flags, pick.Lane, pick.Priority, pick.Due, tx.Now, fence, runNumber + 1, Begun: place < request.Slots);
            _run.Set(1, run.Id).Set(2, token).Set(12, place).Set(13, run.Begun).Run();
            runs.Add(_claimed.Next(run));
            if (pick.Flags.IsPlain())
                tx.PlainRuns.Add(run.Id, new(token, request.Session.Value, pick.Lane, pick.Flags));
        }

        _claimed.Close();
        if (!pick.Flags.HasFlag(JobFlags.Hook)) // the job of a hook stays failed
            tx.Tally.Move(pick.Lane, JobState.Pending, JobState.Running, pick.Jobs);
    }

    private (int RunNumber, long Fence) Counters(long id)
    {
        var row = tx.Db.Get("Claim.Counters").Set(1, id);
        _ = row.First();
        var counters = (row.Int(0), row.Long(1));
        row.Reset();
        return counters;
    }
}
