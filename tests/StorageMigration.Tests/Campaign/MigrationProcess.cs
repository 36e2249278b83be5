using System.Diagnostics;

namespace StorageMigration.Tests.Campaign;

/// <summary>The sample as a process of its own, to be killed.</summary>
internal sealed class MigrationProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    /// <param name="program">The sample's assembly.</param>
    /// <param name="settings">Of the section <c>Migration</c>.</param>
    /// <param name="arguments">The verb and what follows it.</param>
    public MigrationProcess(string program, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings)
            start.Environment[$"Migration__{name}"] = value;
        _process = Process.Start(start)!;
        (_output, _error) = (_process.StandardOutput.ReadToEndAsync(), _process.StandardError.ReadToEndAsync());
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>SIGKILL, to this process alone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<(int ExitCode, string[] Lines, string Error)> EndAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(patience, cancellationToken);
        return (_process.ExitCode, (await _output).Split('\n', StringSplitOptions.RemoveEmptyEntries), await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
