using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Longhaul.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Longhaul.Worker;

/// <summary>
/// The small parent of <c>--processes N</c>: starts N workers with its own program and arguments, starts anew those that end
/// (a restart through the store, a memory limit, a crash), and passes signals on. It holds no store and runs no job.
/// </summary>
internal sealed partial class Supervisor(IReadOnlyList<string> arguments, int count, bool untilEmpty, TimeProvider time, ILogger logger)
{
    /// <summary>A child that ended sooner than this after its start is started again only after a wait, so that a broken program does not spin.</summary>
    private static readonly TimeSpan TooSoon = TimeSpan.FromSeconds(5);

    private const int EndedBySignal = 128;

    private readonly Lock _lock = new();
    private readonly List<Process> _children = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly StopSignals _asked = new(time);
    private volatile bool _insisted;
    private readonly string _group = Random.Shared.NextInt64(1, long.MaxValue).ToString(CultureInfo.InvariantCulture);

    /// <summary>Runs until it is told to stop, or with <c>untilEmpty</c> until every child has ended by itself.</summary>
    /// <returns>0, or the exit code of a child that ended for good with another.</returns>
    public async Task<int> RunAsync()
    {
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, PassOn);
        var codes = await Task.WhenAll(Enumerable.Range(1, count).Select(KeepAsync)).ConfigureAwait(false);
        return codes.Max();
    }

    private async Task<int> KeepAsync(int number)
    {
        while (true)
        {
            var began = time.GetTimestamp();
            using var child = Start(number);
            if (child is null)
                return 0;
            await child.WaitForExitAsync().ConfigureAwait(false);
            lock (_lock)
                _children.Remove(child);
            if (_stop.IsCancellationRequested || (untilEmpty && child.ExitCode == 0))
                return ExitCodeOf(child);

            Log.ChildEnded(logger, number, child.Id, child.ExitCode);
            if (time.GetElapsedTime(began) < TooSoon)
                await Task.Delay(TooSoon, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A child that the signal met before it could listen for it had claimed nothing: that is an end in order.</summary>
    private int ExitCodeOf(Process child)
        => _stop.IsCancellationRequested && !_insisted && child.ExitCode is EndedBySignal + 2 or EndedBySignal + 15 ? 0 : child.ExitCode;

    private Process? Start(int number)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known, so it cannot be started again.");
        var start = new ProcessStartInfo(program);
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["LONGHAUL_GROUP"] = _group;
        if (Environment.GetEnvironmentVariable("WORKER_ID") is { } name)
            start.Environment["WORKER_ID"] = $"{name}-{number}";
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
                return null;
            var child = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start.");
            _children.Add(child);
            return child;
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (_asked.Insists())
            _insisted = true;
        _ = _stop.CancelAsync();
        // A child that the signal has reached already, from a terminal or a supervisor that sends it to the whole group, takes both for one.
        PassOn(context);
    }

    private void PassOn(PosixSignalContext context)
    {
        context.Cancel = true; // the children decide when it is over
        lock (_lock)
        {
            foreach (var child in _children)
                Native.Signal(child.Id, context.Signal);
        }
    }

    private static partial class Native
    {
        public static void Signal(int pid, PosixSignal signal)
        {
            if (OperatingSystem.IsWindows())
                return; // console children get Ctrl-C themselves; there is no other signal
            _ = Kill(pid, signal switch { PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, _ => 15 });
        }

        [LibraryImport("libc", EntryPoint = "kill")]
        private static partial int Kill(int pid, int signal);
    }
}
