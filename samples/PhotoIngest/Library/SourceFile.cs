namespace PhotoIngest.Library;

/// <summary>A file in a folder that is taken in.</summary>
/// <param name="Folder">Full path of the folder.</param>
/// <param name="Path">Relative to it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Modified">When it was changed last, in ticks; with the size it tells whether it is still the same.</param>
internal sealed record SourceFile(string Folder, string Path, long Bytes, long Modified)
{
    public string FullPath => System.IO.Path.Combine(Folder, Path);

    public static SourceFile Look(string folder, string path)
    {
        var info = new FileInfo(System.IO.Path.Combine(folder, path));
        return new SourceFile(folder, path, info.Exists ? info.Length : 0, info.LastWriteTimeUtc.Ticks);
    }
}
