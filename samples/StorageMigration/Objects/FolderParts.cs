namespace StorageMigration.Objects;

/// <summary>
/// The names of files on their way, on the same file system as the files that they become. A short one lies in the folder of its file: made in one folder
/// for the whole tree, ext4 would look for room near that folder for each of them, which is half as slow again. What a crash leaves is found without a
/// look at the tree: the next writer comes to the same folder again, for that file is not done. Uploads, which go on after a crash, lie in the root.
/// </summary>
internal sealed class FolderParts(string root)
{
    /// <summary>Files of this beginning are on their way, or were left by a crash: no objects.</summary>
    internal const string Prefix = ".longhaul-part-";

    private string _work = $"{Guid.NewGuid():N}";
    private string _writer = "0";
    private IReadOnlyCollection<string> _keep = [];
    private int _count;

    public static bool IsPart(ReadOnlySpan<char> name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A path that nobody else has, for a file of this folder.</summary>
    public string Take(string folder) => Path.Combine(folder, $"{Own}{Next()}");

    /// <summary>A path that is named nowhere else.</summary>
    public string TakeForUpload() => Path.Combine(root, $"{Own}u{Next()}");

    /// <summary>The path of a name that was given before, perhaps by another process.</summary>
    /// <exception cref="ArgumentException">It is no such name.</exception>
    public string Again(string name) => IsPart(name) && name == Path.GetFileName(name)
        ? Path.Combine(root, name)
        : throw new ArgumentException($"The token of an upload must begin with a name like {Prefix}…, but was '{name}'.", nameof(name));

    public void Begin(string work, string writer, IReadOnlyCollection<string> keep)
    {
        (_work, _writer, _keep, _count) = (work, writer, keep, 0);
        RemoveLeftIn(root);
    }

    /// <summary>Removes what earlier writers of the same work have left in a folder.</summary>
    public void RemoveLeftIn(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var left in Directory.EnumerateFiles(folder, $"{Prefix}{_work}-*"))
        {
            var name = Path.GetFileName(left);
            if (!name.StartsWith(Own, StringComparison.Ordinal) && !_keep.Contains(name))
                File.Delete(left);
        }
    }

    private string Own => $"{Prefix}{_work}-{_writer}-";

    private int Next() => Interlocked.Increment(ref _count);
}
