using System.IO.Enumeration;

namespace PhotoIngest.Library;

/// <summary>The files of a folder and its subfolders, in the order of their relative paths: a walk can go on after any of them.</summary>
internal sealed class PhotoFolder
{
    // Left beside photos by systems and programs; nobody would miss them.
    private static readonly string[] Companions = ["Thumbs.db", "desktop.ini", ".xmp", ".aae", ".thm"];

    private readonly List<string> _paths;

    /// <summary>Lists it. Hidden files and links to folders are left out.</summary>
    /// <param name="folder">Full path.</param>
    /// <param name="except">Full path of a folder that is left out, should it lie inside.</param>
    public PhotoFolder(string folder, string except)
    {
        var files = new FileSystemEnumerable<string>(
            folder,
            (ref FileSystemEntry entry) => Path.GetRelativePath(folder, entry.ToFullPath()),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && !IsCompanion(entry.FileName),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && entry.ToFullPath() != except,
        };
        _paths = [.. files];
        _paths.Sort(StringComparer.Ordinal);
    }

    public int Count => _paths.Count;

    /// <summary>The paths that come after one of them; all, when it is null.</summary>
    public IEnumerable<string> After(string? path)
    {
        if (path is null)
            return _paths;
        var index = _paths.BinarySearch(path, StringComparer.Ordinal);
        return _paths.Skip(index < 0 ? ~index : index + 1);
    }

    private static bool IsCompanion(ReadOnlySpan<char> name)
    {
        foreach (var companion in Companions)
        {
            if (name.EndsWith(companion, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
