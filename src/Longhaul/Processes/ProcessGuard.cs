using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;

namespace Longhaul.Processes;

/// <summary>
/// A small shell that outlives this process and then ends the programs that it ran: also after kill -9, for the kernel closes its pipe in any case.
/// One for all jobs of the process, started at the first need.
/// </summary>
internal sealed class ProcessGuard : IDisposable
{
    private const string Shell = "/bin/sh";

    private static readonly Lazy<string> Script = new(static () =>
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("Longhaul.Processes.Guard.sh")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    });

    private readonly Lock _gate = new();
    private Process? _shell;

    /// <summary>That of this process.</summary>
    public static ProcessGuard Shared { get; } = new();

    /// <summary>The variable, as <c>NAME=value</c>, that programs of this process carry.</summary>
    public string Mark { get; } = $"{MarkName}={Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";

    public const string MarkName = "LONGHAUL_WORKER_MARK";

    /// <summary>Sees to it that there is one. It is started anew when somebody has ended it.</summary>
    public void Stand()
    {
        if (!OperatingSystem.IsLinux())
            return;
        lock (_gate)
        {
            if (_shell is { HasExited: false })
                return;
            _shell?.Dispose();
            // In a session of its own: what ends the worker's group must not end it.
            var start = new ProcessStartInfo(Setsid.Path, [Shell, "-c", Script.Value, "longhaul-guard", Mark]) { RedirectStandardInput = true, WorkingDirectory = "/" };
            start.Environment.Clear();
            start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
            _shell = Process.Start(start);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _shell?.Dispose(); // closes the pipe: it looks once, finds nothing, and ends
            _shell = null;
        }
    }
}
