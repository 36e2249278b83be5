using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>Looks after the worker's own limits once a second, and now and then after the store: prunes what is past its retention.</summary>
internal sealed class Caretaker(JobWorker worker)
{
    private const int PruneBatch = 500;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PrunePause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan QueuesEvery = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly long _began = worker.Time.GetTimestamp();
    private long _lookedAtQueues;
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = Task.Run(LoopAsync);

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    private async Task LoopAsync()
    {
        var prune = PruneEvery * Random.Shared.NextDouble(); // so that workers started as one do not prune as one
        var pruned = worker.Time.GetTimestamp();
        try
        {
            while (true)
            {
                await Task.Delay(LookEvery, worker.Time, _stop.Token).ConfigureAwait(false);
                LookAtLimits();
                await TryAsync(GiveWayAsync).ConfigureAwait(false);
                await TryAsync(LookAtQueuesAsync).ConfigureAwait(false);
                if (worker.Time.GetElapsedTime(pruned) < prune)
                    continue;
                await TryAsync(PruneAsync).ConfigureAwait(false);
                pruned = worker.Time.GetTimestamp();
                prune = PruneEvery * (0.75 + (0.5 * Random.Shared.NextDouble()));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The worker ends.
        }
    }

    /// <summary>One that fails is tried again at its next turn, and keeps no other from being done: the limits are looked at whatever the store does.</summary>
    private async Task TryAsync(Func<Task> look)
    {
        try
        {
            await look().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!_stop.IsCancellationRequested && e is not StoreException { IsTransient: true }) // the heart says when the store is away
                Log.CareFailed(worker.Logger, e);
        }
    }

    private void LookAtLimits()
    {
        if (worker.Options.MemoryLimitMegabytes is { } limit && ProcessProbe.ResidentMemory > (long)limit << 20)
            worker.Stop($"its memory is over {limit} MB", exitCode: 12);
        if (worker.Options.MaxTime is { } time && worker.Time.GetElapsedTime(_began) >= time)
            worker.Stop("the time it may run is over");
    }

    /// <summary>Time slices: the longest run that can be interrupted gives way when others of its queue have waited for longer than a slice.</summary>
    private async Task GiveWayAsync()
    {
        if (worker.Options.TimeSlice is not { } slice)
            return;
        var longest = worker.Runs()
            .Where(r => r.State is { HasSafePoints: true, StopReason: StopReason.None } && r.BegunAt != 0 && worker.Time.GetElapsedTime(r.BegunAt) > slice)
            .MinBy(static r => r.BegunAt);
        if (longest is null)
            return;
        var queues = await worker.Store.ListQueuesAsync(_stop.Token).ConfigureAwait(false);
        var oldest = queues.FirstOrDefault(q => q.Name == longest.Claim.Queue)?.OldestDue;
        // The store's clock now, from its clock at the claim and our monotonic one since: the two machines' wall clocks are never mixed.
        var now = longest.Claim.ClaimedAt + worker.Time.GetElapsedTime(longest.ClaimedAt);
        if (oldest is { } due && now - due > slice)
            longest.State.Stop(StopReason.TimeSlice);
    }

    /// <summary>For the gauges, when somebody reads them.</summary>
    private async Task LookAtQueuesAsync()
    {
        if (!worker.Metrics.WantsQueues || worker.Time.GetElapsedTime(_lookedAtQueues) < QueuesEvery)
            return;
        _lookedAtQueues = worker.Time.GetTimestamp();
        worker.Metrics.Seen(await worker.Store.ListQueuesAsync(_stop.Token).ConfigureAwait(false));
    }

    private async Task PruneAsync()
    {
        if (worker.HasNothingExpired)
            return;
        while (await worker.Store.PruneAsync(PruneBatch, _stop.Token).ConfigureAwait(false) == PruneBatch)
            await Task.Delay(PrunePause, worker.Time, _stop.Token).ConfigureAwait(false); // lets others write in between
    }
}
