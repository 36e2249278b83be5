using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>What must hold of a file before SQLite may touch it.</summary>
internal static class FileChecks
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public static void BeforeOpen(string path, bool allowOthersToRead)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            throw new StoreException($"The folder of the store must exist, but {folder} does not; make it, or name another file.");
        if (Directory.Exists(path))
            throw new StoreException($"The store must be a file, but {path} is a folder; name a file in it.");
        RefuseNetwork(path, new DriveInfo(folder));
        if (File.Exists(path))
            CheckExisting(path, allowOthersToRead);
        else
            Create(path);
    }

    /// <summary>WAL needs memory that all processes share, which file systems of other machines do not give: the file would be damaged in silence.</summary>
    internal static void RefuseNetwork(string path, DriveInfo drive) => RefuseNetwork(path, drive.DriveType == DriveType.Network, drive.DriveFormat);

    internal static void RefuseNetwork(string path, bool isNetwork, string format)
    {
        if (isNetwork || format is "nfs" or "cifs" or "smb" or "smb2" or "smb3" or "smbfs" or "9p" or "v9fs" or "afs" or "ceph" or "fuse.sshfs" or "sshfs")
            throw new StoreException($"A SQLite store must be on a disk of this machine, but {path} is on a network file system ({format}); put it on a local disk, or use PostgreSQL or Redis to share work between machines.");
    }

    /// <summary>A file that nobody but its owner can read.</summary>
    public static FileStream CreateForOwner(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new(path, options);
    }

    private static void Create(string path)
    {
        try
        {
            CreateForOwner(path, FileMode.CreateNew).Dispose(); // SQLite gives -wal and -shm the same mode
        }
        catch (IOException) when (File.Exists(path))
        {
            // another process was first
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new StoreException($"The store must be able to make {path}, but could not ({exception.Message}); check the folder's permissions.", exception);
        }
    }

    private static void CheckExisting(string path, bool allowOthersToRead)
    {
        if (!OperatingSystem.IsWindows() && !allowOthersToRead && (File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
            throw new StoreException($"{path} must be closed to other users, for payloads may hold secrets, but its mode is open to them; run 'chmod 600 {path}', or set {nameof(SqliteOptions)}.{nameof(SqliteOptions.AllowOthersToRead)}.");
        try
        {
            // Also tells a read-only file or folder before SQLite opens it for reading only, in silence.
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StoreException($"{path} must be writable, and so must its folder, but is read-only for this process; check owner and permissions of both.", exception);
        }
        catch (IOException exception)
        {
            throw new StoreUnavailableException($"{path} must be open to this process, but could not be opened ({exception.Message}); check the path and the permissions.", exception);
        }
    }
}
