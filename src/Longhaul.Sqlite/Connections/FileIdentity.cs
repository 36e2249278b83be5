using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Longhaul.Sqlite;

/// <summary>Which file stands at a path, so that another one in its place is noticed.</summary>
/// <remarks>.NET tells no inode. On Windows an open file cannot be replaced; on macOS it is not noticed.</remarks>
internal readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    private const int AtCurrentFolder = -100;
    private const uint WantsInode = 0x100;

    /// <summary>Null: there is no file.</summary>
    public static FileIdentity? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return Unknown(path);
        var answer = new byte[256]; // struct statx: the same on all architectures, unlike struct stat
        try
        {
            if (statx(AtCurrentFolder, [.. Encoding.UTF8.GetBytes(path), 0], 0, WantsInode, answer) != 0)
                return Unknown(path);
        }
        catch (EntryPointNotFoundException)
        {
            return Unknown(path); // a C library older than 2018
        }

        var device = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(136)) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(140));
        return new(device, BinaryPrimitives.ReadUInt64LittleEndian(answer.AsSpan(32)));
    }

    private static FileIdentity? Unknown(string path) => File.Exists(path) ? default(FileIdentity) : null;

    [DllImport("libc", ExactSpelling = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, byte[] path, int flags, uint mask, byte[] answer);
}
