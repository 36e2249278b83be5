using System.Diagnostics;
using System.Globalization;

namespace StorageMigration.Tests.Trees.Proof;

/// <summary>A worker of the sample as a process of its own, to be killed.</summary>
internal sealed class TreeWorker : IDisposable
{
    private readonly Process _process;

    /// <param name="program">The built sample.</param>
    /// <param name="root">The folder of its store.</param>
    /// <param name="flushInterval">How often it saves; null: as it does by itself.</param>
    public TreeWorker(string program, string root, TimeSpan? flushInterval = null)
    {
        var start = new ProcessStartInfo("dotnet", [program, "work"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Migration__Root"] = root;
        start.Environment["LONGHAUL_STORE"] = "sqlite:" + StoreIn(root);
        if (flushInterval is { } interval)
            start.Environment["Longhaul__Worker__FlushInterval"] = $"{interval:c}";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>The most memory that it has had, in bytes; 0: that cannot be told any more, or not on this system.</summary>
    public long PeakBytes
    {
        get
        {
            try
            {
                var line = File.ReadLines($"/proc/{_process.Id}/status").FirstOrDefault(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
                return line is null ? 0 : long.Parse(line.Split(':', 'k')[1], CultureInfo.InvariantCulture) * 1_024;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return 0; // it has ended, or this is no Linux
            }
        }
    }

    public static string StoreIn(string root) => Path.Combine(root, "longhaul.db");

    /// <summary>SIGKILL.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
