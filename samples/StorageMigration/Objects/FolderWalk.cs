using System.IO.Enumeration;

namespace StorageMigration.Objects;

/// <summary>
/// The files of a tree in the order of their keys: a folder's name counts with the <c>/</c> behind it. Begins behind any key, and reads only the folders
/// that have something behind it. Of each folder on the way it holds at most a batch of names: a larger one is read again for its next batch.
/// </summary>
internal sealed class FolderWalk(string root, int batch = FolderWalk.UsualBatch, Action? whenGone = null)
{
    /// <summary>About 5 MB of names.</summary>
    public const int UsualBatch = 50_000;

    /// <summary>What stands in a name for bytes that are no UTF-8: nothing can be opened by it.</summary>
    public const char NoCharacter = '\uFFFD';

    private static readonly EnumerationOptions Here = new() { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    /// <summary>How many times a folder was read, for tests.</summary>
    public int FoldersRead { get; private set; }

    /// <param name="after">A key; null: from the beginning.</param>
    public IEnumerable<string> KeysAfter(string? after)
    {
        var way = new Stack<Folder>();
        way.Push(new Folder("", after));
        while (way.TryPeek(out var folder))
        {
            if (folder.Next == folder.Names.Count && !ReadOn(folder))
            {
                way.Pop();
                if (folder.IsLost)
                    yield return folder.Key;
                continue;
            }

            var name = folder.Names[folder.Next++];
            if (name[^1] != '/')
                yield return folder.Key + name;
            else
                way.Push(new Folder(folder.Key + name, folder.RestBelow(name)));
        }
    }

    private bool ReadOn(Folder folder)
    {
        if (!folder.HasMore)
            return false;
        FoldersRead++;
        folder.Begin();
        try
        {
            foreach (var name in NamesOf(folder))
                folder.Add(name, batch);
        }
        catch (DirectoryNotFoundException)
        {
            whenGone?.Invoke();
            folder.Begin(); // it went while we were on the way to it
            folder.IsLost = folder.IsBegunHere && folder.Key.Contains(NoCharacter, StringComparison.Ordinal);
        }

        folder.End(batch);
        return folder.Names.Count > 0;
    }

    private FileSystemEnumerable<string> NamesOf(Folder folder)
        => new(Path.Combine(root, folder.Key), static (ref entry) => entry.IsDirectory ? $"{entry.FileName}/" : entry.FileName.ToString(), Here)
        {
            ShouldIncludePredicate = (ref entry) => !FolderParts.IsPart(entry.FileName) && folder.Wants(entry.FileName, entry.IsDirectory),
        };

    private sealed class Folder
    {
        private readonly string? _rest;
        private string? _after; // what is behind this one is still to come
        private string? _last; // while reading: names behind this one come in a later batch
        private bool _isFirst = true;

        public Folder(string key, string? rest) => (Key, _rest, _after) = (key, rest, rest);

        public string Key { get; }

        /// <summary>Sorted; those of folders end in <c>/</c>.</summary>
        public List<string> Names { get; private set; } = [];

        public int Next { get; set; }

        public bool HasMore { get; set; } = true;

        /// <summary>Whether the walk comes to it for the first time, and not to go on behind a key in it.</summary>
        public bool IsBegunHere => _rest is null;

        /// <summary>Whether it cannot be opened by its name: then it is told as if it were a file.</summary>
        public bool IsLost { get; set; }

        public void Begin() => (Names, Next, HasMore, _last) = ([], 0, false, null);

        public bool Wants(ReadOnlySpan<char> name, bool isFolder)
        {
            if (_last is not null && Compare(name, isFolder, _last) > 0)
                return false;
            return _after is null || Compare(name, isFolder, _after) > 0 || (_isFirst && isFolder && Leads(name, _after));
        }

        public void Add(string name, int batch)
        {
            Names.Add(name);
            if (Names.Count >= 2 * batch)
                Cut(batch);
        }

        public void End(int batch)
        {
            if (Names.Count > batch)
                Cut(batch);
            else
                Names.Sort(string.CompareOrdinal);
            if (Names.Count > 0)
                (_after, _isFirst) = (Names[^1], false);
        }

        /// <summary>Where the walk is to go on in a folder below; null: at its beginning.</summary>
        public string? RestBelow(string name) => _rest is not null && _rest.StartsWith(name, StringComparison.Ordinal) ? _rest[name.Length..] : null;

        private void Cut(int batch)
        {
            Names.Sort(string.CompareOrdinal);
            Names.RemoveRange(batch, Names.Count - batch);
            (_last, HasMore) = (Names[^1], true);
        }

        private static bool Leads(ReadOnlySpan<char> name, string after) => after.Length > name.Length && after[name.Length] == '/' && after.AsSpan().StartsWith(name, StringComparison.Ordinal);

        private static int Compare(ReadOnlySpan<char> name, bool isFolder, string other)
        {
            if (!isFolder)
                return name.SequenceCompareTo(other);
            var common = Math.Min(name.Length, other.Length);
            var order = name[..common].SequenceCompareTo(other.AsSpan(0, common));
            if (order != 0 || name.Length > common)
                return order != 0 ? order : 1;
            return other.Length == common ? 1 : "/".AsSpan().SequenceCompareTo(other.AsSpan(common));
        }
    }
}
