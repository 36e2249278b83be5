using Longhaul.Diagnostics;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Worker;

/// <summary>
/// Finds out where the worker's and the store's idea of its runs differ. A run that the store no longer has was taken over
/// (released, deleted): it is told at once. A run that the worker does not know, in two looks, is handed back, counting nothing:
/// it comes from a claim whose answer was lost.
/// </summary>
internal sealed class Reconciler(IJobStore store, ILogger logger)
{
    private readonly Lock _lock = new();
    private HashSet<long> _strangers = [];
    private Task _running = Task.CompletedTask;

    /// <summary>Compares in the background. Called by the heart when a tick's count or hash differ.</summary>
    public void Look(WorkerSession session)
    {
        lock (_lock)
        {
            if (_running.IsCompleted)
                _running = Task.Run(() => CompareAsync(session));
        }
    }

    public Task StopAsync()
    {
        lock (_lock)
            return _running;
    }

    private async Task CompareAsync(WorkerSession session)
    {
        try
        {
            // Ours first, then the store's: a run that came out of a claim before the question must be in the answer.
            var ours = session.Runs.Snapshot();
            var theirs = (await store.RunsOfAsync(session.Id, session.Lost).ConfigureAwait(false)).ToDictionary(static r => r.Key.Token);
            foreach (var run in ours)
            {
                if (!theirs.ContainsKey(run.Claim.Key.Token) && !run.IsSettling && session.Runs.Find(run.Claim.Key) is not null)
                    run.State.Stop(StopReason.LeaseLost);
            }

            var strangers = theirs.Values.Where(r => session.Runs.Find(r.Key) is null && !session.Claims.Contains(r.ClaimId)).ToList();
            var again = strangers.FindAll(r => _strangers.Contains(r.Key.Token));
            _strangers = [.. strangers.Select(static r => r.Key.Token)];
            if (again.Count == 0)
                return;

            Log.StrangersHandedBack(logger, again.Count);
            await store.SettleAsync(
                again.ConvertAll(static r => new Settlement { Key = r.Key, Outcome = Outcome.HandedBack, Reason = "the claim's answer was lost" }),
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreException or OperationCanceledException)
        {
            // The next tick compares again.
        }
    }
}
