using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Longhaul.Processes;

/// <summary>
/// The processes of one program on Linux: those of its session, and those that carry its mark in their environment wherever they went.
/// </summary>
/// <param name="session">The id of the session that the program leads; 0: look for the mark alone.</param>
/// <param name="mark">A variable of its environment, as <c>NAME=value</c>.</param>
internal sealed partial class ProcessTree(int session, string mark)
{
    public const int Terminate = 15;
    public const int Kill = 9;

    private static readonly long PerSecond = TicksPerSecond();

    private readonly byte[] _mark = Encoding.UTF8.GetBytes(mark);

    /// <summary>Sends a signal to all.</summary>
    /// <returns>How many there were.</returns>
    public int Signal(int signal)
    {
        var members = Members();
        foreach (var member in members)
            _ = kill(member.Id, signal);
        return members.Count;
    }

    /// <summary>Kills all, also those that come while it does.</summary>
    /// <returns>Whether none is left.</returns>
    public async Task<bool> EndAsync(TimeSpan patience, TimeProvider time)
    {
        var began = time.GetTimestamp();
        while (Signal(Kill) > 0)
        {
            if (time.GetElapsedTime(began) > patience)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(5), time, CancellationToken.None).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>What they use now.</summary>
    public (long Memory, Dictionary<int, double> CpuSeconds) Usage()
    {
        var cpu = new Dictionary<int, double>();
        var memory = 0L;
        foreach (var member in Members())
        {
            memory += member.Pages * Environment.SystemPageSize;
            cpu[member.Id] = member.Ticks / (double)PerSecond;
        }

        return (memory, cpu);
    }

    /// <summary>All that live: zombies are not, nothing can end them but their parent.</summary>
    private List<Member> Members()
    {
        var members = new List<Member>();
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId
                && Read(path, id) is { } member && ((session != 0 && member.Session == session) || HasMark(path)))
                members.Add(member);
        }

        return members;
    }

    private static Member? Read(string path, int id)
    {
        try
        {
            // pid (comm) state ppid pgrp session …: comm may hold blanks and brackets, so count from the last ')'.
            var stat = File.ReadAllText(path + "/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : new Member(id, Number(3), Number(11) + Number(12), Number(21));

            long Number(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended
        }
    }

    private bool HasMark(string path)
    {
        try
        {
            var environment = File.ReadAllBytes(path + "/environ").AsSpan();
            for (int at; (at = environment.IndexOf(_mark)) >= 0; environment = environment[(at + 1)..])
            {
                var end = at + _mark.Length;
                if ((at == 0 || environment[at - 1] == 0) && (end == environment.Length || environment[end] == 0))
                    return true;
            }

            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // somebody else's
        }
    }

    private static long TicksPerSecond()
    {
        const int ClockTicks = 2; // _SC_CLK_TCK
        return OperatingSystem.IsLinux() && sysconf(ClockTicks) is > 0 and var ticks ? ticks : 100;
    }

    private sealed record Member(int Id, long Session, long Ticks, long Pages);

#pragma warning disable SYSLIB1054, IDE1006 // the names are libc's
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint sysconf(int name);
#pragma warning restore SYSLIB1054, IDE1006
}
