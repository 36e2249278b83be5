using System.Diagnostics;

namespace Longhaul.Load.Bench;

/// <summary>This program once more, as another process: told what to do by lines on its input, and answering by lines on its output.</summary>
internal sealed class ChildProcess : IDisposable
{
    public const string Verb = "child";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public static ChildProcess Start(params string[] task)
    {
        var program = typeof(ChildProcess).Assembly.Location;
        return new ChildProcess(Process.Start(new ProcessStartInfo("dotnet", [program, "bench", Verb, .. task])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!);
    }

    /// <summary>What it has used of the processors since it began.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public async Task TellAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until it says this.</summary>
    public async Task HearAsync(string expected)
    {
        string? line;
        try
        {
            line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"A child process should have said '{expected}' within {Patience}.", e);
        }

        if (line != expected)
            throw new InvalidOperationException($"A child process should have said '{expected}', but said '{line ?? "nothing more"}'.");
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public async Task EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"A child process ended with {_process.ExitCode}.");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
