using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>Code that went on after its run was given up. Its job is held in the store until the code has ended.</summary>
internal sealed class HungCode(JobWorker worker)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ActiveRun, TaskCompletionSource> _runs = [];

    public bool Contains(ActiveRun run)
    {
        lock (_lock)
            return _runs.ContainsKey(run);
    }

    public void Add(ActiveRun run, Task code)
    {
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            _runs.Add(run, settled);
        _ = ReleaseAsync(run, code, settled.Task); // ends with the code; a process that ends before releases by closing its session
    }

    /// <summary>The end of a run is in the store, and with it the hold where its code goes on.</summary>
    public void Settled(ActiveRun run)
    {
        lock (_lock)
            _runs.GetValueOrDefault(run)?.TrySetResult();
    }

    private async Task ReleaseAsync(ActiveRun run, Task code, Task settled)
    {
        await code.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await settled.ConfigureAwait(false); // the store could not end a hold that is not there yet, and would keep the one that comes
        lock (_lock)
            _runs.Remove(run);
        var backoff = new Backoff(worker.Time);
        while (true)
        {
            try
            {
                await worker.Store.EndHoldAsync([run.Claim.Key], CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (StoreException e) when (e.IsTransient && !run.Session.HasRunOut)
            {
                await backoff.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreException)
            {
                return; // the session's end releases it
            }
        }
    }
}
