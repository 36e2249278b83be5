namespace StorageMigration.Tests.Objects;

/// <summary>A folder that goes when the test ends.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("storage-migration-").FullName;

    public string Of(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>What it holds, hidden files included: relative paths with the checksums of contents.</summary>
    public static SortedDictionary<string, string> Contents(string folder) => Directory.Exists(folder)
        ? new SortedDictionary<string, string>(
            Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => System.IO.Path.GetRelativePath(folder, file), file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))),
            StringComparer.Ordinal)
        : [];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
