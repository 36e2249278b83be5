using Longhaul.Hosting;
using Longhaul.Worker;

namespace Longhaul.Cli.Working;

/// <summary>Runs one worker in this process until it is told to stop or has reached a limit.</summary>
internal static class WorkerRun
{
    /// <returns>0, or what tells a supervisor why it ended: 12 memory, 13 code that does not end.</returns>
    public static async Task<int> RunAsync(CliContext cli, LonghaulInstance longhaul, WorkerOptions options, WorkOutput output, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var signals = ProcessSignals.Watch(stop); // one that insists ends the process at once, and others find it gone
        try
        {
            await cli.StoreAsync(create: true, stop.Token).ConfigureAwait(false); // says within 5 s when it is not there
            var worker = await MakeAsync(longhaul, options, output, stop.Token).ConfigureAwait(false);
            await worker.RunAsync(stop.Token).ConfigureAwait(false);
            return worker.ExitCode;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Done; // stopped before it had begun
        }
    }

    private static async Task<JobWorker> MakeAsync(LonghaulInstance longhaul, WorkerOptions options, WorkOutput output, CancellationToken cancellationToken)
    {
        try
        {
            return await WorkerFactory.MakeAsync(longhaul, options, output.Logger, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw CliException.WrongUse(e.Message.Split(" (Parameter", 2)[0].ReplaceLineEndings(" "));
        }
    }
}
