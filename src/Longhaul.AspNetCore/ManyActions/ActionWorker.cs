using Longhaul.Diagnostics;
using Longhaul.Hosting;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.AspNetCore.ManyActions;

/// <summary>
/// Runs <see cref="ActOnJobs"/> in this process when no living worker would: a host that only shows the dashboard has none. It works off what is
/// there and ends.
/// </summary>
internal sealed class ActionWorker(LonghaulInstance instance, IJobStore store, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Called when such a job has been written.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (instance.IsSync)
            return; // it has run already
        var workers = await store.ListWorkersAsync(cancellationToken).ConfigureAwait(false);
        if (workers.Any(Takes))
            return;
        lock (_gate)
        {
            if (_running.IsCompleted && !_stop.IsCancellationRequested)
                _running = Task.Run(RunAsync, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private static bool Takes(WorkerInfo worker)
        => QueueSummary.IsLive(worker) && worker.State == WorkerState.Active && worker.Worker.Names.Contains(ActOnJobs.Name)
            && worker.Worker.Queues?.Contains(ActOnJobs.QueueName) != false;

    private async Task RunAsync()
    {
        try
        {
            var options = new WorkerOptions { Concurrency = 1, Prefetch = 0, StopWhenEmpty = true, Name = $"{Environment.MachineName}:{Environment.ProcessId}:actions" };
            var worker = await WorkerFactory.MakeAsync(instance, options.Queues(ActOnJobs.QueueName), null, _stop.Token).ConfigureAwait(false);
            await worker.RunAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped before it began.
        }
        catch (StoreException e)
        {
            Log.ActionWorkerEnded(logger, e); // the job is still there: the next action, or any worker, takes it
        }
    }
}
