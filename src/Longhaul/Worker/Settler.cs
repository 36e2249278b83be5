using System.Threading.Channels;
using Longhaul.Diagnostics;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Worker;

/// <summary>
/// Ends runs in groups. While one group is on its way to the store the next gathers by itself, so a busy worker
/// settles hundreds at a time and an idle one without delay: no timer is needed to group.
/// </summary>
internal sealed class Settler(IJobStore store, TimeProvider time, ILogger logger, Action<ActiveRun, SettleAnswer> settled)
{
    private const int GroupSize = 500;

    private readonly Channel<(ActiveRun Run, Settlement Settlement)> _queue =
        Channel.CreateBounded<(ActiveRun, Settlement)>(new BoundedChannelOptions(4 * GroupSize) { SingleReader = true });

    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = Task.Run(LoopAsync);

    /// <summary>Takes a settlement. Waits only when the store is so slow that thousands have gathered.</summary>
    public ValueTask AddAsync(ActiveRun run, Settlement settlement)
        => _queue.Writer.TryWrite((run, settlement)) ? default : _queue.Writer.WriteAsync((run, settlement));

    /// <summary>Settles what was taken and ends.</summary>
    public Task StopAsync()
    {
        _queue.Writer.TryComplete();
        return _loop;
    }

    private async Task LoopAsync()
    {
        var group = new List<ActiveRun>(GroupSize);
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            group.Clear();
            var settlements = new List<Settlement>(); // the store may keep it for a repeated write, so it is not reused
            while (group.Count < GroupSize && _queue.Reader.TryRead(out var next))
            {
                group.Add(next.Run);
                settlements.Add(next.Settlement);
            }

            await SettleAsync(group, settlements).ConfigureAwait(false);
        }
    }

    private async Task SettleAsync(List<ActiveRun> group, List<Settlement> settlements)
    {
        IReadOnlyList<SettleAnswer> answers;
        var backoff = new Backoff(time);
        while (true)
        {
            try
            {
                // Not cancellable: a worker that stops must still tell how its runs ended. A lost session ends the repeats.
                answers = await store.SettleAsync(settlements, CancellationToken.None).ConfigureAwait(false);
                break;
            }
            catch (StoreException e) when (e.IsTransient && !group.TrueForAll(static r => r.Session.HasRunOut))
            {
                if (backoff.Failures == 0)
                    Log.SettleFailed(logger, settlements.Count, e);
                await backoff.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) // nothing may end the loop: no run would be settled any more
            {
                await RefusedAsync(group, settlements, e).ConfigureAwait(false);
                return;
            }
        }

        for (var i = 0; i < group.Count; i++)
            Tell(group[i], answers[i]);
    }

    private void Tell(ActiveRun run, SettleAnswer answer)
    {
        try
        {
            settled(run, answer);
        }
        catch (Exception e) // a listener of the metrics: the run is settled all the same
        {
            Log.TellingFailed(logger, run.Claim.Key.Job, e);
        }
    }

    /// <summary>A group that fails as a whole is settled one by one, so that one bad settlement cannot hold up its neighbours.</summary>
    private async Task RefusedAsync(List<ActiveRun> group, List<Settlement> settlements, Exception error)
    {
        if (group.Count > 1)
        {
            for (var i = 0; i < group.Count; i++)
                await SettleAsync([group[i]], [settlements[i]]).ConfigureAwait(false);
            return;
        }

        Log.SettleRefused(logger, group[0].Claim.Key.Job, error);
        if (settlements[0].Update is not null && error is StoreException { IsTransient: false } or ArgumentException)
            await SettleAsync(group, [WithoutUpdate(group[0], settlements[0], error)]).ConfigureAwait(false);
        else
            Tell(group[0], new SettleAnswer(SettleStatus.LeaseLost, default));
    }

    /// <summary>What the run had to write is refused for good: its end is told without it, and a run that was done has failed.</summary>
    private static Settlement WithoutUpdate(ActiveRun run, Settlement settlement, Exception error)
    {
        if (settlement.Outcome is not (Outcome.Completed or Outcome.Retry))
            return settlement with { Update = null };
        return settlement with
        {
            Update = null,
            Outcome = Outcome.Failed,
            Delay = TimeSpan.Zero,
            Error = new JobError("refused", StorageText.Clean($"What the run had to write was refused: {error.Message}", 4_000), StorageText.Clean(error.ToString(), 16_000)),
            Retention = JobDefaults.FailedRetention,
            FailedHook = run.Claim.Kind != RunKind.FailedHook && run.Definition.HasFailedHook,
        };
    }
}
