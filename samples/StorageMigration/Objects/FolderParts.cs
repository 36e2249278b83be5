using System.Globalization;

namespace StorageMigration.Objects;

/// <summary>
/// The names of files on their way, on the same file system as the files that they become. A short one lies in the folder of its file: made in one folder
/// for the whole tree, ext4 would look for room near that folder for each of them, which is half as slow again. What a crash leaves is found without a
/// look at the tree: its file is not done, so the next writer comes to the same folder again. (A file that is gone from the source meanwhile leaves its
/// part behind; it is no object.) Uploads, which go on after a crash, lie in the root.
/// </summary>
internal sealed class FolderParts(string root)
{
    /// <summary>Files of this beginning are on their way, or were left by a crash: no objects.</summary>
    internal const string Prefix = ".longhaul-part-";

    private string _work = $"{Guid.NewGuid():N}";
    private long _writer;
    private IReadOnlyCollection<string> _keep = [];
    private int _count;

    public static bool IsPart(ReadOnlySpan<char> name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A path that nobody else has, for a file of this folder.</summary>
    public string Take(string folder) => Path.Combine(folder, $"{Prefix}{_work}-{_writer}-{Next()}");

    /// <summary>A path that is named nowhere else.</summary>
    public string TakeForUpload() => Path.Combine(root, $"{Prefix}{_work}-{_writer}-u{Next()}");

    /// <summary>The path of a name that was given before, perhaps by another process.</summary>
    /// <exception cref="ArgumentException">It is no such name.</exception>
    public string Again(string name) => IsPart(name) && name == Path.GetFileName(name)
        ? Path.Combine(root, name)
        : throw new ArgumentException($"The token of an upload must begin with a name like {Prefix}…, but was '{name}'.", nameof(name));

    public void Begin(string work, long writer, IReadOnlyCollection<string> keep)
    {
        (_work, _writer, _keep) = (work, writer, keep);
        RemoveLeftIn(root);
    }

    /// <summary>Removes what earlier writers of the same work have left in a folder. A later one may have taken over, and is at work there.</summary>
    public void RemoveLeftIn(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        var ours = $"{Prefix}{_work}-";
        foreach (var left in Directory.EnumerateFiles(folder, $"{ours}*"))
        {
            var name = Path.GetFileName(left);
            var writer = name.AsSpan(ours.Length);
            if (writer.IndexOf('-') is > 0 and var length && long.TryParse(writer[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number < _writer && !_keep.Contains(name))
            {
                File.Delete(left);
            }
        }
    }

    private int Next() => Interlocked.Increment(ref _count);
}
