using System.Diagnostics;
using System.Globalization;

namespace Longhaul.Processes;

/// <summary>One start of a program: its output, its processes, its end.</summary>
internal sealed class ProgramRun : IDisposable
{
    /// <summary>Carried by all processes of a job, so that a later run on the same host finds what an earlier one left.</summary>
    public const string JobMark = "LONGHAUL_JOB";

    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Dictionary<int, double> _cpu = [];
    private readonly ProcessTree? _tree;
    private readonly TimeProvider _time;

    private ProgramRun(Process process, string mark, TimeProvider time)
    {
        (_process, _time) = (process, time);
        _tree = OperatingSystem.IsLinux() ? new ProcessTree(process.Id, mark) : null;
    }

    public int ExitCode => _process.ExitCode;

    /// <summary>Most memory at one look, in bytes.</summary>
    public long PeakMemory { get; private set; }

    /// <summary>Memory at the last look, in bytes.</summary>
    public long Memory { get; private set; }

    public double CpuSeconds => _cpu.Values.Sum();

    /// <exception cref="FailNowException">The program cannot be started.</exception>
    public static ProgramRun Start(ProcessCommand command, string mark, ProcessGuard guard, TimeProvider time)
    {
        guard.Stand();
        var entry = command.Entry;
        var start = new ProcessStartInfo
        {
            FileName = OperatingSystem.IsLinux() && Setsid.IsThere ? Setsid.Path : entry.Executable,
            WorkingDirectory = entry.WorkingFolder ?? Path.GetTempPath(),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (start.FileName != entry.Executable)
            start.ArgumentList.Add(entry.Executable);
        foreach (var argument in command.Arguments)
            start.ArgumentList.Add(argument);
        SetEnvironment(start, entry, mark, guard);

        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close(); // nobody answers its questions
            return new ProgramRun(process, mark, time);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new FailNowException($"The program of \"{command.Name}\" must start, but {entry.Executable} does not: {e.Message}", e);
        }
    }

    /// <summary>Hands on each line of both outputs, until both are closed.</summary>
    public Task ReadAsync(Action<string, bool> take, Func<ValueTask> breathe) => Task.WhenAll(
        OutputLines.ReadAsync(_process.StandardOutput.BaseStream, line => take(line, false), breathe, CancellationToken.None),
        OutputLines.ReadAsync(_process.StandardError.BaseStream, line => take(line, true), breathe, CancellationToken.None));

    public Task WaitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Looks at what its processes use.</summary>
    public void Look()
    {
        if (_tree is null)
            return;
        var (memory, cpu) = _tree.Usage();
        (Memory, PeakMemory) = (memory, Math.Max(PeakMemory, memory));
        foreach (var (id, seconds) in cpu)
            _cpu[id] = seconds;
    }

    /// <summary>Asks all its processes to end, and kills what is left after the grace.</summary>
    public async Task EndAsync(TimeSpan grace)
    {
        if (_tree is null)
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            return;
        }

        var asked = _time.GetTimestamp();
        if (grace > TimeSpan.Zero && _tree.Signal(ProcessTree.Terminate) > 0)
        {
            while (_time.GetElapsedTime(asked) < grace && _tree.Signal(0) > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(20), _time, CancellationToken.None).ConfigureAwait(false);
        }

        await EndAllAsync(_tree, _time).ConfigureAwait(false);
    }

    /// <summary>Ends what an earlier run of the job left on this host, whose worker was killed with it or not.</summary>
    public static Task EndLeftAsync(string mark, TimeProvider time) => OperatingSystem.IsLinux() ? EndAllAsync(new ProcessTree(0, mark), time) : Task.CompletedTask;

    /// <summary>The job's mark. Stores of one host have jobs of the same id in queues of the same name: when it was made tells them apart.</summary>
    public static string MarkOf(JobId job, string queue, DateTimeOffset createdAt)
        => string.Create(CultureInfo.InvariantCulture, $"{JobMark}={queue}:{job.Value}:{createdAt.UtcTicks}");

    public void Dispose() => _process.Dispose();

    private static async Task EndAllAsync(ProcessTree tree, TimeProvider time)
    {
        if (!await tree.EndAsync(KillPatience, time).ConfigureAwait(false))
            throw new InvalidOperationException("All processes of a program must be ended before its job goes on, but some live on after SIGKILL (in the kernel, perhaps waiting for a disk that hangs). Look for them by 'ps -o pid,stat,wchan'.");
    }

    private static void SetEnvironment(ProcessStartInfo start, ProcessEntry entry, string mark, ProcessGuard guard)
    {
        var passed = entry.PassEnvironment.Select(name => (name, value: System.Environment.GetEnvironmentVariable(name))).Where(static one => one.value is not null).ToArray();
        start.Environment.Clear();
        foreach (var (name, value) in passed)
            start.Environment[name] = value;
        foreach (var (name, value) in entry.Environment)
            start.Environment[name] = value;
        foreach (var both in new[] { mark, guard.Mark })
            start.Environment[both[..both.IndexOf('=', StringComparison.Ordinal)]] = both[(both.IndexOf('=', StringComparison.Ordinal) + 1)..];
    }
}
