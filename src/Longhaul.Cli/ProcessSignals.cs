using System.Runtime.InteropServices;

namespace Longhaul.Cli;

/// <summary>Ctrl-C and SIGTERM end a verb between its steps, so that it can say how far it came.</summary>
internal static class ProcessSignals
{
    public static IDisposable Watch(CancellationTokenSource stop)
    {
        var signals = new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM };
        return new Registrations([.. signals.Select(signal => PosixSignalRegistration.Create(signal, context => Stop(stop, context)))]);
    }

    private static void Stop(CancellationTokenSource stop, PosixSignalContext context)
    {
        // The second one ends the process at once.
        if (stop.IsCancellationRequested)
            return;
        context.Cancel = true;
        _ = stop.CancelAsync();
    }

    private sealed class Registrations(PosixSignalRegistration[] all) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in all)
                one.Dispose();
        }
    }
}
