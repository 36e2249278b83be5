using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Longhaul.Proof;

/// <summary>A process that this one started: the same program with a verb. Signals go to its id and to no other.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Recorder _runner;
    private readonly Task _exit;
    private bool _killed;

    private ChildProcess(string name, Process process, Recorder runner)
    {
        (Name, _process, _runner) = (name, process, runner);
        _exit = WatchAsync();
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _exit.IsCompleted;

    public int ExitCode => _process.ExitCode;

    /// <summary>Ends when the process has ended and this is recorded.</summary>
    public Task Exit => _exit;

    /// <param name="runner">Records what is done to it.</param>
    /// <param name="name">Its name in histories.</param>
    /// <param name="verb">What it is to be.</param>
    /// <param name="settings">As JSON.</param>
    /// <param name="fault">Where it is to die: <c>name:n</c>.</param>
    /// <param name="through">What starts it in its stead: <c>unshare</c> with its options.</param>
    public static ChildProcess Start(Recorder runner, string name, string verb, string settings, string? fault = null, IReadOnlyList<string>? through = null)
        => Start(runner, name, [verb, settings], through ?? [], fault is null ? [] : [("LONGHAUL_FAULT", fault)]);

    /// <param name="runner">Records what is done to it.</param>
    /// <param name="name">Its name in histories.</param>
    /// <param name="arguments">Of the program.</param>
    /// <param name="variables">Of its environment.</param>
    public static ChildProcess Start(Recorder runner, string name, IEnumerable<string> arguments, params (string Name, string Value)[] variables)
        => Start(runner, name, arguments, [], variables);

    private static ChildProcess Start(Recorder runner, string name, IEnumerable<string> arguments, IReadOnlyList<string> through, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(through.Count > 0 ? through[0] : Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        // The host may be `dotnet` with this program as its argument, or this program itself.
        foreach (var word in through.Skip(1))
            start.ArgumentList.Add(word);
        if (through.Count > 0)
            start.ArgumentList.Add(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_TieredPGO"] = "0"; // a quicker start
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment.Remove("LONGHAUL_FAULT");
        start.Environment.Remove("WORKER_ID");
        foreach (var (variable, value) in variables)
            start.Environment[variable] = value;
        runner.Note(new HistoryEvent { Op = Ops.Spawn, What = name, Err = variables.FirstOrDefault(static v => v.Name == "LONGHAUL_FAULT").Value });
        return new ChildProcess(name, Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start."), runner);
    }

    public void Kill()
    {
        _killed = true;
        _runner.Note(new HistoryEvent { Op = Ops.Kill, What = Name });
        Signal(9);
    }

    public void Terminate()
    {
        _runner.Note(new HistoryEvent { Op = Ops.Terminate, What = Name });
        Signal(15);
    }

    public void Freeze()
    {
        Signal(19);
        _runner.Note(new HistoryEvent { Op = Ops.Freeze, What = Name });
    }

    public void Thaw()
    {
        _runner.Note(new HistoryEvent { Op = Ops.Thaw, What = Name });
        Signal(18);
    }

    public async Task WaitForExitAsync(TimeSpan limit)
    {
        if (!await ExitsWithinAsync(limit))
            throw new TimeoutException($"Waited {limit.TotalSeconds:0} s in vain for the end of {Name}");
    }

    public async Task<bool> ExitsWithinAsync(TimeSpan limit)
    {
        await Task.WhenAny(_exit, Task.Delay(limit, TimeProvider.System));
        return _exit.IsCompleted;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_exit.IsCompleted)
            Kill();
        await _exit;
        _process.Dispose();
    }

    private async Task WatchAsync()
    {
        var errors = _process.StandardError.ReadToEndAsync();
        var output = _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
        // One that killed itself at a fault point is found here, some time later.
        if (!_killed && _process.ExitCode == 137)
            _runner.Note(new HistoryEvent { Op = Ops.Kill, What = Name, Answer = "found" });
        _runner.Note(new HistoryEvent { Op = Ops.Exit, What = Name, Value = _process.ExitCode });
        await output;
        var said = await errors;
        if (_process.ExitCode is not (0 or 137))
            await Console.Error.WriteLineAsync($"{Name} ended with exit code {_process.ExitCode}. {said}");
    }

    /// <summary>To a process that a child of this one started.</summary>
    public static void Signal(int pid, int signal) => _ = SendSignal(pid, signal);

    private void Signal(int signal)
    {
        if (!_exit.IsCompleted)
            _ = SendSignal(_process.Id, signal);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int pid, int signal);
}

/// <summary>Waits, always with an end, always saying for what.</summary>
internal static class Until
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    public static async Task TrueAsync(Func<bool> condition, TimeSpan limit, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > limit)
                throw new TimeoutException($"Waited {limit.TotalSeconds:0.#} s in vain for: {what}");
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > limit)
                throw new TimeoutException($"Waited {limit.TotalSeconds:0.#} s in vain for: {what}");
            await Task.Delay(Look, TimeProvider.System);
        }
    }
}

/// <summary>The verbs by which the program is its own worker and producer.</summary>
internal static class ProofProgram
{
    /// <summary>Null: the arguments are not for it.</summary>
    public static Task<int>? Run(string[] args)
    {
        if (args is not [WorkerProgram.Verb or ProducerProgram.Verb or ProgramWorker.Verb, _])
            return null;
        DieWithParent();
        return args[0] switch
        {
            WorkerProgram.Verb => WorkerProgram.RunAsync(WorkerSettings.Of(args[1])),
            ProgramWorker.Verb => ProgramWorker.RunAsync(WorkerSettings.Of(args[1])),
            _ => ProducerProgram.RunAsync(ProducerSettings.Of(args[1])),
        };
    }

    /// <summary>The runner holds the other end of the standard input: when that closes, the runner is gone, and nobody would end this process.</summary>
    public static void DieWithParent()
        => new Thread(static () =>
        {
            while (Console.OpenStandardInput().ReadByte() >= 0)
            {
                // Nothing is ever written.
            }

            Process.GetCurrentProcess().Kill();
        })
        { IsBackground = true }.Start();
}
