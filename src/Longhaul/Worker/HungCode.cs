using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>Code that went on after its run was given up. Its job is held in the store until the code has ended.</summary>
internal sealed class HungCode(JobWorker worker)
{
    private readonly Lock _lock = new();
    private readonly HashSet<ActiveRun> _runs = [];

    public bool Contains(ActiveRun run)
    {
        lock (_lock)
            return _runs.Contains(run);
    }

    public void Add(ActiveRun run, Task code)
    {
        lock (_lock)
            _runs.Add(run);
        _ = ReleaseAsync(run, code); // ends with the code; a process that ends before releases by closing its session
    }

    private async Task ReleaseAsync(ActiveRun run, Task code)
    {
        await code.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
