using System.Runtime.InteropServices;
using Longhaul.Worker;

namespace Longhaul.Cli;

/// <summary>Ctrl-C and SIGTERM end a verb between its steps, so that it can say how far it came.</summary>
internal static class ProcessSignals
{
    public static IDisposable Watch(CancellationTokenSource stop)
    {
        var asked = new StopSignals(TimeProvider.System);
        var signals = new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM };
        return new Registrations([.. signals.Select(signal => PosixSignalRegistration.Create(signal, context => Stop(stop, asked, context)))]);
    }

    private static void Stop(CancellationTokenSource stop, StopSignals asked, PosixSignalContext context)
    {
        // One that insists is not taken: it ends the process at once.
        if (asked.Insists())
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
