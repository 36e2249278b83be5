using System.Collections.Concurrent;

namespace StorageMigration.Objects;

/// <summary>
/// The names of files on their way. They lie in the root, on the same file system as the files that they become, and each writer uses its few names
/// again and again: so what a crash leaves is found without a look at the tree.
/// </summary>
internal sealed class FolderParts(string root)
{
    /// <summary>Files of this beginning are on their way, or were left by a crash: no objects.</summary>
    internal const string Prefix = ".longhaul-part-";

    private readonly ConcurrentBag<string> _free = [];
    private string _writer = $"{Guid.NewGuid():N}";
    private int _count;

    public static bool IsPart(ReadOnlySpan<char> name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A path for a short while: nobody else has it.</summary>
    public string Take() => _free.TryTake(out var path) ? path : PathOf($"{Next()}");

    public void GiveBack(string path) => _free.Add(path);

    /// <summary>A path that is named nowhere else.</summary>
    public string TakeForUpload() => PathOf($"u{Next()}");

    /// <summary>The path of a name that was given before, perhaps by another process.</summary>
    /// <exception cref="ArgumentException">It is no such name.</exception>
    public string Again(string name) => IsPart(name) && name == Path.GetFileName(name)
        ? Path.Combine(root, name)
        : throw new ArgumentException($"The token of an upload must begin with a name like {Prefix}…, but was '{name}'.", nameof(name));

    public void Begin(string work, string writer, IReadOnlyCollection<string> keep)
    {
        (_writer, _count) = ($"{work}-{writer}", 0);
        _free.Clear();
        if (!Directory.Exists(root))
            return;
        foreach (var left in Directory.EnumerateFiles(root, $"{Prefix}{work}-*"))
        {
            if (!keep.Contains(Path.GetFileName(left)))
                File.Delete(left);
        }
    }

    private int Next() => Interlocked.Increment(ref _count);

    private string PathOf(string number) => Path.Combine(root, $"{Prefix}{_writer}-{number}");
}
