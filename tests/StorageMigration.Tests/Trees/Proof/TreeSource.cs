namespace StorageMigration.Tests.Trees.Proof;

/// <summary>A tree of files to be copied.</summary>
internal static class TreeSource
{
    private const int FilesOfAFolder = 100;
    private const int LargeBytes = 17 * 1024 * 1024;
    private static readonly DateTime Oldest = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <param name="folder">Where.</param>
    /// <param name="files">How many, 100 a folder.</param>
    /// <param name="mostBytes">Of a file; sizes are spread evenly from 1.</param>
    /// <param name="largeFiles">Of the files, those of 17 MB, which go in pieces; spread evenly.</param>
    public static void Make(string folder, int files, int mostBytes, int largeFiles = 0)
    {
        var random = new Random(files);
        var bytes = new byte[Math.Max(mostBytes, largeFiles > 0 ? LargeBytes : 0)];
        for (var i = 0; i < files; i++)
        {
            var inner = Path.Combine(folder, $"{i / FilesOfAFolder / FilesOfAFolder:000}", $"{i / FilesOfAFolder % FilesOfAFolder:00}");
            if (i % FilesOfAFolder == 0)
                Directory.CreateDirectory(inner);
            var isLarge = (i + 1L) * largeFiles / files > (long)i * largeFiles / files;
            var length = isLarge ? LargeBytes : random.Next(mostBytes) + 1;
            random.NextBytes(bytes.AsSpan(0, Math.Min(length, 64)));
            var path = Path.Combine(inner, $"{i % FilesOfAFolder:00}.bin");
            using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
                file.Write(bytes, 0, length);
            File.SetLastWriteTimeUtc(path, Oldest.AddSeconds(i));
        }
    }

    /// <summary>Files that a copy lacks, has besides, or has otherwise, and the first of them.</summary>
    public static (int Wrong, string? First) Compare(string source, string target)
    {
        var (wrong, first) = (0, (string?)null);
        foreach (var path in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = new FileInfo(Path.Combine(target, Path.GetRelativePath(source, path)));
            if (!copy.Exists || copy.LastWriteTimeUtc != File.GetLastWriteTimeUtc(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(copy.FullName)))
                (wrong, first) = (wrong + 1, first ?? path);
        }

        foreach (var path in Directory.EnumerateFiles(target, "*", SearchOption.AllDirectories))
        {
            if (!File.Exists(Path.Combine(source, Path.GetRelativePath(target, path))))
                (wrong, first) = (wrong + 1, first ?? path);
        }

        return (wrong, first);
    }
}
