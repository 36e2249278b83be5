using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Longhaul.Worker;

/// <summary>Runs a worker inside a host: begins it when the host begins, ends it in order when the host stops, and stops the host when the worker ends by itself.</summary>
internal sealed partial class WorkerService(Func<CancellationToken, ValueTask<JobWorker>> make, IHostApplicationLifetime lifetime) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private Task _running = Task.CompletedTask;
    private JobWorker? _worker;
    private int _stopSignals;

    /// <summary>What the process should exit with: 0, 12 (memory), 13 (code that does not end).</summary>
    public int ExitCode => _worker?.ExitCode ?? 0;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _worker = await make(cancellationToken).ConfigureAwait(false); // a wrong setting or store stops the host here, with its message
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnStopSignal));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnStopSignal));
        _running = Task.Run(() => RunAsync(_worker), CancellationToken.None);
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

    private async Task RunAsync(JobWorker worker)
    {
        try
        {
            await worker.RunAsync(_stop.Token).ConfigureAwait(false);
        }
        finally
        {
            if (!_stop.IsCancellationRequested)
            {
                if (worker.ExitCode != 0)
                    Environment.ExitCode = worker.ExitCode;
                lifetime.StopApplication();
            }
        }
    }

    /// <summary>The first signal is the host's, which stops in order. A second one ends the process at once; others find it gone.</summary>
    private void OnStopSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _stopSignals) < 2)
            return;
        if (OperatingSystem.IsWindows())
            Environment.Exit(1);
        ExitNow(128 + (context.Signal == PosixSignal.SIGINT ? 2 : 15)); // not Environment.Exit: that waits for the host to stop
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int code);
}
