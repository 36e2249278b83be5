using System.Runtime.InteropServices;
using Longhaul.Hosting;
using Longhaul.Storage;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Worker;

/// <summary>Runs a worker inside a host: begins it when the host begins, ends it in order when the host stops, and stops the host when the worker ends by itself.</summary>
internal sealed partial class WorkerService(LonghaulInstance instance, IHostApplicationLifetime lifetime) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly StopSignals _stopSignals = new(instance.Time);
    private Task _running = Task.CompletedTask;
    private JobWorker? _worker;

    /// <summary>What the process should exit with: 0, 12 (memory), 13 (code that does not end).</summary>
    public int ExitCode => _worker?.ExitCode ?? 0;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (instance.Worker is not { } options)
            return; // a host that only enqueues
        JobWorker? worker = null;
        try
        {
            worker = await WorkerFactory.MakeAsync(instance, options, null, cancellationToken).ConfigureAwait(false); // a wrong setting or store stops the host here
        }
        catch (StoreException e) when (e.IsTransient)
        {
            // Away for now: the host starts, and the worker as soon as the store is there.
        }

        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnStopSignal));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnStopSignal));
        _running = Task.Run(() => RunAsync(worker, options), CancellationToken.None);
    }

    /// <summary>Ends the worker in order. Bounded by the worker's own shutdown timeouts, not by the host's.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(JobWorker? worker, WorkerOptions options)
    {
        try
        {
            _worker = worker ?? await MakeWhenThereAsync(options).ConfigureAwait(false);
            await _worker.RunAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped before the store was there.
        }
        finally
        {
            if (!_stop.IsCancellationRequested)
            {
                if (ExitCode != 0)
                    Environment.ExitCode = ExitCode;
                lifetime.StopApplication();
            }
        }
    }

    private async Task<JobWorker> MakeWhenThereAsync(WorkerOptions options)
    {
        var backoff = new Backoff(instance.Time);
        while (true)
        {
            await backoff.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                return await WorkerFactory.MakeAsync(instance, options, null, _stop.Token).ConfigureAwait(false);
            }
            catch (StoreException e) when (e.IsTransient)
            {
                continue;
            }
        }
    }

    /// <summary>The first signal is the host's, which stops in order. One that insists ends the process at once; others find it gone.</summary>
    private void OnStopSignal(PosixSignalContext context)
    {
        if (!_stopSignals.Insists())
            return;
        if (OperatingSystem.IsWindows())
            Environment.Exit(1);
        ExitNow(128 + (context.Signal == PosixSignal.SIGINT ? 2 : 15)); // not Environment.Exit: that waits for the host to stop
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int code);
}
