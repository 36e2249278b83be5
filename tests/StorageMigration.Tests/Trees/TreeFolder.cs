namespace StorageMigration.Tests.Trees;

/// <summary>A folder that goes when the test ends.</summary>
internal sealed class TreeFolder : IDisposable
{
    public static readonly DateTime Changed = new(2024, 2, 3, 4, 5, 6, DateTimeKind.Utc);

    public string Path { get; } = Directory.CreateTempSubdirectory("trees-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file, changed last at a time of the past.</summary>
    public string Write(string name, byte[] content)
    {
        var path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        File.SetLastWriteTimeUtc(path, Changed);
        return path;
    }

    public string Write(string name, string content = "x") => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    /// <summary>The files below a folder, by their relative paths.</summary>
    public string[] Files(string folder) => Directory.Exists(this[folder])
        ? [.. Directory.EnumerateFiles(this[folder], "*", SearchOption.AllDirectories).Select(path => System.IO.Path.GetRelativePath(this[folder], path)).Order(StringComparer.Ordinal)]
        : [];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
