using System.Diagnostics;
using System.Globalization;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>
/// Tells where this process runs and whether a process of the same host is gone. On Linux from <c>/proc</c>;
/// elsewhere the host stays unknown, no pid is proof, and the lease decides.
/// </summary>
internal static class ProcessProbe
{
    private const string Gone = "gone";
    private const int NoSuchProcess = 3; // ESRCH: it ended between open and read

    /// <summary>This process's host.</summary>
    public static HostIdentity Host { get; } = new(
        ReadLine("/proc/sys/kernel/random/boot_id"), ReadLine("/etc/machine-id"), ReadLink("/proc/self/ns/pid"));

    /// <summary>When this process started, in the kernel's clock ticks since boot.</summary>
    public static string? Start { get; } = StartOf(Environment.ProcessId);

    /// <summary>Whether the process is surely gone: its pid is free, belongs to another start, or is a zombie.</summary>
    public static bool IsGone(Peer peer)
        => Host.SharesPidsWith(peer.Host) && peer.ProcessStart is not null && StartOf(peer.ProcessId) is { } start && start != peer.ProcessStart;

    /// <summary>Resident memory of this process in bytes.</summary>
    public static long ResidentMemory => Environment.WorkingSet;

    /// <summary>Null: it cannot be told, which proves nothing.</summary>
    private static string? StartOf(int pid)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            // pid (comm) state ppid …: comm may hold blanks and brackets, so count from the last ')'. Field 22 is the start time.
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? "ended" : fields[19];
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException || e.HResult == NoSuchProcess)
        {
            return IsThere(pid) ? null : Gone; // /proc may be mounted so that it hides the processes of others
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // no file handle left, no permission
        }
    }

    private static bool IsThere(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            return true; // not proven gone
        }
    }

    private static string? ReadLine(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() && File.ReadAllText(path).Trim() is { Length: > 0 } text ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? ReadLink(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? new FileInfo(path).LinkTarget : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
