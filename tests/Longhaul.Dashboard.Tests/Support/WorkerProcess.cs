using System.Diagnostics;

namespace Longhaul.Dashboard.Tests;

/// <summary>A worker that this test started as a process, and ends.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _said;

    private WorkerProcess(Process process)
    {
        _process = process;
        _said = SaidAsync(process);
    }

    public static WorkerProcess Start(DashboardHost host, string name)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        // The runner may be `dotnet` with this program as its argument, or this program itself.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(WorkerProcess).Assembly.Location);
        foreach (var argument in (string[])[WorkerProgram.Verb, host.StoreFile, name])
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_TieredPGO"] = "0"; // a quicker start
        return new WorkerProcess(Process.Start(start) ?? throw new InvalidOperationException($"The worker {name} did not start."));
    }

    /// <summary>As <c>kill -9</c>: it can say nothing any more.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        var said = await _said;
        if (_process.ExitCode is not (0 or 137))
            TestContext.Current.TestOutputHelper?.WriteLine($"A worker ended with exit code {_process.ExitCode}. {said}");
        _process.Dispose();
    }

    private static async Task<string> SaidAsync(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        return await process.StandardError.ReadToEndAsync() + await output;
    }
}
