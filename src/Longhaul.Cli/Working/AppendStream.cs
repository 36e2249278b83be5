using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Longhaul.Cli.Working;

/// <summary>
/// Opens a file so that each write goes to its end, wherever that is by then. <see cref="FileMode.Append"/> does not: it looks for the end
/// once and counts on from there, so that two processes write over each other, and a file that was cut by logrotate gets a hole.
/// </summary>
internal static partial class AppendStream
{
    private const int WriteOnly = 1;

    public static Stream Open(string path)
    {
        // Makes the file, with the rights and the errors of .NET.
        var plain = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (Flags() is not { } flags)
            return plain;
        using (plain)
        {
            var descriptor = OpenFile(path, flags);
            if (descriptor < 0)
                throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
            return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write, bufferSize: 0);
        }
    }

    /// <summary>O_WRONLY, O_APPEND and O_CLOEXEC; null where they are not known.</summary>
    private static int? Flags()
        => OperatingSystem.IsLinux() ? WriteOnly | 0x400 | 0x80000
        : OperatingSystem.IsMacOS() ? WriteOnly | 0x8 | 0x1000000
        : null;

    // Where a descriptor appends, a write at a position (which FileStream does) appends too.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);
}
