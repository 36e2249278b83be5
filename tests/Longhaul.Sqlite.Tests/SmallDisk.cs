using System.Diagnostics;

namespace Longhaul.Sqlite.Tests;

/// <summary>A file system of a few megabytes. Needs Linux and the right to mount; elsewhere the test is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    public static SmallDisk Mount(string folder, int megabytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Needs the right to mount a file system.");
        Directory.CreateDirectory(folder);
        Assert.SkipUnless(TryRun("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=700", "tmpfs", folder), "Needs the right to mount a file system.");
        return new(folder);
    }

    public string In(string name) => Path.Combine(_folder, name);

    /// <summary>Leaves no room.</summary>
    public void Fill()
    {
        using var filler = new FileStream(In("filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4_096];
        try
        {
            while (true)
                filler.Write(page);
        }
        catch (IOException)
        {
            // full
        }
    }

    public void Free() => File.Delete(In("filler"));

    public void MakeReadOnly() => TryRun("mount", "-o", "remount,ro", _folder).ShouldBeTrue();

    public void Dispose() => TryRun("umount", "--lazy", _folder);

    private static bool TryRun(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
